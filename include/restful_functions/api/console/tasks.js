// The table of tasks.

import { freshId, h, seconds, setText } from './dom.js';
import { duration, store, tasksWhere } from './store.js';
import { bar, terminator } from './task.js';

const pageSize = 50;
const statuses = ['QUEUED', 'RUNNING', 'DONE', 'FAILED', 'TIMEOUT'];

/** {element, update} of one task's row. */
function rowOf({ id, name, created }) {
  const status = h('td', {});
  const text = h('span', {});
  const far = h('span', {});
  const took = h('td', {});
  const end = terminator(`task/${id}`, `Terminate this call of ${name}?`, 'Terminate', `Terminate ${id}`);
  let progress = null;
  status.append(text, ' ', far);
  return {
    element: h('tr', {}, h('td', {}, h('a', { href: `#/task/${id}` }, id.slice(0, 8))), h('td', {}, name), status,
      h('td', { className: 'wide' }, new Date(created).toLocaleString()), took, h('td', {}, end)),
    update(task) {
      setText(text, task.status);
      text.className = task.status;
      setText(took, seconds(duration(task)));
      end.hidden = Boolean(task.finished);
      const now = task.finished ? null : store.progress.get(id) ?? null;
      if (now !== progress) far.replaceChildren(bar(progress = now) ?? '');
    },
  };
}

/** The table, filtered and by pages. */
export function taskTable(main, query) {
  const ofFunction = h('select', { id: freshId() });
  const ofStatus = h('select', { id: freshId() }, h('option', { value: '' }, 'any'), statuses.map((each) => h('option', { value: each }, each)));
  const body = h('tbody', {});
  const place = h('span', { role: 'status' });
  const end = h('span', {});
  let rows = new Map();
  let known = null;
  let page = 0;
  let wanted = query.get('function') ?? '';
  ofStatus.value = query.get('status') ?? '';
  const turn = (by, label) => h('button', { type: 'button', onclick: () => { page += by; update(true); } }, label);
  const newer = turn(-1, 'Newer');
  const older = turn(1, 'Older');
  const choose = () => {
    end.replaceChildren(wanted ? terminator(`function/${encodeURIComponent(wanted)}`, `Terminate all calls of ${wanted} that wait or run?`, `Terminate all of ${wanted}`) : '');
  };
  const update = (isAsked = false) => {
    // What comes and goes by itself is not read out.
    place.ariaLive = isAsked ? 'polite' : 'off';
    if (known !== store.functions) {
      known = store.functions;
      ofFunction.replaceChildren(...['', ...known.map((each) => each.function_name)].map((each) => h('option', { value: each }, each || 'any')));
      ofFunction.value = wanted;
    }
    const fitting = tasksWhere((task) => (!wanted || task.name === wanted) && (!ofStatus.value || task.status === ofStatus.value));
    page = Math.max(0, Math.min(page, Math.ceil(fitting.length / pageSize) - 1));
    const seen = fitting.slice(page * pageSize, (page + 1) * pageSize);
    // Rows stay what they are, so that somebody can click on one while others come and go.
    rows = new Map(seen.map((task) => [task.id, rows.get(task.id) ?? rowOf(task)]));
    for (const task of seen) rows.get(task.id).update(task);
    const elements = [...rows.values()].map((row) => row.element);
    if (elements.length !== body.children.length || elements.some((each, i) => each !== body.children[i])) {
      const focused = document.activeElement;
      body.replaceChildren(...elements);
      if (body.contains(focused)) focused.focus();
    }
    setText(place, fitting.length === 0 ? (store.document ? 'No tasks.' : '') : `${page * pageSize + 1} to ${page * pageSize + seen.length} of ${store.hasOlder ? 'the latest ' : ''}${fitting.length}`);
    newer.disabled = page === 0;
    older.disabled = (page + 1) * pageSize >= fitting.length;
  };
  const filter = () => {
    wanted = ofFunction.value;
    page = 0;
    // Whoever comes back from a task finds what was chosen.
    history.replaceState(null, '', `#/tasks?${new URLSearchParams({ function: wanted, status: ofStatus.value })}`);
    choose();
    update(true);
  };
  ofFunction.onchange = filter;
  ofStatus.onchange = filter;
  choose();
  main.append(h('h1', {}, 'Tasks'), h('div', { className: 'row' },
    h('label', { htmlFor: ofFunction.id }, 'Function'), ofFunction, h('label', { htmlFor: ofStatus.id }, 'Status'), ofStatus, end),
  h('div', { className: 'scroll', tabIndex: 0, role: 'region', ariaLabel: 'Tasks' }, h('table', {}, h('thead', {}, h('tr', {},
    ['Task', 'Function', 'Status', 'Created', 'Duration'].map((name) => h('th', { scope: 'col', className: name === 'Created' && 'wide' }, name)),
    h('td', {}))), body)),
  h('div', { className: 'row' }, newer, older, place));
  return update;
}
