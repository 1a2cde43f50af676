// Calling functions from the page.

import { equal, isTrue, shows, test } from './harness.mjs';

test('a function is found, called, and its result is shown', async ({ page, url }) => {
  await page.goto(url);
  await page.getByLabel('Search', { exact: true }).fill('awesome');
  await shows(page.getByRole('listitem').filter({ visible: true }), 1, 'functions that fit');
  await page.getByRole('link', { name: 'addition' }).click();
  await page.getByLabel('x', { exact: true }).fill('3');
  await page.getByLabel('y', { exact: true }).fill('6');
  await page.getByRole('button', { name: 'Call' }).click();
  const result = page.getByRole('region', { name: 'Result' });
  await result.getByText('9', { exact: true }).waitFor();
  await result.getByText('peak memory').waitFor();
  await page.getByText('1 call', { exact: true }).waitFor();
});

test('what the server refuses is said at its field, in its words', async ({ page, url }) => {
  await page.goto(`${url}/#/function/addition`);
  await page.getByLabel('x', { exact: true }).fill('1.5');
  await page.getByRole('button', { name: 'Call' }).click();
  const x = page.getByLabel('x', { exact: true });
  await page.getByText('1.5 is not an integer').waitFor();
  equal(await x.getAttribute('aria-invalid'), 'true', 'x is invalid');
  isTrue(await x.evaluate((element) => document.getElementById(element.getAttribute('aria-describedby')).textContent.includes('1.5')), 'the words belong to the field');
  isTrue(await x.evaluate((element) => element === document.activeElement), 'the field has the focus');
  await page.getByText('it is required').waitFor();
  await x.fill('1');
  await page.getByLabel('y', { exact: true }).fill('2');
  await page.getByRole('button', { name: 'Call' }).click();
  await page.getByRole('region', { name: 'Result' }).getByText('3', { exact: true }).waitFor();
  equal(await x.getAttribute('aria-invalid'), 'false', 'x is valid');
});

test('form and JSON stay in step', async ({ page, url }) => {
  await page.goto(`${url}/#/function/addition`);
  await page.getByText('As JSON').click();
  await page.getByLabel('x', { exact: true }).fill('4');
  equal(await page.getByLabel('Arguments', { exact: true }).inputValue(), '{\n  "x": 4\n}');
  await page.getByLabel('Arguments', { exact: true }).fill('{"x": 5, "y": 7}');
  equal(await page.getByLabel('x', { exact: true }).inputValue(), '5');
  equal(await page.getByLabel('y', { exact: true }).inputValue(), '7');
  await page.getByLabel('Arguments', { exact: true }).fill('{"x": ');
  await page.getByText('This is not JSON yet').waitFor();
  await page.getByLabel('x', { exact: true }).fill('8');
  equal(await page.getByLabel('Arguments', { exact: true }).inputValue(), '{\n  "x": 8,\n  "y": 7\n}');
});

test('the call can be copied for curl and JavaScript', async ({ page, url }) => {
  await page.goto(`${url}/#/function/addition`);
  await page.getByLabel('x', { exact: true }).fill('3');
  await page.getByLabel('y', { exact: true }).fill('6');
  await page.getByText('From a program').click();
  await page.getByRole('button', { name: 'Copy the curl command' }).click();
  await page.getByText('Copied').waitFor();
  equal(await page.evaluate(() => navigator.clipboard.readText()), `curl -d '{"x":3,"y":6}' ${url}/addition/keep-connection`);
  await page.getByRole('button', { name: 'Copy the JavaScript' }).click();
  await page.getByText('Copied').nth(1).waitFor();
  const script = await page.evaluate(() => navigator.clipboard.readText());
  const { value } = await new (Object.getPrototypeOf(async () => {}).constructor)(`${script}\nreturn { value: result };`)();
  equal(value, 9, 'the result of the JavaScript');
});

test('integers of 64 bits go and come exactly', async ({ page, url }) => {
  await page.goto(`${url}/#/function/exactly`);
  await page.getByLabel('number', { exact: true }).fill('9007199254740993');
  await page.getByRole('button', { name: 'Call' }).click();
  await page.getByRole('region', { name: 'Result' }).getByText('9007199254740993', { exact: true }).waitFor();
});

test('what is not JSON yet is not called with', async ({ page, url }) => {
  await page.goto(`${url}/#/function/exactly`);
  await page.getByLabel('number', { exact: true }).fill('4');
  await page.getByText('As JSON').click();
  const raw = page.getByLabel('Arguments', { exact: true });
  await raw.fill('{"number": ');
  await page.getByRole('button', { name: 'Call' }).click();
  await page.getByText('This is not JSON yet').waitFor();
  isTrue(await raw.evaluate((element) => element === document.activeElement), 'the JSON has the focus');
  isTrue(await page.getByRole('region', { name: 'Result' }).count() === 0, 'nothing was called');
  await raw.fill('{"number": 5}');
  await page.getByRole('button', { name: 'Call' }).click();
  await page.getByRole('region', { name: 'Result' }).getByText('5', { exact: true }).waitFor();
});

test('whoever comes back to a form finds it filled in', async ({ page, url }) => {
  await page.goto(`${url}/#/function/addition`);
  await page.getByLabel('x', { exact: true }).fill('3');
  await page.getByLabel('y', { exact: true }).fill('6');
  await page.getByRole('button', { name: 'Start as task' }).click();
  await page.getByText('DONE').waitFor();
  await page.goBack();
  await page.getByRole('button', { name: 'Call' }).waitFor();
  equal(await page.getByLabel('y', { exact: true }).inputValue(), '6');
});

test('a page without a clipboard copies, too', async ({ page, url, context }) => {
  await page.addInitScript(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
  await page.goto(`${url}/#/function/stock`);
  await page.getByText('From a program').click();
  await page.getByRole('button', { name: 'Copy the curl command' }).click();
  await page.getByText('Copied').waitFor();
  const other = await context.newPage();
  await other.goto(url);
  equal(await other.evaluate(() => navigator.clipboard.readText()), `curl -d '{}' ${url}/stock/keep-connection`);
});
