// A server that goes, and comes again.

import { isTrue, serve, start, test } from './harness.mjs';
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
  const fresh = await start(second.url, 'stock');
  await page.getByRole('link', { name: fresh.slice(0, 8) }).waitFor();
  isTrue(await page.getByRole('link', { name: id.slice(0, 8) }).count() === 0, 'the old task is gone');
  await second.stop();
}, { allowed: /^a request to http:\/\/127\.0\.0\.1:/ });
