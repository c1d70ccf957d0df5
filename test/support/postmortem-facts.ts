import type { PostmortemFacts } from '../../services/shared/postmortem/postmortem-facts.js';

const start = Date.parse('2026-11-24T10:00:00.000Z');
/** Seconds after the breach began. */
const second = (seconds: number): string => new Date(start + seconds * 1_000).toISOString();

/** An incident that a rollback cured: breach at 0 s, detected at 8 s, change at 15 s, recovery proven at 31 s. */
export function curedByRollback(): PostmortemFacts {
  const reading = (slo: string, value: number, threshold: number, state: string, unit: string) => ({
    service: 'inventory',
    slo,
    state,
    value,
    threshold,
    unit,
    from: second(0),
    windowMs: 4_000,
    samples: 128,
    minSamples: 20,
    budgetLeft: 0.4,
    burnRate: 14,
  });
  const receipt = {
    mutationId: 'act:local/supply-chain/Deployment/inventory-api/run/0',
    target: {
      cluster: 'local',
      namespace: 'supply-chain',
      name: 'inventory-api',
      container: 'inventory-api',
    },
    appliedAt: second(15),
    resourceVersion: '4711',
    generation: 3,
    fence: 1,
    alreadyApplied: false,
  };
  return {
    incident: {
      id: 7,
      name: 'inventory-7',
      number: 7,
      workflowId: 'incident:local/inventory',
      runId: 'b7e1d0c2',
      environment: 'local',
      service: 'inventory',
      openedAt: second(8),
      severity: 'critical',
      trigger: 'alertmanager',
      summary: 'error rate burns 14 times the budget',
      configurationOverride: 'local',
      phase: 'close',
      runbook: 'rollback',
      outcome: 'recovered',
      closedAt: second(36),
      closingSummary: 'back to revision 1; every SLO held for 4 s',
      rootCause: 'bad-release',
      mutations: 1,
      impactFrom: second(-2),
      impactKnownBy: 'failed-write',
      breachedFrom: second(0),
      detectedAt: second(8),
      mitigatedAt: second(15),
      recoveredAt: second(31),
    },
    omittedEvents: 0,
    failedWrites: {
      window: { service: 'inventory', from: second(-2), to: second(31) },
      failed: 63,
      givenUp: 5,
      routes: [
        {
          tenant: 'acme',
          method: 'POST',
          route: '/inventory/reservations',
          failed: 42,
          givenUp: 5,
        },
        { tenant: null, method: 'POST', route: null, failed: 18, givenUp: 0 },
      ],
      others: { kinds: 2, failed: 3, givenUp: 0 },
    },
    timeline: [
      {
        sequence: 1,
        at: second(8),
        phase: 'open',
        kind: 'alert',
        summary: 'alertmanager: ErrorRateFastBurn firing',
        details: { key: 'f00|firing|1', startsAt: second(7), severity: 'critical' },
      },
      {
        sequence: 2,
        at: second(8.1),
        phase: 'confirm',
        kind: 'phase',
        summary: 'is the objective really missed, now?',
      },
      {
        sequence: 3,
        at: second(10.4),
        phase: 'confirm',
        kind: 'verdict',
        summary: 'confirmed, critical: error-rate 12.5 %',
        details: {
          service: 'inventory',
          status: 'critical',
          slos: [
            reading('latency-p95', 120, 500, 'ok', 'ms'),
            reading('error-rate', 12.5, 1, 'breached', 'percent'),
          ],
          writes: { requests: 26, errors: 7 },
          reads: { requests: 64, errors: 0 },
          tenants: [
            { name: 'acme', requests: 10, errors: 5 },
            { name: 'globex', requests: 40, errors: 0 },
          ],
        },
      },
      {
        sequence: 4,
        at: second(10.5),
        phase: 'diagnose',
        kind: 'phase',
        summary: 'what fits the evidence?',
      },
      {
        sequence: 5,
        at: second(10.8),
        phase: 'diagnose',
        kind: 'diagnosis',
        summary: 'bad-release (0.9)',
        details: {
          hypotheses: [
            {
              name: 'bad-release',
              score: 0.9,
              for: ['the breach began 6 s after the newest rollout'],
              against: [],
              unknown: ['whether old pods were healthy'],
            },
          ],
        },
      },
      {
        sequence: 6,
        at: second(11),
        phase: 'plan',
        kind: 'plan',
        summary: 'deployment inventory-api: back to revision 1',
        details: {
          stepId: 'rollback-1',
          runbook: 'rollback',
          hash: 'c0ffee',
          risk: 'medium',
          summary: 'deployment inventory-api: back to revision 1',
          expectedEffect: 'error rate below 1 %',
          undo: 'forward to revision 2',
          mutations: [
            {
              summary: 'deployment supply-chain/inventory-api: back to revision 1',
              diff: '-image: inventory-api:1.5.0-bad\n+image: inventory-api:1.4.0',
            },
          ],
        },
      },
      {
        sequence: 7,
        at: second(11.2),
        phase: 'decide',
        kind: 'decision',
        summary: 'approved by policy: rollback, risk medium',
        details: { decision: 'approve', by: 'policy', planHash: 'c0ffee' },
      },
      {
        sequence: 8,
        at: second(15),
        phase: 'act',
        kind: 'mutation',
        summary: 'applied: back to revision 1',
        details: { receipts: [receipt] },
      },
      {
        sequence: 9,
        at: second(22),
        phase: 'act',
        kind: 'rollout',
        summary: 'rolled out: every pod runs the wanted revision',
        details: { settledAt: second(22) },
      },
      {
        sequence: 10,
        at: second(22.1),
        phase: 'verify',
        kind: 'phase',
        summary: 'did it help, and did it harm?',
      },
      {
        sequence: 11,
        at: second(31),
        phase: 'verify',
        kind: 'verdict',
        summary: 'recovered: every SLO held for 4 s',
        details: {
          kind: 'recovered',
          service: 'inventory',
          since: second(22),
          decidedAt: second(31),
          heldForMs: 4_000,
          summary: 'every SLO held for 4 s',
          slos: [
            reading('latency-p95', 90, 500, 'ok', 'ms'),
            reading('error-rate', 0, 1, 'ok', 'percent'),
            reading('availability', 100, 99.5, 'ok', 'percent'),
          ],
        },
      },
      {
        sequence: 12,
        at: second(31.1),
        phase: 'close',
        kind: 'phase',
        summary: 'is everything owned?',
      },
      {
        sequence: 13,
        at: second(35),
        phase: 'close',
        kind: 'verdict',
        summary: 'every critical alert is green',
      },
      {
        sequence: 14,
        at: second(36),
        phase: 'close',
        kind: 'phase',
        summary: 'closed as recovered',
      },
    ],
    note: null,
    series: [
      {
        service: 'inventory',
        slo: 'latency-p95',
        unit: 'ms',
        threshold: 500,
        points: sample((at) => 90 + 30 * Math.sin(at) + (at > 0 && at < 18 ? 160 : 0)),
      },
      {
        service: 'inventory',
        slo: 'error-rate',
        unit: 'percent',
        threshold: 1,
        points: sample((at) => (at < 0 || at > 19 ? 0.1 : Math.min(12.5, at * 3))),
      },
      {
        service: 'inventory',
        slo: 'availability',
        unit: 'percent',
        threshold: 99.5,
        points: sample((at) => (at > 16 && at < 19 ? null : at > 2 && at < 14 ? 97 : 100)),
      },
    ],
  };
}

/** One point a second, from 60 s before the breach to 40 s after it. */
function sample(valueAt: (seconds: number) => number | null) {
  return Array.from({ length: 101 }, (_, index) => ({
    at: second(index - 60),
    value: valueAt(index - 60),
  }));
}
