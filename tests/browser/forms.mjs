// Forms for every kind of argument.

import { equal, isTrue, test } from './harness.mjs';

const group = (page, name) => page.getByRole('group', { name, exact: true });

test('aggregates, optionals, enums, lists and maps have forms', async ({ page, url }) => {
  await page.goto(`${url}/#/function/order`);
  await page.getByLabel('name', { exact: true }).fill('leg');
  await page.getByLabel('made_of (optional)', { exact: true }).selectOption('wood');
  equal(await page.getByLabel('count (optional)', { exact: true }).inputValue(), '1', 'the default of count');
  await page.getByLabel('count (optional)', { exact: true }).fill('4');
  equal((await page.getByLabel('made_of (optional)', { exact: true }).locator('option').allTextContents()).join(), 'wood,steel,glass');
  const place = group(page, 'place (optional)');
  await place.getByLabel('give a value', { exact: true }).check();
  await place.getByLabel('x', { exact: true }).fill('1');
  await place.getByLabel('y', { exact: true }).fill('2.5');
  const sizes = group(page, 'sizes');
  for (const size of ['10', '20', '30']) {
    await sizes.getByRole('button', { name: 'Add an element' }).click();
    await sizes.getByLabel('element', { exact: true }).last().fill(size);
  }
  await sizes.getByRole('button', { name: 'Remove an element' }).nth(1).click();
  const prices = group(page, 'prices');
  await prices.getByRole('button', { name: 'Add a member' }).click();
  await prices.getByLabel('name', { exact: true }).fill('net');
  await prices.getByLabel('value', { exact: true }).fill('19.5');
  await page.getByLabel('urgent', { exact: true }).check();
  await page.getByText('As JSON').click();
  equal(JSON.stringify(JSON.parse(await page.getByLabel('Arguments', { exact: true }).inputValue())),
    '{"what":{"name":"leg","made_of":"wood","count":4,"place":{"x":1,"y":2.5}},"sizes":[10,30],"prices":{"net":19.5},"urgent":true}');
  await page.getByRole('button', { name: 'Call' }).click();
  await page.getByRole('region', { name: 'Result' }).getByText('4 x leg, 2 sizes, placed, urgent, 20').waitFor();
});

test('a bad argument within others is marked where it stands', async ({ page, url }) => {
  await page.goto(`${url}/#/function/order`);
  await page.getByLabel('name', { exact: true }).fill('leg');
  await page.getByLabel('count (optional)', { exact: true }).fill('256');
  isTrue(await page.getByLabel('count (optional)', { exact: true }).evaluate((element) => element.min === '0' && element.max === '255'), 'count has its range');
  const sizes = group(page, 'sizes');
  await sizes.getByRole('button', { name: 'Add an element' }).click();
  await sizes.getByLabel('element', { exact: true }).fill('0.5');
  await page.getByRole('button', { name: 'Call' }).click();
  await page.getByText('0.5 is not an integer').waitFor();
  equal(await sizes.getByLabel('element', { exact: true }).getAttribute('aria-invalid'), 'true', 'the element');
  equal(await page.getByLabel('count (optional)', { exact: true }).getAttribute('aria-invalid'), 'true', 'count');
});

test('what is written as JSON fills a form of any depth', async ({ page, url }) => {
  await page.goto(`${url}/#/function/order`);
  await page.getByText('As JSON').click();
  await page.getByLabel('Arguments', { exact: true }).fill('{"what": {"name": "top", "place": {"x": 7, "y": 8}}, "sizes": [1, 2], "prices": {"a": 1}, "urgent": true}');
  equal(await group(page, 'place (optional)').getByLabel('y', { exact: true }).inputValue(), '8');
  equal(await group(page, 'sizes').getByLabel('element', { exact: true }).last().inputValue(), '2');
  equal(await group(page, 'prices').getByLabel('name', { exact: true }).inputValue(), 'a');
  isTrue(await page.getByLabel('urgent', { exact: true }).isChecked(), 'urgent is checked');
});

test('a file goes in and comes out', async ({ page, url }) => {
  await page.goto(`${url}/#/function/mirror`);
  await page.getByLabel('file', { exact: true }).setInputFiles({ name: "it's.txt", mimeType: 'text/plain', buffer: Buffer.from('a file') });
  await page.getByText('From a program').click();
  await page.getByText(`--form 'file=@it'\\''s.txt' ${url}/mirror/keep-connection`).waitFor();
  await page.getByRole('button', { name: 'Call' }).click();
  const coming = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download 6 B of text/plain' }).click();
  const stream = await (await coming).createReadStream();
  let text = '';
  for await (const chunk of stream) text += chunk;
  equal(text, 'a file');
});

test('what JSON leaves out has its default in the form', async ({ page, url }) => {
  await page.route('**/openapi.json', async (route) => {
    const document = await (await route.fetch()).json();
    document.paths['/order'].post.requestBody.content['application/json'].schema.properties.sizes.default = [7, 8];
    await route.fulfill({ json: document });
  });
  await page.goto(`${url}/#/function/order`);
  const sizes = group(page, 'sizes');
  equal(await sizes.getByLabel('element', { exact: true }).last().inputValue(), '8');
  await page.getByText('As JSON').click();
  const raw = page.getByLabel('Arguments', { exact: true });
  await raw.fill('{"what": {}, "prices": {}}');
  await page.getByLabel('name', { exact: true }).fill('leg');
  equal(JSON.stringify(JSON.parse(await raw.inputValue())), '{"what":{"name":"leg","made_of":"steel","count":1},"sizes":[7,8],"prices":{},"urgent":false}');
});

test('a member is found by its name, whatever that looks like', async ({ page, url }) => {
  await page.goto(`${url}/#/function/order`);
  const prices = group(page, 'prices');
  for (const name of ['net', '0']) {
    await prices.getByRole('button', { name: 'Add a member' }).click();
    await prices.getByLabel('name', { exact: true }).last().fill(name);
  }
  await prices.getByLabel('value', { exact: true }).first().fill('1');
  await page.getByRole('button', { name: 'Call' }).click();
  await page.getByText('null is not a number').waitFor();
  equal(await prices.getByLabel('value', { exact: true }).last().getAttribute('aria-invalid'), 'true', 'the one named 0');
  equal(await prices.getByLabel('value', { exact: true }).first().getAttribute('aria-invalid'), 'false', 'the other one');
});
