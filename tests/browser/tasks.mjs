// Tasks, followed while they run.

import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { equal, isTrue, shows, start, test } from './harness.mjs';

/** A named pipe; the first line that is written waits for somebody who reads. */
export function fifo() {
  const path = join(mkdtempSync(join(tmpdir(), 'console-')), 'fifo');
  execFileSync('mkfifo', [path]);
  return path;
}

test('a long task is followed: its progress, its log, its end', async ({ page, url }) => {
  const path = fifo();
  await page.goto(`${url}/#/function/simulate`);
  await page.getByLabel('fifo', { exact: true }).fill(path);
  await page.getByLabel('steps', { exact: true }).fill('4');
  await page.getByRole('button', { name: 'Start as task' }).click();
  await page.getByText('RUNNING').waitFor();
  const pipe = await open(path, 'w');
  await pipe.write('begun\n');
  await page.getByLabel('Log', { exact: true }).getByText('step 1: begun').waitFor();
  await page.getByText('25 % step 1').waitFor();
  isTrue(await page.getByRole('progressbar', { name: 'progress' }).evaluate((bar) => bar.value === 0.25), 'the bar stands at a quarter');
  await pipe.write('more\n');
  await page.getByText('50 % step 2').waitFor();
  await pipe.write('and\nmore\n');
  await pipe.close();
  await page.getByText('DONE').waitFor();
  await page.getByRole('region', { name: 'Result', exact: true }).getByText('"simulated"').waitFor();
  isTrue((await page.getByLabel('Log', { exact: true }).textContent()).endsWith('step 4: more\n'), 'the log is whole');
  isTrue(!await page.getByRole('button', { name: 'Terminate' }).isVisible(), 'what has ended cannot be ended');
});

