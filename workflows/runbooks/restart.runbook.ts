import { isHealthyNow } from '../policies/health.js';
import { defineRunbook } from './define-runbook.js';

/** Fresh pods of the same template, one after the other, as `kubectl rollout restart` does. */
export const restart = defineRunbook({
  name: 'restart',

  refusals({ facts, health }) {
    const reasons: string[] = [];
    if (facts.rollingOut) reasons.push('a rollout is under way: its pods are fresh already');
    if (facts.strategy === 'Recreate' || facts.desiredReplicas === 1) {
      reasons.push(
        'a restart would be an outage: strategy Recreate or one replica only; a person must choose that',
      );
    }
    if (isHealthyNow(health)) reasons.push('the service meets its objectives');
    return reasons;
  },

  plan({ facts, now }) {
    const wholeSecond = new Date(Math.floor(now / 1_000) * 1_000).toISOString();
    return {
      summary: `restart the ${facts.desiredReplicas} pods of ${facts.target.namespace}/${facts.target.name}`,
      intents: [
        {
          change: 'restart-pods',
          target: facts.target,
          restartedAt: wholeSecond.replace('.000Z', 'Z'),
        },
      ],
      expectedEffect: 'every pod is replaced by a fresh one of the same revision',
      undo: 'nothing to undo: the template stays the same',
      restores: null,
    };
  },
});
