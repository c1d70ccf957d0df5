import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Listr, PRESET_TIMER } from 'listr2';
import { claimName } from '../../../deploy/local/claim-name.js';
import { DrillTimeout, runDrill, type DrillResult } from '../../../deploy/local/drill.js';
import {
  closeStack,
  findRunningStack,
  openStack,
  type StackHandle,
} from '../../../deploy/local/open-stack.js';
import { packageRoot } from '../../../deploy/local/package-root.js';
import { scenarios } from '../../../deploy/local/scenarios/index.js';
import type { Scenario } from '../../../deploy/local/scenarios/scenario.js';
import { CommandFailure, exitCodes, type CliContext, type RegisterCommand } from '../command.js';
import { describeStack } from '../describe-stack.js';

interface DemoOptions {
  readonly scenario: string;
  readonly keep?: boolean;
  readonly interactive?: boolean;
}

export const registerDemo: RegisterCommand = (program, context) => {
  program
    .command('demo')
    .description('Break a service on the local stack and watch the incident to its recovery')
    .option(
      '--scenario <name>',
      `what goes wrong: ${scenarios.map(({ name }) => name).join(', ')}`,
      'bad-release',
    )
    .option('--keep', 'leave the stack up afterwards')
    .option('--interactive', 'wait for your approval of every remedy')
    .action(async ({ scenario: name, keep = false, interactive = false }: DemoOptions) => {
      const scenario = scenarios.find((known) => known.name === name);
      if (scenario === undefined) {
        throw new CommandFailure(
          `unknown scenario ${name}; known: ${scenarios.map((known) => known.name).join(', ')}`,
          exitCodes.badUsage,
        );
      }
      // Demos may run side by side: each breaks a stack of its own.
      const claim = await claimName('demo');
      try {
        await demonstrate(scenario, { stackName: claim.name, keep, interactive }, context);
      } finally {
        await claim.release();
      }
    });
};

interface Demonstration {
  readonly stackName: string;
  readonly keep: boolean;
  readonly interactive: boolean;
}

async function demonstrate(
  scenario: Scenario,
  options: Demonstration,
  context: CliContext,
): Promise<void> {
  const stack = await startDemoStack(options);
  try {
    const result = await drill(stack, scenario, options.interactive, context);
    if (options.keep || stack.found) {
      describeStack(stack.info).forEach(context.print);
      context.note(`end it with: npx runbook down --name ${options.stackName}`);
    } else await withTask('Tear the local stack down', () => stack.close());
    context.print(JSON.stringify(result));
    if (result.outcome !== 'recovered') {
      throw new CommandFailure(
        `${result.incident} ended as ${result.outcome}, not as recovered: read ${result.report}`,
        exitCodes.failed,
      );
    }
  } catch (error) {
    await stack.close();
    if (!(error instanceof DrillTimeout)) throw error;
    throw new CommandFailure(
      `${error.message}\nThe logs are in ${stack.info.logFolder}`,
      exitCodes.unproven,
      { cause: error },
    );
  }
}

/** One that was kept is used again, unless it was started with the other kind of approval. */
async function startDemoStack(options: Demonstration): Promise<StackHandle> {
  const { stackName: name, keep, interactive } = options;
  let stack = await findRunningStack(name);
  const interactiveLayer = await writeInteractiveLayer();
  if (stack?.info.configuration.includes(interactiveLayer) === interactive) return stack;
  await withTask('Start the local stack', async (onProgress) => {
    // A demo that was cut off may have left an open incident: begin with a clean slate.
    await closeStack(name, true);
    const configurationLayers = interactive ? [interactiveLayer] : [];
    stack = await openStack({ name, keep, configurationLayers, onProgress });
  });
  // The task either set it or threw.
  return stack as unknown as StackHandle;
}

async function drill(
  stack: StackHandle,
  scenario: Scenario,
  interactive: boolean,
  { print }: CliContext,
): Promise<DrillResult> {
  const { info, secrets } = stack;
  let baseline: () => void = () => undefined;
  let failed: (error: unknown) => void = () => undefined;
  const reached = new Promise<void>((resolve, reject) => {
    baseline = resolve;
    failed = reject;
  });
  const buffered: string[] = [];
  let tell = (line: string): void => void buffered.push(line);
  const running = runDrill({
    info,
    secrets,
    scenario,
    interactive,
    onBaseline: baseline,
    onLine: (line) => {
      tell(line);
    },
  });
  running.catch(failed);
  await withTask('Send traffic until the services are proven healthy', () => reached);
  // The task's display is finished: from here on plain lines.
  tell = print;
  buffered.forEach(print);
  const result = await running;
  print('');
  print(`${result.incident}: ${result.outcome}`);
  print(`Post-mortem: ${result.report}`);
  return result;
}

/** Shows one long task with its time: live on a terminal, as plain lines elsewhere. */
async function withTask(
  title: string,
  run: (onProgress: (line: string) => void) => Promise<void>,
): Promise<void> {
  await new Listr(
    [
      {
        title,
        task: (_, task) =>
          run((line) => {
            task.output = line;
          }),
      },
    ],
    {
      // Ctrl-C ends this process, and with it the stack's lifeline.
      registerSignalListeners: false,
      rendererOptions: { timer: PRESET_TIMER },
      fallbackRendererOptions: { timer: PRESET_TIMER },
    },
  ).run();
}

/** A configuration layer in which a person decides everything. */
async function writeInteractiveLayer(): Promise<string> {
  const folder = path.join(packageRoot, '.runbook', 'interactive');
  await mkdir(folder, { recursive: true });
  await writeFile(
    path.join(folder, 'policy.yml'),
    'runbooks:\n  rollback: { approval: required }\n  restart: { approval: required }\n',
  );
  return folder;
}
