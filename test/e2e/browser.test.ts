import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { Demo } from './support/daemon.ts';
import { visitorNumber } from './support/pages.ts';
import { requiredCommands } from './support/requirements.ts';

const skip = requiredCommands('chromium', 'setpriv');
/** The first sample of the line comes after ten seconds, and the page's next refresh up to ten after that. */
const PLOTS_WITHIN = 60_000;

describe('Chromium, through the demo', { skip }, () => {
  let browser: Browser;
  let demo: Demo;
  before(async () => {
    [browser, demo] = await Promise.all([
      // Its sandbox does not run as root.
      chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] }),
      Demo.start(),
    ]);
  });
  after(async () => {
    await browser.close();
    await demo.kill();
  });

  /** A tab, and what went wrong in it. */
  async function open(path: string, width = 1200): Promise<{ page: Page; faults: string[] }> {
    const page = await browser.newPage({ viewport: { width, height: 800 } });
    const faults: string[] = [];
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('requestfailed', (request) => faults.push(`${request.url()} failed`));
    page.on('response', (answer) => answer.ok() || faults.push(`${answer.url()}: ${answer.status()}`));
    await page.goto(demo.url + path);
    return { page, faults };
  }

  test('sees the visitor number count up, by one request a visit and nothing else', async () => {
    const { page, faults } = await open('');
    const first = visitorNumber(await page.content());
    await page.reload();
    assert.equal(visitorNumber(await page.content()), first + 1);
    await page.goto(`${demo.url}status`);
    assert.deepEqual(await demo.requestsUntil('/status'), ['/', '/', '/status']);
    assert.deepEqual(faults, []);
    await page.close();
  });

  test('draws the plots, those of the line as soon as the page has refreshed itself', async () => {
    const { page, faults } = await open('status');
    await page.waitForSelector('svg.lines', { timeout: PLOTS_WITHIN });
    await page.goto(`${demo.url}status?still`);
    const plots = await page.locator('svg:not(.bar)').all();
    assert.deepEqual(await Promise.all(plots.map(seen)), [
      { title: 'Visitors by hour', isLarge: true, drawn: 1 },
      { title: 'Visitors by day', isLarge: true, drawn: 1 },
      { title: 'Line use, in and out', isLarge: true, drawn: 2 },
      { title: 'Round trip', isLarge: true, drawn: 1 },
      { title: 'Connections', isLarge: true, drawn: 1 },
    ]);
    assert.deepEqual(faults, []);
    await page.close();
  });

  for (const path of ['', 'status', 'status?still', 'nowhere']) {
    test(`shows /${path} on a phone without scrolling sideways`, async () => {
      const { page } = await open(path, 390);
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 390);
      await page.close();
    });
  }
});

/** What there is to see of a plot: its size, and how many of its paths are not empty. */
async function seen(plot: Locator) {
  const { width, height } = (await plot.boundingBox())!;
  return {
    title: await plot.locator('title').textContent(),
    isLarge: width > 300 && height > 30,
    drawn: await plot.locator('path:not([d=""])').count(),
  };
}
