import { condition, log } from '@temporalio/workflow';
import type {
  OpenedEpisode,
  RecordClosedInput,
  RecordOpenedInput,
  RecordTimelineInput,
} from '../activities/contracts/registry.contract.js';
import { recordClosed, recordOpened, recordTimeline } from './activity-proxies.js';

export type RegistryRecord =
  | { readonly kind: 'opened'; readonly input: RecordOpenedInput }
  | { readonly kind: 'timeline'; readonly input: RecordTimelineInput }
  | { readonly kind: 'closed'; readonly input: RecordClosedInput };

/** Most events one call carries: bounds the payload after a long outage of the registry. */
const eventsPerCall = 50;

/**
 * Writes the incident into the registry behind its back and in order: opened, timeline, closed. A registry that is
 * down delays the record, never the cure; what is not yet written goes along when the run continues as new.
 */
export class Recorder {
  private inFlight: RegistryRecord | null = null;

  constructor(private readonly queue: RegistryRecord[]) {}

  get backlog(): RegistryRecord[] {
    return this.inFlight === null ? [...this.queue] : [this.inFlight, ...this.queue];
  }

  add(record: RegistryRecord): void {
    const last = this.queue.at(-1);
    if (record.kind === 'timeline' && last?.kind === 'timeline') {
      const events = [...last.input.events, ...record.input.events];
      if (events.length <= eventsPerCall && last.input.runId === record.input.runId) {
        this.queue[this.queue.length - 1] = {
          kind: 'timeline',
          input: { ...record.input, events },
        };
        return;
      }
    }
    this.queue.push(record);
  }

  /** The opening of an episode goes before the events that its first messages have already left. */
  addFirst(record: RegistryRecord): void {
    const ownEvents = this.queue.findIndex(({ input }) => input.runId === record.input.runId);
    this.queue.splice(ownEvents === -1 ? this.queue.length : ownEvents, 0, record);
  }

  /** Runs as long as the workflow does. */
  async run(onOpened: (runId: string, episode: OpenedEpisode) => void): Promise<never> {
    for (;;) {
      await condition(() => this.queue.length > 0);
      this.inFlight = this.queue.shift() ?? null;
      if (this.inFlight === null) continue;
      try {
        await write(this.inFlight, onOpened);
      } catch (error) {
        log.error('the registry refused a record for good', { kind: this.inFlight.kind, error });
      }
      this.inFlight = null;
    }
  }
}

async function write(
  record: RegistryRecord,
  onOpened: (runId: string, episode: OpenedEpisode) => void,
): Promise<void> {
  switch (record.kind) {
    case 'opened':
      onOpened(record.input.runId, await recordOpened(record.input));
      return;
    case 'timeline':
      await recordTimeline(record.input);
      return;
    case 'closed':
      await recordClosed(record.input);
  }
}
