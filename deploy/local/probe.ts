import { get as httpGet } from 'node:http';
import { get as httpsGet } from 'node:https';

/** True when a GET on a loopback URL is answered 2xx within a second. Nothing secret is sent, so that the certificates
 *  which servers make up for themselves are good enough. */
export async function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { timeout: 1_000, agent: false, rejectUnauthorized: false };
    const request = (url.startsWith('https:') ? httpsGet : httpGet)(url, options, (response) => {
      response.resume();
      const status = response.statusCode ?? 0;
      resolve(status >= 200 && status < 300);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => {
      resolve(false);
    });
    request.on('close', () => {
      resolve(false); // no effect after an answer
    });
  });
}
