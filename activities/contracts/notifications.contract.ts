export interface NotifyInput {
  /** The same key is delivered once per channel as far as the channel can tell. */
  readonly key: string;
  readonly incident: string;
  readonly service: string;
  /** Role that should act: `on-call`, `sre`, … */
  readonly audience: string;
  readonly title: string;
  readonly text: string;
}

export interface NotificationActivities {
  /** Tells the audience over every channel configured for it. With none configured it is only logged. Retried. */
  notify(input: NotifyInput): Promise<void>;
}
