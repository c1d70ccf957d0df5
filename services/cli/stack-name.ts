import { InvalidArgumentError } from 'commander';
import { stateFolderOf } from '../../deploy/local/state-folder.js';

export const stackNameHelp = 'a local stack of that name instead of the environment';

/** Reads the value of `--name`. @throws InvalidArgumentError: bad usage. */
export function stackName(value: string): string {
  try {
    stateFolderOf(value);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
  return value;
}

/** `--name` as a command says it again; nothing without one. */
export const stackWords = (name: string | undefined): readonly string[] =>
  name === undefined ? [] : ['--name', name];
