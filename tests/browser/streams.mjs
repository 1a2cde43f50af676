// How tabs hear of events: together, and only those that somebody sees.

import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { createServer as createPage } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { equal, isTrue, serve, shows, start, test } from './harness.mjs';
import { fifo } from './tasks.mjs';

/** Stands before a server: {url, streams(), cut(), close()}; `streams()` are the paths of those that are open. */
async function between(url) {
  const { port } = new URL(url);
  const open = new Map();
  const proxy = createServer((socket) => {
    const server = connect(port, '127.0.0.1');
    open.set(socket, null);
    socket.on('data', (data) => {
      // A browser asks for nothing else before it has its answer.
      open.set(socket, String(data).match(/^GET (\/(?:task\/)?events\S*)/)?.[1] ?? null);
      server.write(data);
    }).on('error', () => {}).on('close', () => { open.delete(socket); server.destroy(); });
    server.on('data', (data) => socket.write(data)).on('error', () => {}).on('close', () => socket.destroy());
  });
  await new Promise((resolve) => { proxy.listen(0, '127.0.0.1', resolve); });
  return {
    url: `http://127.0.0.1:${proxy.address().port}`,
    streams: () => [...open.values()].filter(Boolean),
    cut: () => { for (const socket of open.keys()) socket.destroy(); },
    close: () => proxy.close(),
  };
}

async function comesTo(look, expected, what) {
  for (const end = Date.now() + 30_000; Date.now() < end && look() !== expected;) await setTimeout(20);
  equal(look(), expected, what);
}

const elsewhere = { allowed: /^a request to http:\/\/127\.0\.0\.1:/ };

const hide = (page, isHidden) => page.evaluate((value) => {
  Object.defineProperty(document, 'hidden', { configurable: true, value });
  document.dispatchEvent(new Event('visibilitychange'));
}, isHidden);

async function enter(page, token) {
  await page.getByLabel('Token', { exact: true }).fill(token);
  await page.getByRole('button', { name: 'Continue' }).click();
}

test('nine tabs have one stream, and each shows what happens', async ({ page, url, context }) => {
  const proxy = await between(url);
  const pages = [page];
  while (pages.length < 9) pages.push(await context.newPage());
  for (const each of pages) {
    await each.goto(`${proxy.url}/#/tasks`);
    await each.getByText('connected').waitFor();
  }
  equal(proxy.streams().join(), '/events');
  const id = await start(url, 'stock');
  for (const each of pages) await each.getByRole('row').filter({ hasText: id.slice(0, 8) }).getByText('DONE').waitFor();
  proxy.close();
}, elsewhere);

test('a hidden tab has no stream, and hears what it missed when it is seen again', async ({ page, url, context }) => {
  const proxy = await between(url);
  const other = await context.newPage();
  const row = (tab, id) => tab.getByRole('row').filter({ hasText: id.slice(0, 8) });
  await page.goto(`${proxy.url}/#/tasks`);
  await page.getByText('connected').waitFor();
  const first = await start(url, 'stock');
  await row(page, first).getByText('DONE').waitFor();
  await hide(page, true);
  await comesTo(() => proxy.streams().join(), '', 'streams');
  const second = await start(url, 'stock');
  let lists = 0;
  page.on('request', (request) => { lists += request.url().includes('/task/list'); });
  await hide(page, false);
  await row(page, second).getByText('DONE').waitFor();
  await hide(page, true);
  await other.goto(`${proxy.url}/#/tasks`);
  await row(other, second).waitFor();
  const third = await start(url, 'stock');
  await row(other, third).waitFor();
  await shows(row(page, third), 0, 'news for the hidden tab');
  await hide(page, false);
  await row(page, third).waitFor();
  equal(proxy.streams().join(), '/events');
  // The first event of the second tab's stream is older than what the first tab knows.
  isTrue(lists <= 1, `${lists} readings of all tasks`);
  await other.close();
  const fourth = await start(url, 'stock');
  await row(page, fourth).waitFor();
  await page.close();
  await comesTo(() => proxy.streams().join(), '', 'streams of closed tabs');
  proxy.close();
}, elsewhere);

test('a tab hears nothing that its own token may not see', async ({ page, url, context }) => {
  await page.goto(`${url}/#/tasks`);
  await enter(page, 'open sesame');
  await page.getByText('connected').waitFor();
  const guest = await context.newPage();
  await guest.goto(`${url}/#/tasks`);
  await enter(guest, 'guest');
  await guest.getByText('is not allowed').waitFor();
  const response = await fetch(`${url}/stock`, { method: 'POST', headers: { Authorization: 'Bearer open sesame' } });
  const id = (await response.json()).task_id;
  await page.getByRole('link', { name: id.slice(0, 8) }).waitFor();
  equal(await guest.evaluate(() => import('/console/store.js').then(({ store }) => store.tasks.size)), 0, 'tasks');
}, { environment: { CONSOLE_TOKEN: 'open sesame' } });

