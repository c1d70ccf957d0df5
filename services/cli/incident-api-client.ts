import { CommandFailure, exitCodes } from './command.js';

export interface IncidentApiOptions {
  readonly url: string;
  /** Bearer token, where the API asks for one. */
  readonly token: string | undefined;
}

const timeoutMs = 10_000;
/** Twice the time after which the API says that a quiet stream is still open. */
const quietMs = 30_000;

/** Reads JSON from incident-api. @throws CommandFailure that says what the API said, or that it cannot be reached. */
export async function readFromApi(api: IncidentApiOptions, path: string): Promise<unknown> {
  const response = await ask(api, path, AbortSignal.timeout(timeoutMs));
  try {
    return await response.json();
  } catch (error) {
    throw new CommandFailure(
      `could not read what incident-api ${api.url} answered: ${explain(error)}`,
      exitCodes.unreachable,
      { cause: error },
    );
  }
}

export interface StreamedEvent {
  readonly id: string | null;
  readonly event: string;
  readonly data: string;
}

/**
 * Server-sent events of a path, after the one named, until the API ends the stream. Resolves when the API has answered.
 * @throws CommandFailure, `unreachable` when the stream may be opened again: also while it is read.
 */
export async function openStream(
  api: IncidentApiOptions,
  path: string,
  lastEventId: string | null,
): Promise<AsyncGenerator<StreamedEvent>> {
  const quiet = new AbortController();
  const silence = setTimeout(() => {
    quiet.abort(new Error(`no word for ${quietMs / 1_000} s`));
  }, quietMs);
  try {
    const headers = lastEventId === null ? {} : { 'last-event-id': lastEventId };
    return readStream(await ask(api, path, quiet.signal, headers), silence);
  } catch (error) {
    clearTimeout(silence);
    throw error;
  }
}

async function* readStream(
  { body, url }: Response,
  silence: NodeJS.Timeout,
): AsyncGenerator<StreamedEvent> {
  let pending = '';
  try {
    for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      silence.refresh();
      const frames = (pending + chunk).split('\n\n');
      pending = frames.pop() ?? '';
      yield* frames.map(readFrame).filter(({ data }) => data !== '');
    }
  } catch (error) {
    throw new CommandFailure(
      `could not read ${url} to its end: ${explain(error)}`,
      exitCodes.unreachable,
      { cause: error },
    );
  } finally {
    clearTimeout(silence);
  }
}

function readFrame(frame: string): StreamedEvent {
  const field = (name: string): string | null => {
    const lines = frame.split('\n').filter((line) => line.startsWith(`${name}: `));
    return lines.length === 0 ? null : lines.map((line) => line.slice(name.length + 2)).join('\n');
  };
  return { id: field('id'), event: field('event') ?? 'message', data: field('data') ?? '' };
}

async function ask(
  { url, token }: IncidentApiOptions,
  path: string,
  signal: AbortSignal,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  let response: Response;
  try {
    response = await fetch(new URL(path, url), {
      headers: { ...authorization, ...headers },
      signal,
    });
  } catch (error) {
    throw new CommandFailure(
      `could not reach incident-api ${url}: ${explain(error)}. Set INCIDENT_API_URL, or start the local stack: npx runbook up`,
      exitCodes.unreachable,
      { cause: error },
    );
  }
  if (response.ok) return response;
  const problem = (await response.json().catch(() => null)) as { detail?: string } | null;
  throw new CommandFailure(
    problem?.detail ?? `incident-api answered ${response.status} for ${path}`,
    response.status >= 500 ? exitCodes.unreachable : exitCodes.failed,
  );
}

/** `fetch` says what went wrong in the cause; where several addresses were tried, only by code. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, code = message } = (
    error.cause instanceof Error ? error.cause : error
  ) as NodeJS.ErrnoException;
  return message === '' ? code : message;
}
