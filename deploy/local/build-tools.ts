import { readEnvironment } from '../../configuration/environment.js';
import { tools } from './tool-catalogue.js';
import { provideTools } from './tools.js';

// Run before the tests: a tool that is built in the middle of one, for minutes, costs it its deadline.
await provideTools(
  tools.map(({ name }) => name),
  { environment: readEnvironment(), onProgress: (line) => process.stderr.write(`${line}\n`) },
);
