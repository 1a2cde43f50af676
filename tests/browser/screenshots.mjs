// Pictures of the console: node screenshots.mjs SERVER FOLDER

import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { launch, serve, start } from './harness.mjs';
import { fifo } from './tasks.mjs';

const folder = process.argv[3];
const { url, stop } = await serve();
const browser = await launch();

/** Something to look at: calls of all kinds, and one that is half done. */
const path = fifo();
await start(url, 'simulate', { fifo: path, steps: 4 });
const pipe = await open(path, 'w');
await pipe.write('mesh read\nfirst pass\n');
for (let i = 0; i < 12; ++i) await start(url, ['stock', 'wave', 'exactly'][i % 3], [{}, { points: 10 }, { number: i }][i % 3]);
for (const name of ['crash', 'refuse']) await start(url, name);

const views = {
  functions: async (page) => page.getByText('connected').waitFor(),
  order: async (page) => {
    await page.goto(`${url}/#/function/order`);
    await page.getByLabel('name', { exact: true }).fill('leg');
    await page.getByLabel('count (optional)').fill('256');
    await page.getByRole('button', { name: 'Add an element' }).click();
    await page.getByRole('button', { name: 'Call' }).click();
    await page.locator('[aria-invalid=true]').first().waitFor();
  },
  plot: async (page) => {
    await page.goto(`${url}/#/function/wave`);
    await page.getByLabel('points').fill('400');
    await page.getByRole('button', { name: 'Call' }).click();
    await page.getByText('peak memory').waitFor();
  },
  crash: async (page) => {
    await page.goto(`${url}/#/function/crash`);
    await page.getByRole('button', { name: 'Call' }).click();
    await page.getByText('peak memory').waitFor();
  },
  tasks: async (page) => {
    await page.goto(`${url}/#/tasks`);
    await page.getByText('50 % step 2').waitFor();
  },
  overview: async (page) => {
    await page.goto(`${url}/#/overview`);
    await page.getByText('The server is ready').waitFor();
    await page.getByText('1 running').waitFor();
    await page.getByRole('img').first().waitFor();
  },
};

for (const [mode, options, names] of [
  ['light', {}, Object.keys(views)],
  ['dark', { colorScheme: 'dark' }, ['functions', 'plot', 'tasks']],
  ['phone', { viewport: { width: 360, height: 740 } }, ['functions', 'order', 'tasks']],
]) {
  const context = await browser.newContext({ viewport: { width: 1100, height: 760 }, ...options });
  for (const name of names) {
    const page = await context.newPage();
    await page.goto(url);
    await views[name](page);
    await page.screenshot({ path: join(folder, `${name}-${mode}.png`) });
    await page.close();
  }
  await context.close();
}
await pipe.close();
await browser.close();
await stop();
