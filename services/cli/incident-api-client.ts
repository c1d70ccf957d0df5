import { CommandFailure, exitCodes } from './command.js';

export interface IncidentApiOptions {
  readonly url: string;
  /** Bearer token, where the API asks for one. */
  readonly token: string | undefined;
}

const timeoutMs = 10_000;

/** Reads JSON from incident-api. @throws CommandFailure that says what the API said, or that it cannot be reached. */
export async function readFromApi(api: IncidentApiOptions, path: string): Promise<unknown> {
  const response = await ask(api, path, AbortSignal.timeout(timeoutMs));
  return response.json();
}

export interface StreamedEvent {
  readonly id: string | null;
  readonly event: string;
  readonly data: string;
}

/** Server-sent events of a path, until the API ends the stream. */
export async function* streamFromApi(
  api: IncidentApiOptions,
  path: string,
  lastEventId: string | null,
): AsyncGenerator<StreamedEvent> {
  const headers = lastEventId === null ? {} : { 'last-event-id': lastEventId };
  const response = await ask(api, path, undefined, headers);
  let pending = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const frames = (pending + chunk).split('\n\n');
    pending = frames.pop() ?? '';
    yield* frames.map(readFrame).filter(({ data }) => data !== '');
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
  signal?: AbortSignal,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  let response: Response;
  try {
    response = await fetch(new URL(path, url), {
      headers: { ...authorization, ...headers },
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    throw new CommandFailure(
      `could not reach incident-api ${url}: ${explain(error)}. Set INCIDENT_API_URL, or start the local stack: runbook up`,
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

const explain = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
};
