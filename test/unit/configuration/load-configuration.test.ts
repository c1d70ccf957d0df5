import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { knownAlertNames } from '../../../configuration/alert-names.js';
import { effectiveSlo } from '../../../configuration/effective-slo.js';
import {
  ConfigurationError,
  loadConfiguration,
  settingsFor,
} from '../../../configuration/load-configuration.js';

const root = mkdtempSync(join(tmpdir(), 'configuration-'));
afterAll(() => {
  rmSync(root, { recursive: true });
});

const services = `services:
  shop:
    deployment: { namespace: live, name: shop-api, container: shop-api }
    url: http://shop.live.svc
    slo: { latencyP95Ms: 500, errorRatePercent: 1, availabilityPercent: 99.5, windowMinutes: 60 }
`;
const alerts = readFileSync('configuration/alerts.yml', 'utf8');
const policy = readFileSync('configuration/policy.yml', 'utf8');

/** Writes folders of files and loads them, in order. Missing files of the base folder are filled with good ones. */
let cases = 0;
function load(folders: Record<string, Record<string, string>>) {
  cases += 1;
  const home = join(root, String(cases));
  const names = Object.keys(folders);
  for (const [index, name] of names.entries()) {
    const good = {
      'services.yml': services,
      'alerts.yml': alerts,
      'policy.yml': policy,
      'notifications.yml': 'channels: []\n',
    };
    const files = index === 0 ? { ...good, ...folders[name] } : (folders[name] ?? {});
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(home, name, file)), { recursive: true });
      writeFileSync(join(home, name, file), text);
    }
  }
  try {
    return { configuration: loadConfiguration(names.map((name) => join(home, name))), faults: [] };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const lines = error.message.replaceAll(`${home}/`, '').split('\n');
    return { configuration: null, faults: lines.slice(1).map((line) => line.trim()) };
  }
}

