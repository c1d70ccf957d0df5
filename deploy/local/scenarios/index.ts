import { badRelease } from './bad-release.scenario.js';
import { falseAlarm } from './false-alarm.scenario.js';
import { hungPods } from './hung-pods.scenario.js';
import type { Scenario } from './scenario.js';
import { uselessCure } from './useless-cure.scenario.js';

export const scenarios: readonly Scenario[] = [badRelease, hungPods, falseAlarm, uselessCure];
