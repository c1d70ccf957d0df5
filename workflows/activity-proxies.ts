import { proxyActivities } from '@temporalio/workflow';
import type { RunbookActivities } from '../activities/contracts/index.js';

// How patient a workflow is with each kind of activity. Whether trying again could help at all is said where it fails.

/** Reads: short, repeated for two minutes, then a person is asked. */
export const { readHealth, readActiveAlerts, inspectDeployment, previewMutations } =
  proxyActivities<RunbookActivities>({
    startToCloseTimeout: '10 seconds',
    scheduleToCloseTimeout: '2 minutes',
    retry: { initialInterval: '500 milliseconds', maximumInterval: '10 seconds' },
  });

/** One change. The heartbeat makes a killed worker noticed in seconds; a repeated attempt recognises its own work. */
export const { applyMutation } = proxyActivities<RunbookActivities>({
  startToCloseTimeout: '30 seconds',
  heartbeatTimeout: '3 seconds',
  scheduleToCloseTimeout: '5 minutes',
  retry: { initialInterval: '500 milliseconds', maximumInterval: '15 seconds' },
});

/** Waits end by the deadline in their input; the timeouts only catch a worker that died. */
export const { awaitRollout, watchVerdict } = proxyActivities<RunbookActivities>({
  startToCloseTimeout: '2 hours',
  heartbeatTimeout: '3 seconds',
  retry: { initialInterval: '500 milliseconds', maximumInterval: '5 seconds' },
});

/** Taking back is never given up. */
export const { applyMutation: undoMutation } = proxyActivities<RunbookActivities>({
  startToCloseTimeout: '30 seconds',
  heartbeatTimeout: '3 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '2 minutes' },
});

/** Records are written behind the incident's back: a registry that is down delays the record, never the cure. */
export const { recordOpened, recordTimeline, recordClosed } = proxyActivities<RunbookActivities>({
  startToCloseTimeout: '10 seconds',
  retry: { initialInterval: '500 milliseconds', maximumInterval: '30 seconds' },
});

export const { notify } = proxyActivities<RunbookActivities>({
  startToCloseTimeout: '15 seconds',
  scheduleToCloseTimeout: '10 minutes',
  retry: { initialInterval: '2 seconds', maximumInterval: '30 seconds' },
});
