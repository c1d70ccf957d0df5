import type { StackInfo } from './state-folder.js';
import type { ToolName } from './tool-catalogue.js';

/** What the supervisor is started with. Holds no secret: it stands on a command line. */
export interface SupervisorOptions {
  readonly name: string;
  readonly tools: Readonly<Record<ToolName, string>>;
  readonly withPrometheus: boolean;
  /** Further configuration folders, laid over all others. */
  readonly configurationLayers: readonly string[];
  readonly logLevel: string;
  /** To live no longer than whoever holds the other end of stdin. */
  readonly lifeline: boolean;
}

/** What it tells whoever started it, over the IPC channel. */
export type SupervisorMessage =
  { readonly progress: string } | { readonly ready: StackInfo } | { readonly failed: string };
