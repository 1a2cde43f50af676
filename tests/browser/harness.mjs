// What the tests of the console share: a server, a browser, and a line for each test.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { chromium } from 'playwright-core';

const [, , program, ...wanted] = process.argv;
const tests = [];
const servers = new Set();
const patience = 60_000;  // milliseconds, for what the page comes to show

/**
 * A test: `body({page, url, context})` throws where something is not as it should be. With `environment` it gets a server
 * of its own, which has that; `context` is the browser's; `allowed` is what the page may do though none should.
 */
export function test(name, body, options = {}) {
  tests.push({ name, body, options });
}

/** Throws unless the two are the same. */
export function equal(got, expected, what = '') {
  if (got !== expected) throw new Error(`${what} expected: ${expected}\ngot: ${got}`);
}

export function isTrue(condition, what) {
  if (!condition) throw new Error(what);
}

/** Throws unless the page comes to show so many of them. */
export async function shows(locator, expected, what) {
  let got;
  for (const end = Date.now() + patience; Date.now() < end; await setTimeout(20)) {
    if ((got = await locator.count()) === expected) return;
  }
  equal(got, expected, what);
}

/** A server of its own: {url, stop}; `stop()` waits for its end. */
export async function serve(environment = {}, port = 0) {
  const child = spawn(program, ['--port', String(port)], { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'ignore'] });
  servers.add(child);
  for await (const line of createInterface({ input: child.stdout })) {
    const url = line.match(/^listening on (.*)/)?.[1];
    if (url) {
      const ended = once(child, 'exit');
      return { url, stop: async (signal = 'SIGKILL') => { child.kill(signal); await ended; } };
    }
  }
  throw new Error('the server did not start');
}

/** Starts a task, and returns its id. */
export async function start(url, name, body = {}) {
  const response = await fetch(`${url}/${name}`, { method: 'POST', body: JSON.stringify(body) });
  return (await response.json()).task_id;
}

export const launch = () => chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

/** What a page does that none should: errors on its console, requests to other places. */
function watch(page, url) {
  const wrong = [];
  page.on('pageerror', (error) => wrong.push(`an error: ${error.stack}`));
  page.on('console', (message) => {
    // The browser tells of each refusal itself, also of those that a test asks for, and of a server that is gone.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) wrong.push(`on the console: ${message.text()}`);
  });
  page.on('request', (request) => {
    const target = new URL(request.url());
    if (!['blob:', 'data:'].includes(target.protocol) && target.host !== new URL(url).host) wrong.push(`a request to ${request.url()}`);
  });
  return wrong;
}

/** Runs the tests that the command line names, or all. */
export async function run() {
  const browser = await launch();
  const shared = await serve();
  for (const { name, body, options } of tests) {
    if (wanted.length && !wanted.some((each) => name.includes(each))) continue;
    const server = options.environment ? await serve(options.environment) : shared;
    const context = await browser.newContext({ viewport: { width: 1100, height: 800 }, permissions: ['clipboard-read', 'clipboard-write'], ...options.context });
    context.setDefaultTimeout(patience);
    const page = await context.newPage();
    const wrong = watch(page, server.url);
    try {
      await body({ page, url: server.url, context });
      const unasked = wrong.filter((each) => !options.allowed?.test(each));
      isTrue(unasked.length === 0, unasked.join('\n'));
      console.log(`ok     browser: ${name}`);
    } catch (error) {
      process.exitCode = 1;
      console.log(`FAILED browser: ${name}\n           ${String(error.stack).replaceAll('\n', '\n           ')}`);
    }
    await context.close();
    if (server !== shared) await server.stop();
  }
  await browser.close();
  // A test that has failed leaves its own behind: servers, and sockets that would keep this process.
  for (const each of servers) each.kill('SIGKILL');
  process.exit();
}
