import { proxyActivities } from '@temporalio/workflow';

const { greet } = proxyActivities<{ greet(name: string): Promise<string> }>({
  startToCloseTimeout: '10 seconds',
});

/** The smallest useful workflow: one activity. What the engine's own cost is measured by. */
export async function helloWorkflow(name: string): Promise<string> {
  return greet(name);
}