describe('loadConfiguration', () => {
  test('accepts the configuration in this repository, with and without the local overrides', () => {
    expect(loadConfiguration(['configuration']).alerts.verdictWindow).toBe(60_000);
    const local = loadConfiguration(['configuration', 'configuration/local']);
    expect(local.alerts.verdictWindow).toBe(4_000);
    expect(local.policy.diagnose).toEqual({ floor: 0.5, margin: 0.15, recentRollout: 40_000 });
  });

  test('lays later folders over earlier ones by key and replaces lists whole', () => {
    const { configuration } = load({
      base: {},
      over: {
        'services.yml': 'services: { shop: { slo: { windowMinutes: 1 } } }',
        'policy.yml': 'decide: { tiers: [{ role: sre, within: 1s }] }',
      },
    });
    expect(configuration?.services['shop']?.slo).toEqual({
      latencyP95Ms: 500,
      errorRatePercent: 1,
      availabilityPercent: 99.5,
      windowMinutes: 1,
    });
    expect(configuration?.policy.decide).toEqual({
      tiers: [{ role: 'sre', within: 1_000 }],
      holdFor: 43_200_000,
    });
  });

  test.each<[string, string, string, string[]]>([
    [
      'an unknown key, with the nearest known one',
      'alerts.yml',
      alerts.replace('probeInterval:', 'probeIntervl:'),
      [
        'base/alerts.yml:3:1: probeInterval: missing; expected a duration with a unit, such as 15s or 2m',
        'base/alerts.yml:5:1: probeIntervl: unknown key; did you mean probeInterval?',
      ],
    ],
    [
      'an unknown key that resembles nothing, with those known there',
      'policy.yml',
      policy.replace('margin: 0.15', 'margin: 0.15, zzzzzzzz: 1'),
      [
        'base/policy.yml:3:39: diagnose.zzzzzzzz: unknown key; known here: floor, margin, recentRollout',
      ],
    ],
    [
      'a key given twice',
      'alerts.yml',
      `${alerts}verdictWindow: 2m\n`,
      ['base/alerts.yml:37:1: verdictWindow: duplicate key; keep one of the two entries'],
    ],
    [
      'a duration without a unit',
      'alerts.yml',
      alerts.replace('scrapeInterval: 5s', 'scrapeInterval: 5'),
      [
        'base/alerts.yml:3:17: scrapeInterval: expected a duration with a unit, such as 15s or 2m, found 5',
      ],
    ],
    [
      'a wrong type inside a list',
      'alerts.yml',
      alerts.replace('burnRate: 6', 'burnRate: six'),
      ['base/alerts.yml:17:15: rules[0].burnRate: expected a number, found "six"'],
    ],
    [
      'a word that is not one of the choices',
      'alerts.yml',
      alerts.replace('severity: critical', 'severity: critcal'),
      [
        'base/alerts.yml:13:15: rules[0].severity: expected critical or warning, found "critcal"; did you mean critical?',
      ],
    ],
    [
      'a number out of range',
      'services.yml',
      services.replace('errorRatePercent: 1', 'errorRatePercent: 101'),
      [
        'base/services.yml:5:49: services.shop.slo.errorRatePercent: expected at most 100, found 101',
      ],
    ],
    [
      'a missing value by the key it belongs under',
      'services.yml',
      services.replace(', container: shop-api', ''),
      ['base/services.yml:3:5: services.shop.deployment.container: missing; expected text'],
    ],
    [
      'a dependency on a service nobody configured',
      'services.yml',
      `${services}    dependsOn: [store]\n`,
      ['base/services.yml:6:17: services.shop.dependsOn[0]: unknown service "store"; known: shop'],
    ],
    [
      'a service name that cannot be one',
      'services.yml',
      services.replace('  shop:', '  Shop:'),
      ['base/services.yml:2:3: services.Shop: expected a lower-case name such as inventory'],
    ],
    [
      'a URL of another protocol',
      'services.yml',
      services.replace('http://shop', 'ftp://shop'),
      [
        'base/services.yml:4:10: services.shop.url: expected a URL such as http://name.example, found "ftp://shop.live.svc"',
      ],
    ],
    [
      'YAML that cannot be read',
      'alerts.yml',
      'rules: [\n',
      [
        'base/alerts.yml:2:1: could not read YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
      ],
    ],
    [
      'a runbook the policy has no settings for',
      'policy.yml',
      policy.replace(/ {2}restart: .*\n/, ''),
      ['base/policy.yml:8:1: runbooks.restart: missing; expected a map'],
    ],
    [
      'a misspelt file name',
      'alert.yml',
      '',
      ['base/alert.yml:1:1: unknown file name; did you mean alerts.yml?'],
    ],
    [
      'a notification channel without repeating its address',
      'notifications.yml',
      'channels: [{ name: chat, url: "secret-token", audiences: [sre] }]',
      [
        'base/notifications.yml:1:31: channels[0].url: expected a URL such as http://name.example, found other text',
      ],
    ],
    [
      'objectives of an unknown service',
      'alerts.yml',
      alerts.replace('objectives: {}', 'objectives: { shops: { latencyP95Ms: 500 } }'),
      ['base/alerts.yml:9:22: objectives.shops: unknown service; did you mean shop?'],
    ],
    [
      'a latency objective between two histogram bounds',
      'services.yml',
      services.replace('latencyP95Ms: 500', 'latencyP95Ms: 400'),
      [
        'base/services.yml:5:26: services.shop.slo.latencyP95Ms: 400 ms is no bound of the latency histogram, so it cannot be measured exactly; choose one of 10, 25, 50, 100, 250, 500, 750, 1000, 2500, 5000, 10000',
      ],
    ],
    [
      'a short window that is not shorter than the long one',
      'alerts.yml',
      alerts.replace('shortWindow: 1m', 'shortWindow: 5m'),
      ['base/alerts.yml:16:18: rules[0].shortWindow: must be shorter than longWindow'],
    ],
    [
      'a window of too few scrapes',
      'alerts.yml',
      alerts.replace('shortWindow: 1m', 'shortWindow: 10s'),
      [
        'base/alerts.yml:16:18: rules[0].shortWindow: 10000 ms holds fewer than 3 scrapes; make it at least 15000 ms or shorten scrapeInterval',
      ],
    ],
    [
      'more probes than the verdict window can hold',
      'alerts.yml',
      alerts.replace('availability: 10', 'availability: 12'),
      [
        'base/alerts.yml:7:63: minimumSamples.availability: only 11 probes are certain to fit in verdictWindow, so availability would never be proven; lower it or shorten probeInterval',
      ],
    ],
    [
      'a hold that cannot end before its deadline',
      'policy.yml',
      policy.replace('verify: { holdFor: 2m', 'verify: { holdFor: 20m'),
      ['base/policy.yml:18:20: verify.holdFor: must be shorter than verify.deadline'],
    ],
  ])('names %s', (_, file, text, expected) => {
    expect(load({ base: { [file]: text } }).faults).toEqual(expected);
  });

  test('names the layer that set a bad value, and the base file for a missing one', () => {
    const { faults } = load({
      base: { 'services.yml': services.replace(/ {4}slo: .*\n/, '') },
      over: { 'services.yml': 'services:\n  shop:\n    url: 7\n', 'alerts.yml': 'x: 1\n' },
    });
    expect(faults).toEqual([
      'over/services.yml:3:10: services.shop.url: expected text, found 7',
      'base/services.yml:2:3: services.shop.slo: missing; expected a map',
      expect.stringMatching(/^over\/alerts\.yml:1:1: x: unknown key; known here: scrapeInterval, /),
    ]);
  });

  test('names the override that breaks a rule between files', () => {
    const { faults } = load({
      base: {},
      over: { 'alerts.yml': 'objectives:\n  shop: { latencyP95Ms: 450 }\n' },
    });
    expect(faults).toEqual([
      expect.stringMatching(
        /^over\/alerts\.yml:2:25: objectives\.shop\.latencyP95Ms: 450 ms is no/,
      ),
    ]);
  });

  test('says which file is missing and where to put it', () => {
    const empty = join(root, 'empty');
    mkdirSync(empty);
    expect(() => loadConfiguration([empty])).toThrow(
      `${empty}/services.yml:1:1: missing; put it into one of: ${empty}`,
    );
    expect(() => loadConfiguration([join(root, 'nowhere')])).toThrow(
      /could not read folder: ENOENT.*; create it or correct RUNBOOK_CONFIG/,
    );
  });
});

