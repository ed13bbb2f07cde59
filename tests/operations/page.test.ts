/** The page in a real Chromium, on a real run. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { holdfast, workplace } from '../run/program.js';
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

  test('shows whoever comes later what was before, in its plots', async () => {
    const { page, context } = await open();
    const seen = (): Promise<number> =>
      page.evaluate<number>(
        `fetch('/api/facts').then((answer) => answer.json()).then(({ facts }) => facts.history.value.wallMs)`,
      );
    await page.waitForSelector('#plots canvas');
    const heard = await page.evaluate<
      readonly { wallMs: number; inFlight: number | null }[]
    >(`new Promise((resolve) => {
      const events = new EventSource('/api/events');
      events.addEventListener('history', ({ data }) => { events.close(); resolve(JSON.parse(data)); });
    })`);
    expect(heard.length).toBeGreaterThan(2);
    const times = heard.map(({ wallMs }) => wallMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(await seen()).toBeGreaterThanOrEqual(times.at(-1) ?? Infinity);
    expect(heard.at(-1)).toMatchObject({ inFlight: 0 });
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
    const { page, context } = await open({ viewport: { width: 390, height: 740 }, deviceScaleFactor: 2 });
    await page.waitForSelector('[data-path="root/core"]');
    await page.waitForSelector('#plots canvas');
    await page.locator('[data-strategy] > summary').first().click();
    await page.waitForSelector('[data-strategy] .why table');
    await page.locator('[data-pair] > summary').nth(3).click();
    await page.waitForSelector('[data-pair] .why table');
    await page.fill('#pair-form [name="a"]', 'Sample-EURJPY-H1-SMA-48-192');
    await page.fill('#pair-form [name="b"]', 'Sample-Plain');
    await page.click('#pair-form button');
    await page.waitForSelector('#pair-answer table');
    const overhang = await page.evaluate(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    expect(overhang).toBeLessThanOrEqual(0);
    await picture(page, 'phone');
    await context.close();
  }, 30_000);

  const strategy = (page: Page, name: string) =>
    page.locator('[data-strategy]').filter({ has: page.locator(`summary b:text-is("${name}")`) });

  test('tells why a strategy has its rank: found by a part of its name, the gate that decided is marked', async () => {
    const { page, wrong, context } = await open({ viewport: { width: 1280, height: 900 } });
    await says(page, '#strategies-said', /^12 of 60, read /);
    await page.fill('#strategies-query', 'pLAIN');
    await says(page, '#strategies-said', /^1 of 1,/);
    const plain = strategy(page, 'Sample-Plain');
    expect(await plain.locator('.because').textContent()).toBe(
      'Kept from rank A: win rate is 37 %, wanted at least 43 %.',
    );
    // By the keyboard alone.
    await plain.locator('summary').first().focus();
    await page.keyboard.press('Enter');
    const decider = plain.locator('tr').filter({ hasText: 'this decided' });
    await decider.waitFor();
    expect(await decider.count()).toBe(1);
    expect(await decider.textContent()).toBe('✗A: win rate this decided37 %at least 43 %');
    expect(await plain.locator('tr').filter({ hasText: 'A: Sharpe ratio' }).first().textContent()).toMatch(
      /^✓/,
    );
    await says(
      page,
      '[data-strategy] td',
      /^276 trades on 15,698 bars, .* by the embedded engine, candles [0-9a-f]{12}/,
    );
    await says(page, '[data-strategy] td', /^failed \(oos sharpe below\).* by guardian\/1/);
    await picture(page, 'why-rank');
    expect(wrong).toEqual([]);
    await context.close();
  }, 30_000);

  test('tells of those without a rank what kept them, and lists more when asked', async () => {
    const { page, wrong, context } = await open();
    await says(page, '#strategies-said', /^12 of 60/);
    await page.click('#strategies .more');
    await says(page, '#strategies-said', /^60 of 60/);
    await page.click('#ranks button:has-text("unranked")');
    await page.waitForFunction('document.querySelector("#strategies-rank").value === "unranked"');
    await page.fill('#strategies-query', 'bands');
    await says(page, '#strategies-said', /^1 of 1,/);
    expect(await strategy(page, 'Sample-Bands').locator('.because').textContent()).toMatch(
      /^Not measured: its backtest failed \(unsupported_indicator: indicator bb/,
    );
    await page.fill('#strategies-query', 'nothing has such a name');
    await says(page, '#strategies .body', /None of these/);
    expect(wrong).toEqual([]);
    await context.close();
  }, 30_000);

  test('tells why pairs are not active: of the pool in a list, of any two by their names', async () => {
    const { page, wrong, context } = await open({ viewport: { width: 1280, height: 900 } });
    await says(page, '#pairs-said', /^12 of 13, read /);
    expect(await page.textContent('#why-pairs .funnel')).toMatch(
      /15 of rank A or S.*10 with 100 trades or more.*2 active/,
    );
    expect(await page.locator('[data-pair] .pill.good').count()).toBe(2);
    const correlated = page.locator('[data-pair]').filter({ hasText: 'Not active: correlation: 0.380941' });
    await correlated.locator('summary').click();
    const decider = correlated.locator('tr').filter({ hasText: 'this decided' });
    await decider.waitFor();
    expect(await decider.textContent()).toMatch(/^✗correlation this decided0\.380941/);
    await page.fill('#pair-form [name="a"]', 'Sample-USDJPY-H1-RSI-7-14');
    await page.fill('#pair-form [name="b"]', 'Sample-Plain');
    await page.keyboard.press('Enter');
    await says(page, '#pair-answer', /Not active\. The first gate that is shut: rank of Sample-Plain/);
    await picture(page, 'why-pair');
    await page.click('#pair-answer h3:has-text("Sample-Plain") button');
    await says(page, '#strategies-said', /^1 of 1,/);
    await says(page, '[data-strategy] tr', /A: win rate this decided/);
    expect(wrong).toEqual([]);
    await page.fill('#pair-form [name="b"]', 'Sample-Plane');
    await page.click('#pair-form button');
    await says(page, '#pair-answer', /no strategy has the name.*Near: Sample-Plain/);
    await context.close();
  }, 30_000);

  test.each(['alarms', 'http'])(
    'finds the process again after %s was killed, and tells of the restart',
    async (id) => {
      const { page, context } = await open();
      await page.waitForSelector('[data-path="root/core"]');
      const repl = holdfast([
        'repl',
        '--write',
        '--db',
        path.join(place.folder, 'page.db'),
        '-e',
        `kill('root/operations/${id}')`,
      ]);
      expect(await repl.ended).toMatchObject({ code: 0 });
      await says(page, '#restarts summary', new RegExp(`The newest restart: root/operations/${id} at `));
      await page.click('#restarts summary');
      await says(page, '#restarts td', /killed/);
      expect(await page.textContent('.card:has-text("Mean recovery")')).toMatch(/^\d+ ms/);
      expect(await page.locator('#lost').isVisible()).toBe(false);
      await context.close();
    },
    30_000,
  );

  test('says in words what is to be put right, not only that something is', async () => {
    const { page, context } = await open();
    expect(await page.locator('#troubles').isVisible()).toBe(false);
    const snapshot = await firstEvent(new URL('/api/events', url).href);
    const message = 'the file <b>x</b> was refused';
    const conditions = [{ id: 'configuration', message, sinceWallMs: Date.UTC(2026, 0, 2) }];
    const data = JSON.stringify({
      ...snapshot,
      health: { ...(snapshot['health'] as object), status: 'red', conditions },
    });
    await page.route('**/api/events', (route) =>
      route.fulfill({ contentType: 'text/event-stream', body: `retry: 100\ndata: ${data}\n\n` }),
    );
    await page.reload();
    await says(
      page,
      '#troubles li',
      /^configuration: the file <b>x<\/b> was refused since 2026-01-02 00:00:00 UTC$/,
    );
    expect(await page.textContent('#status')).toBe('red');
    expect(await page.textContent('.card:has-text("Conditions")')).toBe('1Conditions to put right');
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

/** What the process says to whoever listens, once it has told what was before. */
async function firstEvent(from: string): Promise<Record<string, unknown>> {
  const answer = await fetch(from);
  const decoder = new TextDecoder();
  let text = '';
  for await (const part of answer.body ?? []) {
    text += decoder.decode(part as Uint8Array, { stream: true });
    const [, data] = /\n\ndata: (.*)\n\n/.exec(text) ?? [];
    // Leaving the loop hangs up.
    if (data !== undefined) return JSON.parse(data) as Record<string, unknown>;
  }
  throw new Error(`ended: ${text}`);
}
