// What the page knows of the server: its functions, and its latest tasks, kept up to date by one stream of events.

import { ask, follow, get, jsonOf, now, pause } from './server.js';

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
  /** What /health/ready says; null when the server cannot be reached. */
  health: undefined,
  /** By the second {good, bad, running}: how calls ended, and how many ran. */
  seconds: new Map(),
};

let isDue = false;
let listener = () => {};

/** Has `given` called after each change, at most ten times a second. */
export const onChange = (given) => { listener = given; };

function changed() {
  if (isDue) return;
  isDue = true;
  setTimeout(() => {
    isDue = false;
    listener();
  }, 100);
}

const time = (text) => (text ? Date.parse(text) : null);

/** What lists say of a task. */
export const brief = ({ task_id: id, function_name: name, status, created, started, finished }) =>
  ({ id, name, status, created: time(created), started: time(started), finished: time(finished) });

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
  // What runs for so long that many came after it.
  const old = more ? await get('/task/list?order=desc&results=false&status=QUEUED,RUNNING') : [];
  return { read: [...read, ...old.filter(({ created }) => created < read.at(-1).created)], more };
}

function take({ read, more }) {
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
  store.seconds.clear();
  for (const task of tasks.values()) count(task);
}

let readings = 0;

/** Reads what there is until that succeeds or is begun anew: the stream asks for it once. */
async function readAll(hasTasks = true) {
  const reading = ++readings;
  while (reading === readings) {
    try {
      const [functions, document, tasks] = await Promise.all([get('/function/list/data'), get('/openapi.json'), hasTasks && readTasks()]);
      if (reading !== readings) return;
      Object.assign(store, { functions, document });
      if (tasks) take(tasks);
      return changed();
    } catch {
      await pause(1000);
    }
  }
}

function second(at) {
  if (!store.seconds.has(at)) store.seconds.set(at, { good: 0, bad: 0, running: 0 });
  return store.seconds.get(at);
}

/** Counts the end of a task of the last ten minutes. */
function count({ status, finished }) {
  if (finished && finished > now() - 600_000) ++second(Math.floor(finished / 1000))[status === 'DONE' ? 'good' : 'bad'];
}

/** Counts how many tasks ran at the same time in each second of the last minute, also between two looks. */
export function countRunning() {
  const end = now();
  if (Number.isNaN(end)) return;
  const begin = end - 60_000;
  const changes = [];
  for (const { started, finished } of store.tasks.values()) {
    const to = Math.min(finished ?? end, end);
    if (!started || to < begin) continue;
    const from = Math.max(begin, Math.min(started, end));
    // What takes less than a millisecond comes and goes at once.
    changes.push([from, from < to || !finished ? 1 : 0]);
    if (finished && from < to) changes.push([to, -1]);
  }
  changes.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let at = Math.floor(begin / 1000);
  let running = 0;
  const note = (count) => { second(at).running = Math.max(second(at).running, count); };
  const advance = (time) => {
    while (at < Math.floor(time / 1000)) {
      ++at;
      if (1000 * at < time) note(running);
    }
  };
  for (const [time, change] of changes) {
    advance(time);
    running += change;
    note(change === 0 ? running + 1 : running);
  }
  advance(end);
  note(running);
}

function hear({ type, data }) {
  store.isDraining = type === 'draining';
  if (type === 'welcome' || type === 'reset') {
    // Another server, or too much was missed: nothing that was known is known to be true.
    if (type === 'reset') {
      store.tasks.clear();
      store.progress.clear();
    }
    readAll();
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
      store.hasOlder = true;
      for (const { id, finished } of store.tasks.values()) {
        if (finished) {
          store.tasks.delete(id);
          break;
        }
      }
    }
  }
  changed();
}

/** Begins: the stream has the rest read. */
export function connect() {
  follow('/events', hear, (isConnected, reason) => {
    Object.assign(store, { isConnected, reason });
    // Who may not see all tasks may still call functions.
    if (reason && !store.document) readAll(false);
    changed();
  });
  setInterval(() => {
    countRunning();
    const oldest = Math.floor(now() / 1000) - 600;
    for (const each of store.seconds.keys()) if (each < oldest) store.seconds.delete(each);
    changed();
  }, 1000);
}

let asked = 0;

/** Reads how the server is, unless it has just done so. */
export function readHealth() {
  if (Date.now() - asked < 5000) return;
  asked = Date.now();
  ask('/health/ready').then(jsonOf).catch(() => null).then((health) => { store.health = health; });
}

/** The tasks that fit, the latest first. */
export const tasksWhere = (fits) => [...store.tasks.values()].filter(fits).reverse();

/** Seconds that a task has run, by now or in all. */
export const duration = ({ started, finished }) => (started ? ((finished ?? now()) - started) / 1000 : null);

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
