import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { Demo, scratchFolder } from './support/daemon.ts';
import { requiredCommands } from './support/requirements.ts';
import { TiedProcess } from './support/tied.ts';

const skip = requiredCommands('chromium', 'php-cgi', 'setpriv');
const examples = fileURLToPath(new URL('../../examples', import.meta.url));
const LONG_WORD = 'abcdefghij'.repeat(12);

describe('Chromium, with the examples', { skip }, () => {
  let browser: Browser;
  before(async () => {
    // Its sandbox does not run as root.
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  });
  after(() => browser.close());

  /** A tab as wide as a phone; the page must fit it and nothing may go wrong in it. */
  async function onPhone(url: string, look: (page: Page) => Promise<void>): Promise<void> {
    const page = await browser.newPage({ viewport: { width: 360, height: 740 } });
    const faults: string[] = [];
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
    page.on('requestfailed', (request) => faults.push(`${request.url()} failed`));
    await page.goto(url);
    await look(page);
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360);
    assert.deepEqual(faults, []);
    await page.close();
  }

  test('signs the guestbook in PHP, and reads what it wrote', async () => {
    const copy = scratchFolder();
    cpSync(join(examples, 'guestbook/site'), join(copy, 'site'), { recursive: true });
    const demo = await Demo.start('--site', join(copy, 'site'));
    await onPhone(demo.url, async (page) => {
      await page.getByLabel('Your name').fill('Ann');
      await page.getByLabel('What you would like to say').fill(`<i>hello</i>\n${LONG_WORD}`);
      await page.getByRole('button').click();
      await page.getByText(`<i>hello</i>\n${LONG_WORD}`).waitFor();
      await page.getByText('Ann', { exact: true }).waitFor();
    });
    await demo.kill();
  });

  test('sees the readings of the sensor as a line', async () => {
    const demo = await Demo.start('--site', join(examples, 'sensor/site'));
    await onPhone(demo.url, async (page) => {
      const { width, height } = (await page.getByRole('img').boundingBox())!;
      assert.ok(width > 200 && height > 100, `${width} × ${height}`);
    });
    await demo.kill();
  });

  test('signs the list of the Express app, and reads it', async () => {
    const app = new TiedProcess('env', 'PORT=0', process.execPath, join(examples, 'express/main.js'));
    const [url] = await app.wrote('stdout', /http:\S+/);
    await onPhone(url, async (page) => {
      await page.getByLabel('Your name').fill(`<b>${LONG_WORD}`);
      await page.getByRole('button').click();
      await page.getByRole('listitem').getByText(`<b>${LONG_WORD}`).waitFor();
    });
    await app.kill('SIGKILL');
  });
});
