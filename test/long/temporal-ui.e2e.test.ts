import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { badRelease } from '../../deploy/local/scenarios/bad-release.scenario.js';
import { workflowPage } from '../../deploy/local/temporal.js';
import { openBrowser } from '../support/browser.js';
import type { TestStack } from '../support/stack.js';
import { openTestStack } from '../support/stack.js';

// What a person on call does at night: opens the incident in the Temporal UI, reads, and answers there.
jest.setTimeout(300_000);

const cleanUps: (() => Promise<unknown>)[] = [];
let stack: TestStack;
let browser: Browser;

beforeAll(async () => {
  browser = await openBrowser();
  cleanUps.push(() => browser.close());
  const layer = await mkdtemp(path.join(tmpdir(), 'asks-a-person-'));
  cleanUps.push(() => rm(layer, { recursive: true, force: true }));
  const policy = 'runbooks: { rollback: { approval: required } }\n';
  await writeFile(path.join(layer, 'policy.yml'), policy);
  stack = await openTestStack({ name: 'temporal-ui', configurationLayers: [layer] });
  cleanUps.push(() => stack.close());
}, 30 * 60_000);

afterAll(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp();
});

test('a person reads the plan in the Temporal UI, approves it there, and the service recovers', async () => {
  await stack.untilCalm();
  const since = Date.now();
  await badRelease.cause(stack.world);
  const incident = await stack.untilOpened('inventory', since);
  await stack.untilTold(incident, /on-call is asked/);

  const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
  page.setDefaultTimeout(20_000);
  const { workflowId } = (await stack.incidents.detail(incident)).live!;
  const { temporalUi } = stack.handle.info.urls;
  await page.goto(workflowPage(temporalUi, workflowId));
  const shown = await readDetails(page);
  expect(shown).toContain('Waiting for on-call until');
  expect(shown).toMatch(/-\s+image: durable-runbooks\/inventory-api:1\.1/);
  expect(shown).toMatch(/\+\s+image: durable-runbooks\/inventory-api:1\.0/);

  const [answer] = /\{\s*"decision": "approve"[^}]*\}/.exec(shown)!;
  await sendSignal(page, 'decide', {
    ...(JSON.parse(answer) as object),
    by: 'ada',
    reason: 'errors began with release 1.1',
  });

  const closed = await stack.untilClosed(incident);
  expect(closed.outcome).toBe('recovered');
  expect(closed.summaries(/approve.*by ada/)).toHaveLength(1);
});

/** Markdown is rendered in a frame of its own. */
async function readDetails(page: Page): Promise<string> {
  await page.getByText('User Metadata').locator('visible=true').first().click();
  const details = page.locator('iframe').last().contentFrame().locator('body');
  await details.getByText('Waiting for').first().waitFor();
  return details.innerText();
}

async function sendSignal(page: Page, name: string, content: object): Promise<void> {
  await page.getByText('More Actions').locator('visible=true').first().click();
  await page.getByTestId('signal-button').locator('visible=true').first().click();
  const dialog = page.getByRole('dialog', { name: 'Send a Signal' });
  await dialog.getByTestId('signal-select-button').click();
  await page.getByRole('option', { name }).locator('visible=true').first().click();
  await dialog.locator('.cm-content').click();
  await page.keyboard.insertText(JSON.stringify(content));
  // Leaving the editor lays the text out anew, and the button moves with it.
  await page.keyboard.press('Tab');
  await dialog.getByTestId('confirm-modal-button').click();
  await dialog.waitFor({ state: 'hidden' });
}
