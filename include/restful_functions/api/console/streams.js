// The streams of events of all tabs: a browser opens six connections to a server, and no more. A worker that the tabs share
// has them, or, where there is none, each tab its own.

const most = 4;
const mostRemembered = 1000;
/** Those of /events, by token and path: who does not have the token hears nothing. */
const shared = new Map();
let open = 0;
let queue = [];

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
      if (data) yield { id, type: event, data };
    }
  }
}

/** Follows a stream, also after the connection was lost. EventSource could not send a token. */
async function run({ path, token, last }, { signal }, hear) {
  for (let wait = 250; !signal.aborted; wait = Math.min(2 * wait, 5000)) {
    while (open >= most && !signal.aborted) {
      hear({ reason: 'Other tabs of this browser have all its connections.' });
      await new Promise((go) => { queue.push(go); });
    }
    ++open;
    let lost = { reason: '' };
    try {
      const headers = { ...(token && { Authorization: `Bearer ${token}` }), ...(last && { 'Last-Event-ID': last }) };
      const response = await fetch(new URL(`..${path}`, import.meta.url), { headers, signal });
      if (response.ok) {
        hear({ isConnected: true });
        wait = 250;
        for await (const event of events(response.body)) {
          last = event.id ?? last;
          hear({ event });
        }
      } else {
        lost = { reason: response.statusText, status: response.status };
        lost.reason = (await response.json()).detail;
      }
    } catch {
      // It is tried again.
    }
    --open;
    for (const go of queue.splice(0)) go();
    if (!signal.aborted) hear(lost);
    // What there is not, or not for this caller, is not asked for again.
    if ([401, 403, 404].includes(lost.status)) return;
    await new Promise((resolve) => { setTimeout(resolve, wait); });
  }
}

/** Tells one who comes later, or again, what it has missed. */
function catchUp(stream, each) {
  const { last, history } = stream;
  const at = history.findLastIndex(({ id }) => id === each.last);
  each.isCurrent = true;
  for (const event of at < 0 ? [{ id: last, type: each.last ? 'reset' : 'welcome', data: '{}' }] : history.slice(at + 1)) each.hear({ event });
}

/**
 * Has `hear` told of a stream: {event}, {isConnected: true}, or {reason, status} where there is no connection. `last` is the
 * id of the event that was heard last. Returns what ends it.
 */
export function join(wanted, hear) {
  const { path, token, last } = wanted;
  const stopper = new AbortController();
  if (path !== '/events') {
    run(wanted, stopper, hear);
    return () => stopper.abort();
  }
  const key = JSON.stringify([path, token]);
  const each = { hear, last };
  if (!shared.has(key)) {
    const stream = { followers: new Set(), history: [{ id: last }], last, stopper, state: null };
    shared.set(key, stream);
    run(wanted, stopper, (news) => {
      if (stopper.signal.aborted) return;
      if (news.event) {
        const { event } = news;
        stream.last = event.id ?? stream.last;
        if (event.type === 'reset') stream.history = [];
        stream.history.push(event);
        if (stream.history.length > mostRemembered) stream.history.shift();
      } else {
        stream.state = news;
        if (news.status) shared.delete(key);
      }
      for (const one of stream.followers) {
        if (!news.event || one.isCurrent) one.hear(news);
        else catchUp(stream, one);
      }
    });
  }
  const stream = shared.get(key);
  stream.followers.add(each);
  if (stream.state) hear(stream.state);
  if (stream.state?.isConnected) catchUp(stream, each);
  return () => {
    stream.followers.delete(each);
    if (stream.followers.size) return;
    stream.stopper.abort();
    if (shared.get(key) === stream) shared.delete(key);
  };
}

globalThis.onconnect = ({ ports: [port] }) => {
  const ends = new Map();
  port.onmessage = ({ data: { key, wanted } }) => {
    ends.get(key)?.();
    ends.delete(key);
    if (wanted) ends.set(key, join(wanted, (news) => port.postMessage({ key, ...news })));
  };
  // Of a tab that has crashed.
  port.onclose = () => { for (const end of ends.values()) end(); };
};
