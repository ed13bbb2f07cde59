/** The page in a real Chromium, on a real run. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { workplace } from '../run/program.js';
import type { Running, Workplace } from '../run/program.js';

const browserFile = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
  (file) => file !== undefined && existsSync(file),
);
const withBrowser = browserFile === undefined ? describe.skip : describe;
/** Where screenshots go, when somebody wants to look at them. */
const pictures = process.env['HOLDFAST_SCREENSHOTS'];

withBrowser(`the page (${browserFile ?? 'skipped: no chromium on this machine'})`, () => {
  let place: Workplace;
  let running: Running;
  let url: string;
  let browser: Browser;

  /** A page, and all that went wrong on it. */
  async function open(options: Parameters<Browser['newContext']>[0] = {}) {
    const context: BrowserContext = await browser.newContext(options);
    const page = await context.newPage();
    const wrong: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') wrong.push(message.text());
    });
    page.on('pageerror', (error) => wrong.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(url)) wrong.push(`asked ${request.url()}`);
    });
    await page.goto(url);
    await page.waitForSelector('#status:not(:text("connecting"))');
    return { context, page, wrong };
  }

  /** Waits until an element of these says that. */
  const says = (page: Page, selector: string, what: RegExp): Promise<void> =>
    page.locator(selector).filter({ hasText: what }).first().waitFor({ timeout: 15_000 });

  const picture = async (page: Page, name: string): Promise<void> => {
    if (pictures !== undefined)
      await page.screenshot({ path: path.join(pictures, `${name}.png`), fullPage: true });
  };

  beforeAll(async () => {
    place = workplace();
    running = place.run('page.db');
    const [, found] = await running.said(/page: (\S+)/);
    url = found ?? '';
    await running.said(/staying up/);
    browser = await chromium.launch({ executablePath: browserFile ?? '', args: ['--no-sandbox'] });
  }, 90_000);

  afterAll(async () => {
    await browser.close();
    running.child.kill('SIGKILL');
    await running.ended;
    place.remove();
  });

  test('draws tree, requests, ranks, pairs and lanes, asks nobody else, and has no error', async () => {
    const { page, wrong, context } = await open({ viewport: { width: 1280, height: 900 } });
    await page.waitForSelector('[data-path="root/core/services/backtest-dispatch/dispatcher"]');
    await says(page, '#requests tbody tr', /oos/);
    expect(await page.textContent('#requests')).toMatch(/backtest.*oos/s);
    await says(page, '#ranks', /unranked/);
    await says(page, '#pairs tbody tr', /\+|USDJPY/);
    await says(page, '#lanes tbody', /console/);
    await page.waitForSelector('#plots canvas');
    await says(page, '#status', /^ok$/);
    expect(await page.textContent('#requests')).toMatch(/read (now|.* ago)/);
    await picture(page, 'light');
    expect(wrong).toEqual([]);
    await context.close();
  }, 30_000);

  test('follows what happens without being asked', async () => {
    const { page, context } = await open({ colorScheme: 'dark' });
    const handled = () =>
      page
        .textContent('[data-path="root/operations/monitor"]')
        .then((text) => /(\d[\d,]*) handled/.exec(text ?? '')?.[1]);
    const before = await handled();
    await expect(
      page.waitForSelector(`[data-path="root/operations/monitor"]:not(:text("${before ?? ''} handled"))`, {
        timeout: 15_000,
      }),
    ).resolves.toBeDefined();
    expect(await handled()).not.toBe(before);
    await picture(page, 'dark');
    await context.close();
  }, 30_000);

  test('fits a phone: nothing makes the page scroll sideways', async () => {
    const { page, context } = await open({ viewport: { width: 360, height: 740 }, deviceScaleFactor: 2 });
    await page.waitForSelector('[data-path="root/core"]');
    await page.waitForSelector('#plots canvas');
    const overhang = await page.evaluate(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    expect(overhang).toBeLessThanOrEqual(0);
    await picture(page, 'phone');
    await context.close();
  }, 30_000);

  test('a dead letter is redriven with the token, and not without it', async () => {
    const file = path.join(place.folder, 'page.db.dead-letters');
    const letters = new Database(file);
    letters
      .prepare(
        `INSERT INTO letters VALUES ('made-by-hand', 1, 'crash_loop', 'backtest-dispatch/dispatcher', NULL, NULL, 'backtest_request', 1,
          '{"requestId":"none"}', 'object', 3, '[]', 'kept', NULL)`,
      )
      .run();
    letters.close();
    const { page, context } = await open();
    await page.waitForSelector('[data-letter="made-by-hand"]', { timeout: 10_000 });
    await page.click('[data-letter="made-by-hand"]');
    await page.fill('#token-text', 'wrong');
    await page.click('#token button[value="ok"]');
    await says(page, '#letters [role="status"]', /refused/);
    const { token } = JSON.parse(readFileSync(path.join(place.folder, 'page.db.run.json'), 'utf8')) as {
      token: string;
    };
    await page.click('[data-letter="made-by-hand"]');
    await page.fill('#token-text', token);
    await page.click('#token button[value="ok"]');
    await says(page, '#letters [role="status"]', /made-by-hand: /);
    await picture(page, 'letters');
    await context.close();
  }, 30_000);

  test('says STALE when the process says nothing any more', async () => {
    const { page, context } = await open();
    running.child.kill('SIGSTOP');
    try {
      await says(page, '#lost', /STALE/);
      await page.locator('#lost').waitFor({ state: 'visible', timeout: 15_000 });
      expect(await page.textContent('#status')).toBe('STALE');
      await picture(page, 'stale');
    } finally {
      running.child.kill('SIGCONT');
    }
    await page.locator('#lost').waitFor({ state: 'hidden', timeout: 15_000 });
    // Its own figures have become old meanwhile; they are read anew within seconds.
    await page.waitForSelector('#status:text("ok")', { timeout: 15_000 });
    await context.close();
  }, 45_000);
});
