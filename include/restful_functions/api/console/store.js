// What the page knows of the server: its functions, and its latest tasks, kept up to date by one stream of events.

import { follow, get } from './server.js';

const mostTasks = 10_000;
const pageSize = 1000;

export const store = {
  functions: [],
  document: null,
  /** The latest tasks by their id, in the order of their arrival. Times are milliseconds. */
  tasks: new Map(),
  hasOlder: false,
  progress: new Map(),
  isConnected: false,
  /** Why there is no connection, where that is known. */
  reason: '',
  /** Ends of calls, and how many ran, by the second: {second, good, bad, running}. */
  seconds: [],
};

const listeners = new Set();
let isDue = false;

/** Has `listener` called after each change, at most ten times a second. Returns what ends that. */
export function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function changed() {
  if (isDue) return;
  isDue = true;
  setTimeout(() => {
    isDue = false;
    for (const listener of listeners) listener();
  }, 100);
}

const time = (text) => (text ? Date.parse(text) : null);

const brief = ({ task_id: id, function_name: name, status, outcome, created, started, finished }) =>
  ({ id, name, status, outcome, created: time(created), started: time(started), finished: time(finished) });

const rank = ({ status }) => ['QUEUED', 'RUNNING'].indexOf(status) + 1 || 3;

async function readTasks() {
  const read = [];
  let more = true;
  while (more && read.length < mostTasks) {
    const after = read.length ? `&after=${read.at(-1).task_id}` : '';
    const page = await get(`/task/list?order=desc&results=false&limit=${pageSize}${after}`);
    read.push(...page);
    more = page.length === pageSize;
  }
  store.hasOlder = more;
  const tasks = new Map();
  for (const task of read.reverse()) {
    tasks.set(task.task_id, brief(task));
    if (task.progress) store.progress.set(task.task_id, task.progress);
  }
  // What the stream has told meanwhile is newer.
  for (const [id, task] of store.tasks) {
    if (!tasks.has(id) || rank(task) >= rank(tasks.get(id))) tasks.set(id, task);
  }
  store.tasks = tasks;
  store.seconds = [];
  for (const task of tasks.values()) count(task);
}

async function readAll() {
  [store.functions, store.document] = await Promise.all([get('/function/list/data'), get('/openapi.json')]);
  await readTasks();
  changed();
}

function second(at) {
  const all = store.seconds;
  let i = all.length;
  while (i > 0 && all[i - 1].second > at) --i;
  if (all[i - 1]?.second === at) return all[i - 1];
  const fresh = { second: at, good: 0, bad: 0, running: 0 };
  all.splice(i, 0, fresh);
  return fresh;
}

/** Counts the end of a task of the last ten minutes. */
function count({ status, finished }) {
  if (finished && finished > Date.now() - 600_000) ++second(Math.floor(finished / 1000))[status === 'DONE' ? 'good' : 'bad'];
}

function forgetAll() {
  store.tasks = new Map();
  store.progress.clear();
}

function hear({ type, data }) {
  if (type === 'welcome' || type === 'reset') {
    // Another server, or too much was missed: nothing that was known is known to be true.
    if (type === 'reset') forgetAll();
    readAll().catch((error) => { store.reason = error.message; });
  } else if (type === 'progress') {
    store.progress.set(data.task_id, data.progress);
  } else if (data.status) {
    const task = brief(data);
    const isNews = store.tasks.get(task.id)?.status !== task.status;
    store.tasks.set(task.id, task);
    if (isNews && task.finished) {
      store.progress.delete(task.id);
      count(task);
    }
    if (store.tasks.size > mostTasks) {
      store.tasks.delete(store.tasks.keys().next().value);
      store.hasOlder = true;
    }
  }
  changed();
}

/** Begins. The first answer of the stream has the rest read. */
export function connect() {
  follow('/events', hear, (isConnected, reason) => {
    store.isConnected = isConnected;
    store.reason = reason;
    changed();
  });
  setInterval(() => {
    let running = 0;
    for (const task of store.tasks.values()) if (task.status === 'RUNNING') ++running;
    second(Math.floor(Date.now() / 1000)).running = running;
    while (store.seconds.length > 600) store.seconds.shift();
    changed();
  }, 1000);
}

/** The tasks that fit, the latest first. */
export const tasksWhere = (fits) => [...store.tasks.values()].filter(fits).reverse();

/** Seconds that a task has run, by now or in all. */
export const duration = ({ started, finished }) => (started ? ((finished ?? Date.now()) - started) / 1000 : null);

/** Of each function by its name: {running, queued, failed, calls, median}. */
export function statistics() {
  const all = new Map(store.functions.map((each) => [each.function_name, { running: 0, queued: 0, failed: 0, calls: 0, times: [] }]));
  for (const task of store.tasks.values()) {
    const its = all.get(task.name);
    if (!its) continue;
    ++its.calls;
    if (task.status === 'RUNNING') ++its.running;
    else if (task.status === 'QUEUED') ++its.queued;
    else if (task.status !== 'DONE') ++its.failed;
    if (task.finished && task.started) its.times.push(duration(task));
  }
  for (const its of all.values()) {
    its.times.sort((a, b) => a - b);
    its.median = its.times.length ? its.times[Math.floor(its.times.length / 2)] : null;
  }
  return all;
}
