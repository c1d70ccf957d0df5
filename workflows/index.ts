export { actionWorkflow } from './action.workflow.js';
export { incidentWorkflow } from './incident.workflow.js';
