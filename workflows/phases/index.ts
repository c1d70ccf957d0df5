import type { Phase } from '../../activities/contracts/registry.contract.js';
import type { Incident } from '../incident.js';
import type { NextPhase } from '../incident-state.js';
import { act } from './act.js';
import { ask } from './ask.js';
import { close } from './close.js';
import { confirm } from './confirm.js';
import { decide } from './decide.js';
import { diagnose } from './diagnose.js';
import { plan } from './plan.js';
import { verify } from './verify.js';

export const phases: Readonly<
  Record<Exclude<Phase, 'open'>, (incident: Incident) => Promise<NextPhase>>
> = { confirm, diagnose, plan, decide, act, verify, ask, close };