describe('settingsFor', () => {
  test('carries the objectives in force and the name of the override', () => {
    const { configuration } = load({
      base: {},
      fast: { 'alerts.yml': 'objectives: { shop: { latencyP95Ms: 250 } }\n' },
    });
    const settings = settingsFor(configuration!, 'shop');
    expect(settings.override).toBe('fast');
    expect(settings.service.slo.latencyP95Ms).toBe(250);
    expect(effectiveSlo(configuration!, 'shop').errorRatePercent).toBe(1);
  });

  test('refuses a service nobody configured', () => {
    const { configuration } = load({ base: {} });
    expect(settingsFor(configuration!, 'shop').override).toBeNull();
    expect(() => settingsFor(configuration!, 'store')).toThrow(
      'could not find service store: not in services.yml (known: shop)',
    );
  });
});

describe('knownAlertNames', () => {
  test('lists each rule for each objective', () => {
    const { configuration } = load({ base: {} });
    expect(knownAlertNames(configuration!)).toEqual([
      'LatencyP95FastBurn',
      'ErrorRateFastBurn',
      'AvailabilityFastBurn',
      'LatencyP95MediumBurn',
      'ErrorRateMediumBurn',
      'AvailabilityMediumBurn',
      'LatencyP95Breach',
      'ErrorRateBreach',
      'AvailabilityBreach',
    ]);
  });
});
