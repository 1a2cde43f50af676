// What the page asks of its server, with the token of the one who uses it.

import { parse } from './json.js';

const stored = 'restful-functions-token';
let asking = null;
let skew = 0;

/** The time on the server's clock. Its Date has whole seconds. */
export const now = () => Date.now() + skew;

export const token = () => sessionStorage.getItem(stored);

/** Asks for another token, which is kept until the tab is closed. */
export function askForToken(complaint = '') {
  asking ??= new Promise((resolve) => {
    const dialog = document.getElementById('token');
    const input = document.getElementById('token-value');
    document.getElementById('token-error').textContent = complaint;
    input.value = '';
    dialog.oncancel = (event) => event.preventDefault();
    dialog.onclose = () => {
      sessionStorage.setItem(stored, input.value);
      asking = null;
      resolve();
    };
    dialog.showModal();
  });
  return asking;
}

export const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

/** The URL of a path of the server, which may stand below a path of a proxy. */
export const urlOf = (path) => new URL(`..${path}`, import.meta.url).href;

/** fetch(), which asks for a token where the server wants one. */
export async function ask(path, options = {}) {
  for (;;) {
    const used = token();
    const headers = used ? { ...options.headers, Authorization: `Bearer ${used}` } : options.headers;
    const response = await fetch(urlOf(path), { ...options, headers });
    const ahead = Date.parse(response.headers.get('Date')) + 500 - Date.now();
    skew = Math.abs(ahead) > 2000 ? ahead : 0;
    if (response.status !== 401) return response;
    // Another request may have asked meanwhile.
    if (used === token()) await askForToken(used === null ? '' : 'The server does not know this token.');
  }
}

export const jsonOf = async (response) => parse(await response.text());

/** Throws the server's own words where it refuses. */
async function request(path, options) {
  const response = await ask(path, options);
  if (response.ok) return response;
  const body = await jsonOf(response);
  throw Object.assign(new Error(body.detail ?? response.statusText), { status: response.status });
}

/** The JSON of a GET. */
export const get = async (path) => jsonOf(await request(path));

/** The bytes of a GET. */
export const bytesOf = async (path) => (await request(path)).blob();

/** Has a task, or all of a function, ended. */
export const terminate = (path) => request(`/terminate/${path}`, { method: 'POST' });

/** The events of a text as they come in: {id, type, data}. Each has its data in one line. */
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    // The server says something every 15 seconds, or is gone without a word.
    const silence = setTimeout(() => reader.cancel(), 40_000);
    const { done, value } = await reader.read();
    clearTimeout(silence);
    if (done) return;
    const blocks = (rest + value).split('\n\n');
    rest = blocks.pop();
    for (const block of blocks) {
      const { id, event, data } = Object.fromEntries(block.split('\n').map((line) => line.split(/: ([^]*)/)));
      if (data) yield { id, type: event, data: parse(data) };
    }
  }
}

/**
 * Follows a stream of events, also after the connection was lost. EventSource could not send a token. `onEvent` returns true when it has heard enough; `onState(isConnected, reason)` hears of the
 * connection. What there is not, or not for this caller, is not asked for again. Returns what ends it.
 */
export function follow(path, onEvent, onState = () => {}) {
  const stopper = new AbortController();
  let last = '';
  (async () => {
    for (let wait = 250; !stopper.signal.aborted; wait = Math.min(2 * wait, 5000)) {
      let reason = '';
      try {
        const response = await request(path, { headers: last ? { 'Last-Event-ID': last } : {}, signal: stopper.signal });
        onState(true, '');
        wait = 250;
        for await (const event of events(response.body)) {
          last = event.id ?? last;
          if (onEvent(event)) return stopper.abort();
        }
      } catch (error) {
        if (stopper.signal.aborted) return;
        if (error.status) reason = error.message;
        if (error.status === 403 || error.status === 404) return onState(false, reason);
      }
      onState(false, reason);
      await pause(wait);
    }
  })();
  return () => stopper.abort();
}
