// The page without a mouse, with a screen reader, on a phone.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { equal, isTrue, start, test } from './harness.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

async function ready(page, url, view) {
  await page.goto(`${url}/#/${view}`);
  await page.getByText('connected').waitFor();
  await page.getByRole('heading', { level: 1 }).waitFor();
}

async function everyView(url) {
  const crash = await start(url, 'crash');
  await fetch(`${url}/task/wait/${crash}`);
  return ['', 'function/order', 'function/mirror', 'tasks', `task/${crash}`, 'overview'];
}

for (const colorScheme of ['light', 'dark']) {
  test(`axe finds nothing serious, ${colorScheme}`, async ({ page, url }) => {
    for (const view of await everyView(url)) {
      await ready(page, url, view);
      if (view === 'function/order') {
        await page.getByRole('button', { name: 'Add an element' }).click();
        await page.getByRole('button', { name: 'Add a member' }).click();
        await page.getByLabel('give a value', { exact: true }).check();
        await page.getByRole('button', { name: 'Call' }).click();
        await page.getByText('x is missing').waitFor();
      }
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => globalThis.axe.run());
      const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      equal(serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`).join('\n'), '', `#/${view}`);
    }
  }, { context: { colorScheme, bypassCSP: true } });
}

test('a phone shows every view without scrolling sideways', async ({ page, url }) => {
  for (const view of await everyView(url)) {
    await ready(page, url, view);
    const [wide, there] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    isTrue(wide <= there, `#/${view} is ${wide} wide, of ${there}`);
  }
}, { context: { viewport: { width: 360, height: 740 } } });

test('the keyboard is enough', async ({ page, url }) => {
  await page.goto(url);
  await page.getByText('connected').waitFor();
  const press = (key) => page.keyboard.press(key);
  const focused = () => page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? (document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim());
  const tabTo = async (name) => {
    for (let i = 0; i < 40; ++i) {
      await press('Tab');
      if (await focused() === name) return;
    }
    throw new Error(`no ${name} within 40 steps`);
  };
  await press('Tab');
  equal(await focused(), 'Skip to content');
  await tabTo('addition');
  await press('Enter');
  await page.getByRole('heading', { name: 'addition' }).waitFor();
  await tabTo('x');
  await page.keyboard.type('3');
  await tabTo('y');
  await page.keyboard.type('6');
  await press('Enter');
  await page.getByRole('region', { name: 'Result' }).getByText('9', { exact: true }).waitFor();
  await tabTo('Link to this task');
  await press('Enter');
  await page.getByText('DONE').waitFor();
});

test('the content is skipped to, each view has its title, and no address leads to nothing', async ({ page, url }) => {
  await ready(page, url, 'tasks');
  await page.getByRole('link', { name: 'Skip to content' }).press('Enter');
  isTrue(await page.evaluate(() => document.activeElement.id === 'main'), 'the content has the focus');
  equal(await page.title(), 'Tasks · restful-functions');
  await page.getByRole('link', { name: 'Overview' }).press('Enter');
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  isTrue(await page.evaluate(() => document.activeElement.textContent === 'Overview'), 'the heading has the focus');
  equal(await page.title(), 'Overview · restful-functions');
  await page.goto(`${url}/#/function/%`);
  await page.getByText('There is no such function.').waitFor();
});
