// Who may use the page, and what text that comes from elsewhere may do: nothing.

import { equal, isTrue, test } from './harness.mjs';

const hostile = "<script>document.title='owned'</script>";

test('no text is read as HTML: descriptions, results, logs, progress, exceptions', async ({ page, url }) => {
  await page.goto(url);
  await page.getByText(hostile).waitFor();
  await page.getByRole('link', { name: 'inject' }).click();
  await page.getByLabel('text', { exact: true }).fill('"><img src=x onerror="document.title=\'owned\'">');
  await page.getByRole('button', { name: 'Call' }).click();
  await page.getByRole('region', { name: 'Result' }).getByText(hostile).waitFor();
  await page.getByLabel('Log', { exact: true }).getByText(hostile).waitFor();
  await page.goto(`${url}/#/function/refuse`);
  await page.getByRole('button', { name: 'Call' }).click();
  await page.getByText('FAILED: ').getByText(hostile).or(page.locator('.crash').getByText(hostile)).first().waitFor();
  await page.goto(`${url}/#/function/${encodeURIComponent(hostile)}`);
  await page.getByText('There is no such function.').waitFor();
  await page.goto(`${url}/#/tasks?function=${encodeURIComponent(hostile)}`);
  await page.getByText('No tasks.').waitFor();
  equal(await page.title(), 'Tasks · restful-functions', 'the title');
  equal(await page.locator('main script, main img').count(), 0, 'elements that a text has made');
});

test('a text of a megabyte is cut, until somebody wants it whole', async ({ page, url }) => {
  await page.goto(`${url}/#/function/megabyte`);
  await page.getByRole('button', { name: 'Call' }).click();
  const result = page.getByRole('region', { name: 'Result' });
  const whole = result.getByRole('button', { name: 'Show all 1000002 characters' });
  await whole.waitFor();
  isTrue((await result.textContent()).length < 20_000, 'it is cut');
  await whole.click();
  isTrue((await result.textContent()).length > 1_000_000, 'it is whole');
});

test('the page allows no script but its own', async ({ page, url }) => {
  const response = await page.goto(url);
  const policy = response.headers()['content-security-policy'];
  isTrue(policy.includes("script-src 'self'") && !policy.includes('unsafe'), policy);
  equal(await page.evaluate(() => new Promise((resolve) => {
    document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective));
    document.body.setAttribute('onclick', '1');
  })), 'script-src-attr');
  equal(response.headers()['x-content-type-options'], 'nosniff');
}, { allowed: /Content Security Policy/ });

test('a token is asked for, and kept for the tab alone', async ({ page, url, context }) => {
  await page.goto(url);
  await page.getByLabel('Token', { exact: true }).fill('wrong');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByText('The server does not know this token.').waitFor();
  await page.getByLabel('Token', { exact: true }).fill('open sesame');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('link', { name: 'addition' }).click();
  await page.getByLabel('x', { exact: true }).fill('3');
  await page.getByLabel('y', { exact: true }).fill('6');
  await page.getByRole('button', { name: 'Call' }).click();
  await page.getByRole('region', { name: 'Result' }).getByText('9', { exact: true }).waitFor();
  await page.getByText('From a program').click();
  isTrue(!(await page.content()).includes('open sesame'), 'the token is not shown');
  await page.reload();
  await page.getByText('connected').waitFor();
  const other = await context.newPage();
  await other.goto(url);
  await other.getByRole('dialog', { name: 'Who are you?' }).waitFor();
  equal(await other.evaluate(() => localStorage.length), 0, 'what is kept for longer');
}, { environment: { CONSOLE_TOKEN: 'open sesame' } });

test('who may not see all tasks calls functions all the same', async ({ page, url }) => {
  await page.goto(url);
  await page.getByLabel('Token', { exact: true }).fill('guest');
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByText('is not allowed').waitFor();
  await page.getByRole('link', { name: 'addition' }).click();
  await page.getByLabel('x', { exact: true }).fill('3');
  await page.getByLabel('y', { exact: true }).fill('6');
  await page.getByRole('button', { name: 'Call' }).click();
  await page.getByRole('region', { name: 'Result' }).getByText('9', { exact: true }).waitFor();
}, { environment: { CONSOLE_TOKEN: 'open sesame' } });
