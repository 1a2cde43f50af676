// Results of every kind, and what is known of a crash.

import { equal, isTrue, start, test } from './harness.mjs';

async function call(page, url, name) {
  await page.goto(`${url}/#/function/${name}`);
  await page.getByRole('button', { name: 'Call' }).click();
  return page.getByRole('region', { name: 'Result', exact: true });
}

test('an array of objects is a table, and JSON that folds', async ({ page, url }) => {
  const result = await call(page, url, 'stock');
  await result.getByRole('columnheader', { name: 'made_of' }).waitFor();
  equal((await result.getByRole('row').nth(2).getByRole('cell').allTextContents()).join(), 'screw,steel,32,{"x":1,"y":2}');
  const folded = result.getByText('place: { 2 members }');
  isTrue(!await result.getByText('x: 1').isVisible(), 'what is deep is folded');
  await folded.click();
  await result.getByText('x: 1').waitFor();
});

test('an array of numbers is a line', async ({ page, url }) => {
  await page.goto(`${url}/#/function/wave`);
  await page.getByLabel('points', { exact: true }).fill('5000');
  await page.getByRole('button', { name: 'Call' }).click();
  const line = page.getByRole('img', { name: /^The numbers of the result: from -\d/ });
  isTrue((await line.locator('polyline').getAttribute('points')).split(' ').length >= 500, 'the line has its points');
  await page.getByText('[ 5000 elements ]').click();
  await page.getByRole('button', { name: '4800 more' }).click();
  await page.getByRole('button', { name: '4600 more' }).waitFor();
});

test('an image is shown', async ({ page, url }) => {
  await page.goto(`${url}/#/function/gradient`);
  await page.getByLabel('side', { exact: true }).fill('64');
  await page.getByRole('button', { name: 'Call' }).click();
  const image = page.getByRole('img', { name: 'The result' });
  await image.waitFor();
  await image.evaluate((element) => element.decode());
  equal(await image.evaluate((element) => element.naturalWidth), 64, 'its width');
});

test('a crash is set out', async ({ page, url }) => {
  const result = await call(page, url, 'crash');
  await result.getByText('killed by SIGSEGV (Segmentation fault)').waitFor();
  await result.getByText('at address 0x8').waitFor();
  isTrue((await result.getByLabel('Backtrace', { exact: true }).textContent()).startsWith('crash()'), 'the backtrace names the function');
  await page.getByText('1 failed').waitFor();
});

test('a task has an address of its own', async ({ page, url }) => {
  const id = await start(url, 'stock');
  await page.goto(`${url}/#/task/${id}`);
  await page.getByRole('region', { name: 'Result', exact: true }).getByRole('cell', { name: 'screw' }).waitFor();
  await page.getByRole('link', { name: 'stock' }).click();
  await page.getByRole('heading', { name: 'stock' }).waitFor();
  await page.goto(`${url}/#/task/00000000-0000-4000-8000-000000000000`);
  await page.getByText('there is no task 00000000').waitFor();
});
