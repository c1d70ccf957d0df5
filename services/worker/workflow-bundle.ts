import { fileURLToPath } from 'node:url';

// Places in `dist`, relative to this file's own place there: the same for whoever builds the bundle and whoever runs it.
const place = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** What workflows run in: all workflow code in one file. Made by `npm run build`. */
export const workflowBundlePath = place('../../workflow-bundle.js');
/** Says what the bundle was made from. */
export const bundleInputsPath = place('../../workflow-bundle.inputs');
export const compiledWorkflowsPath = place('../../workflows');
export const payloadConverterPath = place('../shared/temporal/payload-converter.js');
