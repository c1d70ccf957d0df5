import { release, releasedVersion } from './release.js';
import { target, type Scenario } from './scenario.js';

const badVersion = '1.1';

export const badRelease: Scenario = {
  name: 'bad-release',
  title: `version ${badVersion} is released and answers three requests in ten with an error`,
  service: target.service,
  async cause({ kube }) {
    await release(kube, { version: badVersion, env: { FAULT_ERROR_RATE: '0.3' } });
    return async () => {
      // Rolled back already, as it should be.
      if ((await releasedVersion(kube)) !== badVersion) return;
      await release(kube, { version: '1.2', env: { FAULT_ERROR_RATE: '0' } });
    };
  },
};