test('streams leave connections for the rest, and wait for each other', async ({ page, url, context }) => {
  const proxy = await between(url);
  const pages = [page];
  while (pages.length < 5) pages.push(await context.newPage());
  const pipes = [];
  for (const each of pages.slice(0, 4)) {
    pipes.push(fifo());
    await each.goto(`${proxy.url}/#/task/${await start(url, 'simulate', { fifo: pipes.at(-1), steps: 1 })}`);
    // One for each tab, and one of all events.
    await comesTo(() => proxy.streams().length, Math.min(pipes.length + 1, 4), 'streams');
  }
  await pages[3].getByText('Other tabs of this browser have all its connections.').waitFor();
  await pages[4].goto(proxy.url);
  await pages[4].getByRole('link', { name: 'addition' }).waitFor();
  equal(proxy.streams().length, 4, 'streams');
  const pipe = await open(pipes[0], 'w');
  await pipe.write('on\n');
  await pages[0].getByText('DONE').waitFor();
  await pages[3].getByText('RUNNING').waitFor();
  await pipe.close();
  proxy.close();
}, { ...elsewhere, environment: {} });  // a server on which no other test has left tasks

for (const [how, script] of [['no workers', () => { delete window.SharedWorker; }],
  ['workers that are no modules', () => {
    window.SharedWorker = class {
      constructor() {
        this.port = { postMessage() {} };
        queueMicrotask(() => this.onerror());
      }
    };
  }]]) {
  test(`a browser that has ${how} to share has a stream in each tab`, async ({ page, url }) => {
    await page.addInitScript(script);
    await page.goto(`${url}/#/tasks`);
    await page.getByText('connected').waitFor();
    const id = await start(url, 'stock');
    await page.getByRole('link', { name: id.slice(0, 8) }).click();
    await page.getByText('DONE').waitFor();
    await page.getByRole('region', { name: 'Result', exact: true }).getByRole('cell', { name: 'screw' }).waitFor();
  });
}

test('whom the browser asked for a password hears of events', async ({ page, url }) => {
  await page.goto(`${url}/#/tasks`);
  await page.getByText('connected').waitFor();
}, { environment: { CONSOLE_PASSWORD: 'secret' }, context: { httpCredentials: { username: 'eve', password: 'secret' } } });

test('the documented reader of events sends a token, and hears all once over connections that break', async ({ page }) => {
  const home = createPage((request, response) => { response.setHeader('Content-Type', 'text/html').end(); });
  await new Promise((resolve) => { home.listen(0, '127.0.0.1', resolve); });
  const origin = `http://127.0.0.1:${home.address().port}`;
  const server = await serve({ CONSOLE_TOKEN: 'open sesame', CONSOLE_ORIGIN: origin });
  const proxy = await between(server.url);
  await page.goto(origin);
  const [, code] = readFileSync('docs/access.md', 'utf8').match(/```js\n([^]*?)```/);
  const path = fifo();
  const started = await fetch(`${server.url}/simulate`, { method: 'POST', headers: { Authorization: 'Bearer open sesame' }, body: JSON.stringify({ fifo: path, steps: 2 }) });
  const id = (await started.json()).task_id;
  const heard = [];
  await page.exposeFunction('hear', (event) => { heard.push(event); });
  const isOver = page.evaluate(`(async () => {
    ${code}
    for await (const event of events('${proxy.url}/task/events/${id}', 'open sesame')) await hear(event);
  })()`);
  const logged = () => heard.filter(({ event }) => event === 'log').map(({ data }) => data.text).join('');
  const pipe = await open(path, 'w');
  await pipe.write('begun\n');
  await comesTo(logged, 'step 1: begun\n', 'log');
  proxy.cut();
  await pipe.write('größer\n');
  await pipe.close();
  await isOver;
  equal(logged(), 'step 1: begun\nstep 2: größer\n', 'the log');
  equal(heard.map(({ event }) => event).filter((each) => !['log', 'progress'].includes(each)).join(), 'started,completed');
  equal(await page.evaluate(`(async () => {
    ${code}
    try { for await (const event of events('${proxy.url}/events', 'wrong')) return 'heard'; } catch (error) { return error.name; }
  })()`), 'Error', 'without the token');
  proxy.close();
  home.close();
  await server.stop();
}, elsewhere);
