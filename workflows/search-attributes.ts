import { SearchAttributeType, defineSearchAttributeKey } from '@temporalio/common';

const keyword = (name: string) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD);

/** How incidents are found in Temporal. The namespace must know them all before the first incident starts. */
export const runbookService = keyword('RunbookService');
export const runbookSeverity = keyword('RunbookSeverity');
/** The phase, or the outcome once closed. */
export const runbookState = keyword('RunbookState');
/** The runbook of the present plan. */
export const runbookName = keyword('RunbookName');
