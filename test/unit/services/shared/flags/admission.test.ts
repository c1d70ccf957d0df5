import { describe, expect, test } from '@jest/globals';
import type { Asked, ModesRead } from '../../../../../services/shared/flags/admission.js';
import { decideAdmission, isUsual } from '../../../../../services/shared/flags/admission.js';
import type { Isolation } from '../../../../../services/shared/flags/isolations.js';
import type { Switches } from '../../../../../services/shared/flags/switches.js';
import { usualSwitches } from '../../../../../services/shared/flags/switches.js';

const now = 1_000_000;
const later = now + 60_000;
const write: Asked = {
  isWrite: true,
  isNonCritical: false,
  isReroutable: false,
  tenantId: 'acme',
  warehouseId: 'north',
};
const read: Asked = { ...write, isWrite: false };
const north: Isolation = {
  tenantId: 'acme',
  warehouseId: 'north',
  mode: 'read-only',
  until: later,
  rerouteTo: null,
};

function modes(switches: Partial<Switches>, ...isolations: Isolation[]): ModesRead {
  return {
    switches: { ...usualSwitches, ...switches },
    isolations: new Map(isolations.map((isolation, i) => [String(i), isolation])),
  };
}
const decide = (asked: Asked, read_: ModesRead): ReturnType<typeof decideAdmission> =>
  decideAdmission(asked, read_, ['read-only'], now);

test('everything is served as usual', () => {
  expect(isUsual(modes({}))).toBe(true);
  expect(decide(write, modes({}))).toEqual({ kind: 'serve', isolation: null });
});

describe('read-only', () => {
  const readOnly = modes({ mode: { value: 'read-only', until: later } });

  test('refuses writes, with the end', () => {
    expect(decide(write, readOnly)).toEqual({
      kind: 'refuse',
      why: 'read-only',
      until: later,
      isolation: null,
    });
  });

  test('serves reads', () => {
    expect(decide(read, readOnly).kind).toBe('serve');
  });

  test('ends by itself, though nobody took it back', () => {
    expect(decide(write, modes({ mode: { value: 'read-only', until: now } })).kind).toBe('serve');
  });
});

describe('shedding', () => {
  const shedding = modes({ shed: { value: 'non-critical', until: later } });

  test('refuses what is not critical, reads too', () => {
    const report = { ...read, isNonCritical: true };

    expect(decide(report, shedding)).toMatchObject({ kind: 'refuse', why: 'shed', until: later });
  });

  test('serves everything else', () => {
    expect([decide(read, shedding).kind, decide(write, shedding).kind]).toEqual(['serve', 'serve']);
  });
});

describe('an isolation', () => {
  const isolated = modes({}, north);

  test('refuses the writes of its warehouse', () => {
    expect(decide(write, isolated)).toEqual({
      kind: 'refuse',
      why: 'isolated',
      until: later,
      isolation: north,
    });
  });

  test('tells the reads of its warehouse and serves them', () => {
    expect(decide(read, isolated)).toEqual({ kind: 'serve', isolation: north });
  });

  test.each<[string, Partial<Asked>]>([
    ['another tenant', { tenantId: 'globex' }],
    ['another warehouse', { warehouseId: 'south' }],
    ['nobody known', { tenantId: null, warehouseId: null }],
  ])('leaves %s alone', (_, who) => {
    expect(decide({ ...write, ...who }, isolated)).toEqual({ kind: 'serve', isolation: null });
  });

  test('of a whole tenant covers every warehouse of it', () => {
    const tenant = modes({}, { ...north, warehouseId: null });

    expect(decide({ ...write, warehouseId: 'anywhere' }, tenant).kind).toBe('refuse');
  });

  test('of a mode that the service does not obey means nothing', () => {
    expect(decide(write, modes({}, { ...north, mode: 'block-outbound' }))).toEqual({
      kind: 'serve',
      isolation: null,
    });
  });

  test('ends by itself', () => {
    expect(decide(write, modes({}, { ...north, until: now })).kind).toBe('serve');
  });

  test('lets another warehouse serve where that is possible', () => {
    const rerouted = modes({}, { ...north, rerouteTo: 'south' });

    expect(decide({ ...write, isReroutable: true }, rerouted)).toMatchObject({
      kind: 'reroute',
      to: 'south',
    });
    expect(decide(write, rerouted)).toMatchObject({ kind: 'refuse', why: 'isolated' });
  });

  test('never sends work to a warehouse that is isolated itself', () => {
    const both = modes(
      {},
      { ...north, rerouteTo: 'south' },
      { ...north, warehouseId: 'south', rerouteTo: 'north' },
    );

    expect(decide({ ...write, isReroutable: true }, both).kind).toBe('refuse');
  });
});
