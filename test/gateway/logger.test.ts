import { expect, test } from '@jest/globals';
import { execa } from 'execa';
import { packageFolder } from '../../services/shared/storage/package-folder.js';

const logger = packageFolder('dist/services/shared/telemetry/logger.js');

test('a warning survives the process that is killed right after it, with all that was logged before', async () => {
  const { signal, messages } = await run(`
    for (let line = 0; line < 100; line += 1) logger.info({ line }, 'going well');
    logger.warn('careful');
    logger.error('last words');
    process.kill(process.pid, 'SIGKILL');
  `);

  expect(signal).toBe('SIGKILL');
  expect(messages).toHaveLength(102);
  expect(messages.slice(-2)).toEqual(['careful', 'last words']);
});

test('an ordinary end, or an error that nobody catches, loses no line', async () => {
  expect((await run(`logger.info('one'); process.exit(0);`)).messages).toEqual(['one']);
  expect((await run(`logger.info('two'); throw new Error('oh');`)).messages).toEqual(['two']);
});

test('a pipe that is full for a while loses no line', async () => {
  // A socket around it makes a pipe answer "full" rather than wait.
  const { stdout } = await runInto(
    '{ sleep 0.1; cat; }',
    `
    new (await import('node:net')).Socket({ fd: 1 }).unref();
    for (let line = 0; line < 10_000; line += 1) logger.info({ text: 'x'.repeat(200) }, \`\${line}\`);
  `,
  );

  expect(messagesOf(stdout)).toEqual(Array.from({ length: 10_000 }, (_, line) => String(line)));
});

test('a process goes on when nobody reads its log any more', async () => {
  const { stderr } = await runInto(
    'head -c 1',
    `
    for (let line = 0; line < 10_000; line += 1) logger.warn('anybody?');
    process.stderr.write('went on');
  `,
  );

  expect(stderr).toBe('went on');
});

async function run(program: string): Promise<{ signal: string | undefined; messages: string[] }> {
  const [node, ...rest] = commandOf(program);
  const { signal, stdout } = await execa(node, rest, { reject: false });
  return { signal, messages: messagesOf(stdout) };
}

async function runInto(
  reader: string,
  program: string,
): Promise<{ stdout: string; stderr: string }> {
  return execa('sh', ['-c', `"$0" "$@" | ${reader}`, ...commandOf(program)]);
}

function messagesOf(text: string): string[] {
  return text.split('\n').map((line) => (JSON.parse(line) as { msg: string }).msg);
}

function commandOf(program: string): [string, ...string[]] {
  const start = `
    import { createLogger } from ${JSON.stringify(logger)};
    const logger = createLogger({ name: 'test', level: 'info' });
  `;
  return [process.execPath, '--input-type=module', '--eval', `${start}${program}`];
}
