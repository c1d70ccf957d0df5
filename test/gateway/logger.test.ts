import { expect, test } from '@jest/globals';
import { execa } from 'execa';
import { packageFolder } from '../../services/shared/storage/package-folder.js';

const logger = packageFolder('dist/services/shared/telemetry/logger.js');

test('a warning survives the process that is killed right after it, with all that was logged before', async () => {
  const program = `
    import { createLogger } from ${JSON.stringify(logger)};
    const logger = createLogger({ name: 'test', level: 'info' });
    for (let line = 0; line < 100; line += 1) logger.info({ line }, 'going well');
    logger.warn('careful');
    logger.error('last words');
    process.kill(process.pid, 'SIGKILL');
  `;

  const { signal, stdout } = await execa(
    process.execPath,
    ['--input-type=module', '--eval', program],
    {
      reject: false,
    },
  );

  expect(signal).toBe('SIGKILL');
  const lines = stdout.split('\n').map((line) => JSON.parse(line) as { msg: string });
  expect(lines).toHaveLength(102);
  expect(lines.at(-1)).toMatchObject({ level: 'error', msg: 'last words' });
});
