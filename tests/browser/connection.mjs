// A server that goes, and comes again.

import { createServer as createProxy, request } from 'node:http';
import { createServer, connect } from 'node:net';
import { equal, isTrue, serve, shows, start, test } from './harness.mjs';
import { fifo } from './tasks.mjs';

test('a lost connection is said, and a new server shows no task of the old one', async ({ page, context }) => {
  const first = await serve();
  const { port } = new URL(first.url);
  await page.goto(`${first.url}/#/tasks`);
  const id = await start(first.url, 'simulate', { fifo: fifo(), steps: 1 });
  await page.getByRole('link', { name: id.slice(0, 8) }).waitFor();
  const detail = await context.newPage();
  await detail.goto(`${first.url}/#/task/${id}`);
  await detail.getByText('RUNNING').waitFor();
  await first.stop();
  await page.getByText('Connection lost').waitFor();
  const second = await serve({}, port);
  await page.getByText('connected').waitFor();
  await page.getByText('No tasks.').waitFor();
  await detail.getByText('RUNNING').waitFor({ state: 'detached' });
  isTrue(!await detail.getByRole('button', { name: 'Terminate' }).isVisible(), 'what is gone cannot be ended');
  await shows(detail.getByText(/^ \d.* m?s/), 0, 'durations of what is gone');
  const fresh = await start(second.url, 'stock');
  await page.getByRole('link', { name: fresh.slice(0, 8) }).waitFor();
  await shows(page.getByRole('link', { name: id.slice(0, 8) }), 0, 'the old task');
  await second.stop();
}, { allowed: /^a request to http:\/\/127\.0\.0\.1:/ });

test('what could not be read is read later', async ({ page, url }) => {
  let asked = 0;
  await page.route('**/openapi.json', (route) => (++asked < 3 ? route.abort() : route.continue()));
  await page.goto(url);
  await page.getByRole('link', { name: 'addition' }).waitFor();
  equal(asked, 3, 'requests');
});

test('a connection that says nothing any more is lost', async ({ page, url }) => {
  const { port } = new URL(url);
  let isMute = false;
  const between = createServer((socket) => {
    const server = connect(port, '127.0.0.1');
    server.on('data', (data) => { if (!isMute) socket.write(data); }).on('error', () => {}).on('close', () => socket.destroy());
    socket.on('data', (data) => server.write(data)).on('error', () => {}).on('close', () => server.destroy());
  });
  await new Promise((resolve) => { between.listen(0, '127.0.0.1', resolve); });
  // The clock of a worker goes on.
  await page.addInitScript(() => { delete window.SharedWorker; });
  await page.clock.install();
  await page.goto(`http://127.0.0.1:${between.address().port}`);
  await page.getByText('connected').waitFor();
  isMute = true;
  await page.clock.fastForward(41_000);
  await page.getByText('Connection lost').waitFor();
  isMute = false;
  await page.getByText('connected').waitFor();
  between.close();
}, { allowed: /^a request to http:\/\/127\.0\.0\.1:/ });

test('a server below a path of a proxy is found and called there', async ({ page, url }) => {
  const proxy = createProxy((asked, answer) => {
    // As of a page whose address is no secure one: the browser says nothing of its site then.
    const headers = Object.fromEntries(Object.entries(asked.headers).filter(([name]) => !name.startsWith('sec-fetch-')));
    if (!asked.url.startsWith('/functions/')) return answer.writeHead(404).end();
    const passed = request(`${url}${asked.url.slice('/functions'.length)}`, { method: asked.method, headers }, (given) => {
      answer.writeHead(given.statusCode, given.headers);
      given.pipe(answer);
    });
    answer.on('close', () => passed.destroy());
    return asked.pipe(passed.on('error', () => answer.destroy()));
  });
  await new Promise((resolve) => { proxy.listen(0, '127.0.0.1', resolve); });
  const place = `http://127.0.0.1:${proxy.address().port}/functions`;
  await page.goto(`${place}/`);
  await page.getByText('connected').waitFor();
  await page.getByRole('link', { name: 'gradient' }).click();
  await page.getByLabel('side', { exact: true }).fill('64');
  await page.getByRole('button', { name: 'Call' }).click();
  await page.getByRole('img', { name: 'The result' }).waitFor();
  await page.getByText('From a program').click();
  await page.getByText(`${place}/gradient/keep-connection`).first().waitFor();
  await page.goto('about:blank');
  proxy.closeAllConnections();
  proxy.close();
}, { allowed: /^a request to http:\/\/127\.0\.0\.1:\d+\/functions\// });

test('a server that ends when its calls have is draining', async ({ page }) => {
  const { url, stop } = await serve();
  await start(url, 'simulate', { fifo: fifo(), steps: 1 });
  await page.goto(`${url}/#/overview`);
  await page.getByText('The server is ready').waitFor();
  await page.getByText('1 running').waitFor();
  const ended = stop('SIGTERM');
  await page.getByText('The server is draining').waitFor();
  await page.getByText('1 running').waitFor();
  await stop();
  await ended;
}, { allowed: /^a request to http:\/\/127\.0\.0\.1:/ });
