// What the page asks of its server, with the token of the one who uses it.

import { parse } from './json.js';

const stored = 'restful-functions-token';
let asking = null;

export const token = () => sessionStorage.getItem(stored);

/** Asks for another token, which is kept until the tab is closed. */
export function askForToken(complaint = '') {
  asking ??= new Promise((resolve) => {
    const dialog = document.getElementById('token');
    const input = document.getElementById('token-value');
    document.getElementById('token-error').textContent = complaint;
    input.value = '';
    dialog.oncancel = (event) => event.preventDefault();
    dialog.addEventListener('close', () => {
      sessionStorage.setItem(stored, input.value);
      asking = null;
      resolve();
    }, { once: true });
    dialog.showModal();
  });
  return asking;
}

/** fetch(), which asks for a token where the server wants one. */
export async function ask(path, options = {}) {
  for (;;) {
    const used = token();
    const headers = used ? { ...options.headers, Authorization: `Bearer ${used}` } : options.headers;
    const response = await fetch(path, { ...options, headers });
    if (response.status !== 401) return response;
    // Another request may have asked meanwhile.
    if (used === token()) await askForToken(used === null ? '' : 'The server does not know this token.');
  }
}

export const jsonOf = async (response) => parse(await response.text());

/** Throws the server's own words where it refuses. */
async function accepted(response) {
  if (response.ok) return response;
  const body = await jsonOf(response);
  throw Object.assign(new Error(body.detail ?? response.statusText), { status: response.status });
}

/** The JSON of a GET. */
export const get = async (path) => jsonOf(await accepted(await ask(path)));

/** Has a task, or all of a function, ended. */
export const terminate = async (path) => accepted(await ask(`/terminate/${path}`, { method: 'POST' }));

/** The events of a text as they come in: {id, type, data}. Comments do not matter. */
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split('\n\n');
    rest = blocks.pop();
    for (const block of blocks) {
      const event = { id: null, type: 'message', data: '' };
      for (const line of block.split('\n')) {
        if (line.startsWith('id: ')) event.id = line.slice(4);
        if (line.startsWith('event: ')) event.type = line.slice(7);
        if (line.startsWith('data: ')) event.data += line.slice(6);
      }
      if (event.data) yield { ...event, data: parse(event.data) };
    }
  }
}

/**
 * Follows a stream of events, and comes back to it with Last-Event-ID when the connection is lost. EventSource could
 * not send a token. `onEvent` returns true when it has heard enough; `onState(isConnected, reason)` hears of the
 * connection. What the server has no such stream of is not asked for again. Returns what ends it.
 */
export function follow(path, onEvent, onState = () => {}) {
  const stopper = new AbortController();
  let last = null;
  (async () => {
    for (let wait = 250; !stopper.signal.aborted; wait = Math.min(2 * wait, 5000)) {
      let reason = '';
      try {
        const response = await accepted(await ask(path, { headers: last === null ? {} : { 'Last-Event-ID': last }, signal: stopper.signal }));
        onState(true, '');
        wait = 250;
        for await (const event of events(response.body)) {
          last = event.id ?? last;
          if (onEvent(event)) return stopper.abort();
        }
      } catch (error) {
        if (stopper.signal.aborted) return undefined;
        if (error.status) reason = error.message;
        if (error.status === 404) return onState(false, reason);
      }
      onState(false, reason);
      await new Promise((resolve) => { setTimeout(resolve, wait); });
    }
    return undefined;
  })();
  return () => stopper.abort();
}
