// What the page asks of its server, with the token of the one who uses it.

import { parse } from './json.js';
import { join } from './streams.js';

const stored = 'restful-functions-token';
let asking = null;
let skew = NaN;

/** The time on the server's clock, NaN until an answer has told it. Its Date has whole seconds. */
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

let worker = null;
let lastKey = 0;
const heard = new Map();

/** The same as join() of a worker that all tabs share. */
function joinWorker(wanted, hear) {
  if (!worker) {
    const shared = new SharedWorker(new URL('streams.js', import.meta.url), { type: 'module' });
    // There may be workers, but none that are modules.
    shared.onerror = () => {
      begin = join;
      for (const { again } of heard.values()) again();
    };
    worker = shared.port;
    worker.onmessage = ({ data: { key, ...news } }) => heard.get(key)?.hear(news);
  }
  const key = ++lastKey;
  let end = () => {
    heard.delete(key);
    worker.postMessage({ key });
  };
  heard.set(key, { hear, again: () => { end(); end = join(wanted, hear); } });
  worker.postMessage({ key, wanted });
  return () => end();
}

let begin = globalThis.SharedWorker ? joinWorker : join;

/**
 * Follows a stream of events while the tab is visible. `onEvent` returns true when it has heard enough; `onState(isConnected,
 * reason)` hears of the connection. Returns what ends it.
 */
export function follow(path, onEvent, onState = () => {}) {
  let last = '';
  let turns = 0;
  let refused = 0;
  let end = () => {};
  const stop = () => {
    ++turns;
    end();
    document.removeEventListener('visibilitychange', turn);
  };
  const turn = () => {
    const mine = ++turns;
    end();
    end = () => {};
    if (document.hidden) return;
    const used = token();
    end = begin({ path, token: used, last }, async ({ event, isConnected = false, reason = '', status }) => {
      if (mine !== turns) return;
      if (event) {
        last = event.id ?? last;
        if (onEvent({ ...event, data: parse(event.data) })) stop();
      } else if (status === 401 && ++refused < 3) {
        // A browser asks its user for a password for a page, and not for a worker, which may have it then.
        await ask('/function/list/data', { method: 'HEAD' });
        if (used === token() && refused === 2) begin = join;
        if (mine === turns) turn();
      } else {
        if (isConnected) refused = 0;
        onState(isConnected, reason);
        if ([401, 403, 404].includes(status)) stop();
      }
    });
  };
  document.addEventListener('visibilitychange', turn);
  turn();
  return stop;
}