test('a task is terminated once that is confirmed', async ({ page, url }) => {
  const id = await start(url, 'simulate', { fifo: fifo(), steps: 1 });
  await page.goto(`${url}/#/task/${id}`);
  await page.getByRole('button', { name: 'Terminate' }).click();
  await page.getByRole('button', { name: 'Keep it' }).click();
  equal(await (await fetch(`${url}/task/done/${id}`)).text(), 'false', 'it goes on');
  await page.getByRole('button', { name: 'Terminate' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Terminate' }).click();
  await page.getByText('Manual Termination').waitFor();
});

test('the table of tasks is live, and filters', async ({ page, url }) => {
  await page.goto(`${url}/#/tasks`);
  await page.getByText('connected').waitFor();
  const ids = [];
  for (let i = 0; i < 3; ++i) ids.push(await start(url, 'simulate', { fifo: fifo(), steps: 1 }));
  await page.getByLabel('Function', { exact: true }).selectOption('simulate');
  await page.getByLabel('Status', { exact: true }).selectOption('RUNNING');
  for (const id of ids) await page.getByRole('link', { name: id.slice(0, 8) }).waitFor();
  await shows(page.getByRole('row'), 4, 'rows, with the head');
  await page.getByRole('button', { name: `Terminate ${ids[0]}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Terminate' }).click();
  await page.getByRole('link', { name: ids[0].slice(0, 8) }).waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Terminate all of simulate' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Terminate' }).click();
  await page.getByText('No tasks.').waitFor();
  await page.getByLabel('Status', { exact: true }).selectOption('FAILED');
  for (const id of ids) await page.getByRole('link', { name: id.slice(0, 8) }).waitFor();
});

test('whoever comes back from a task finds the tasks that were chosen', async ({ page, url }) => {
  const id = await start(url, 'refuse');
  await start(url, 'stock');
  await page.goto(`${url}/#/tasks`);
  await page.getByLabel('Function', { exact: true }).selectOption('refuse');
  await page.getByRole('link', { name: id.slice(0, 8) }).click();
  await page.getByText('Thrown').waitFor();
  await page.goBack();
  await page.getByRole('link', { name: id.slice(0, 8) }).waitFor();
  equal(await page.getByLabel('Function', { exact: true }).inputValue(), 'refuse');
  await shows(page.getByRole('cell', { name: 'stock' }), 0, 'tasks of another function');
});

test('a log is followed, also behind bytes that are no UTF-8', async ({ page, url }) => {
  const path = fifo();
  await page.goto(`${url}/#/task/${await start(url, 'simulate', { fifo: path, steps: 2 })}`);
  const pipe = await open(path, 'w');
  await pipe.write(Buffer.from([...Array(200).fill(0xff), 10]));
  const log = page.getByLabel('Log', { exact: true });
  await log.getByText('step 1').waitFor();
  await pipe.write('more\n');
  await pipe.close();
  await page.getByText('DONE').waitFor();
  isTrue((await log.textContent()).endsWith('step 2: more\n'), 'the log is whole');
});

test('a clock that is wrong changes no duration', async ({ page, url }) => {
  const hours = page.getByText(/^ \d+ h/);
  await page.clock.install({ time: Date.now() + 3_600_000 });
  // The stream of a task may be there before any answer that tells the server's time.
  let goOn;
  const isSeen = new Promise((resolve) => { goOn = resolve; });
  await page.route(/\/(function\/list|task\/list|openapi|health)/, async (route) => { await isSeen; await route.continue(); });
  await page.goto(`${url}/#/task/${await start(url, 'simulate', { fifo: fifo(), steps: 1 })}`);
  await page.getByText('RUNNING').waitFor();
  equal(await hours.count(), 0, 'durations of hours while the time is not known');
  goOn();
  await page.getByText(/^ [\d.]+ m?s $/).waitFor();
  equal(await hours.count(), 0, 'durations of hours');
  equal(await page.evaluate(() => import('/console/dom.js').then(({ seconds }) => [0.9999, 179.7, 7199.6].map(seconds).join())), '1.0 s,3 min 0 s,2 h 0 min');
});

/** So many calls, by a few connections. */
async function callOften(url, count) {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  let left = count;
  const one = () => new Promise((resolve, reject) => {
    request(`${url}/stock/keep-connection`, { method: 'POST', agent }, (response) => { response.resume().on('end', resolve); }).on('error', reject).end();
  });
  await Promise.all(Array.from({ length: 8 }, async () => { while (left-- > 0) await one(); }));
  agent.destroy();
}

const framesOf = (page, milliseconds) => page.evaluate((time) => new Promise((resolve) => {
  const end = performance.now() + time;
  let frames = 0;
  const count = () => {
    ++frames;
    if (performance.now() < end) requestAnimationFrame(count);
    else resolve(frames);
  };
  requestAnimationFrame(count);
}), milliseconds);

test('ten thousand tasks are paged, and stay smooth while more come', async ({ page, url }) => {
  const long = await start(url, 'simulate', { fifo: fifo(), steps: 1 });
  await callOften(url, 10_500);
  await page.goto(`${url}/#/tasks`);
  await page.getByText(/^1 to 50 of the latest 1000\d$/).waitFor();
  await shows(page.getByRole('row'), 51, 'rows');
  // Other programs can take the processors for a while: the best of some looks counts.
  const looks = [];
  do {
    const idle = await framesOf(page, 1000);
    const [busy] = await Promise.all([framesOf(page, 1000), callOften(url, 250)]);
    looks.push(busy / idle);
  } while (looks.at(-1) <= 1 / 4 && looks.length < 8);
  isTrue(looks.at(-1) > 1 / 4, `frames while calls came, for each without them: ${looks}`);
  await page.getByRole('button', { name: 'Older' }).click();
  await page.getByText(/^51 to 100 of/).waitFor();
  await page.getByRole('button', { name: 'Newer' }).click();
  await page.getByText(/^1 to 50 of/).waitFor();
  await page.getByLabel('Status', { exact: true }).selectOption('RUNNING');
  await page.getByRole('link', { name: long.slice(0, 8) }).waitFor();
}, { environment: {} });

test('the overview shows how many calls run, and ran between two looks', async ({ page, url }) => {
  await page.goto(`${url}/#/overview`);
  await page.getByRole('img', { name: 'Running calls: from 0 to 0' }).waitFor();
  await start(url, 'stock');
  await page.getByRole('img', { name: 'Running calls: from 0 to 1' }).waitFor();
  for (let i = 0; i < 2; ++i) await start(url, 'simulate', { fifo: fifo(), steps: 1 });
  await page.getByRole('img', { name: 'Running calls: from 0 to 2' }).waitFor();
  const line = page.getByRole('img', { name: /^Running calls/ }).locator('polyline');
  equal((await line.getAttribute('points')).split(',').at(-1), '20', 'the height of the last point');
}, { environment: {} });

test('what ran at the same time is counted, and not what followed each other', async ({ page, url }) => {
  await page.goto(url);
  equal(await page.evaluate(async () => {
    const { countRunning, store } = await import('/console/store.js');
    const second = Math.floor(Date.now() / 1000) - 30;
    const ran = [[0, 500], [500, 900], [900, 900], [900, 900], [1100, 3000], [1500, 1600], [4000, null]];
    ran.forEach(([from, to], i) => store.tasks.set(i, { started: 1000 * second + from, finished: to && 1000 * second + to }));
    countRunning();
    return [-1, 0, 1, 2, 3, 4, 5, 29].map((at) => store.seconds.get(second + at).running).join();
  }), '0,1,2,1,0,1,1,1');
}, { environment: {} });

test('the overview counts what happens', async ({ page, url }) => {
  await page.goto(`${url}/#/overview`);
  await page.getByText(/^The server is ready\. Version \d/).waitFor();
  await page.getByText(/^\d+ of at most 256 processes wait warm for calls$/).waitFor();
  await start(url, 'stock');
  await start(url, 'refuse');
  await page.getByText('1 done').waitFor();
  await page.getByText('1 failed').waitFor();
  await page.getByRole('img', { name: /ended in the last ten minutes; at most [12] in ten seconds/ }).waitFor();
  await page.getByRole('img', { name: /^Calls per second: from 0 to [12]/ }).waitFor();
}, { environment: {} });
