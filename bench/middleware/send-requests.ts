import { connect } from 'node:net';

/** What to send, and where. */
export interface Load {
  readonly port: number;
  readonly requests: number;
}

const connections = 16;
const request = [
  'GET /items/BOLT-8 HTTP/1.1',
  'host: localhost',
  'accept: application/json',
  'user-agent: bench',
  'x-tenant-id: acme',
  '\r\n',
].join('\r\n');

// A process of its own: sends each load it is told of, one request after the other on every connection, and says when
// all are answered. Raw sockets, so that it takes the core from nobody for long.
process.on('message', (load: Load) => {
  send(load).then(
    () => process.send?.('done'),
    (error: unknown) => process.send?.(String(error)),
  );
});
process.on('disconnect', () => process.exit());

async function send({ port, requests }: Load): Promise<void> {
  const each = Math.ceil(requests / connections);
  await Promise.all(Array.from({ length: connections }, () => sendOn(port, each)));
}

function sendOn(port: number, requests: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let open = requests;
    let answer = '';
    socket.setEncoding('latin1');
    socket.on('connect', () => socket.write(request));
    socket.on('data', (text: string) => {
      answer += text;
      if (!isWhole(answer)) return;
      if (!answer.startsWith('HTTP/1.1 200 ') || !answer.endsWith('"available":100}')) {
        socket.destroy(new Error(`unexpected answer: ${answer}`));
        return;
      }
      answer = '';
      open -= 1;
      if (open === 0) socket.end();
      else socket.write(request);
    });
    socket.on('error', reject);
    socket.on('close', () => {
      if (open === 0) resolve();
      else reject(new Error(`connection closed with ${open} requests to go`));
    });
  });
}

function isWhole(answer: string): boolean {
  const headerEnd = answer.indexOf('\r\n\r\n');
  const length = /content-length: (\d+)/i.exec(answer)?.[1];
  return (
    headerEnd !== -1 && length !== undefined && answer.length === headerEnd + 4 + Number(length)
  );
}
