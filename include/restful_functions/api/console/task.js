// One task, followed until its end: its state, progress, log and result. And its page.

import { confirmed, h, seconds } from './dom.js';
import { report } from './result.js';
import { follow, get, terminate } from './server.js';
import { duration, store } from './store.js';

/** How far a task says it is. */
export function bar(progress) {
  if (!progress) return null;
  return h('span', {}, h('progress', { max: 1, value: progress.fraction, ariaLabel: 'progress' }), ` ${Math.round(100 * progress.fraction)} % ${progress.message}`);
}

/** A button that ends what `path` names, after it has asked. */
export function terminator(path, question, label = 'Terminate', name = label) {
  const button = h('button', { type: 'button', className: 'danger', 'aria-label': name }, label);
  button.addEventListener('click', async () => {
    if (!await confirmed(question)) return;
    try {
      await terminate(path);
    } catch (error) {
      button.after(h('span', { className: 'error', role: 'alert' }, error.message));
    }
  });
  return button;
}

/** The pane of a log, which follows it. */
function logPane() {
  const text = h('pre', { tabIndex: 0, ariaLabel: 'Log' });
  const element = h('section', { hidden: true }, h('h2', {}, 'Log'), text);
  let length = 0;
  const append = ({ offset, text: piece }) => {
    if (offset < length) return;
    const follows = text.scrollTop + text.clientHeight >= text.scrollHeight - 8;
    if (offset > length) text.append(`… ${offset - length} bytes are not kept …\n`);
    length = offset + new TextEncoder().encode(piece).length;
    text.append(piece);
    // The last pieces only: a log may be without end.
    while (text.childNodes.length > 500) text.firstChild.remove();
    element.hidden = false;
    if (follows) text.scrollTop = text.scrollHeight;
  };
  return { element, append };
}

/** {element, update, leave} of a task; `onName` is told the function's name when it is known. */
export function taskView(id, onName = () => {}) {
  const state = h('p', { role: 'status' });
  const pace = h('span', {});
  const outcome = h('section', { ariaLabel: 'Result', hidden: true });
  const end = terminator(`task/${id}`, 'Terminate this call?');
  end.hidden = true;
  const log = logPane();
  let task = null;
  let known = null;
  let shownStatus = '';
  const update = () => {
    if (!task) return;
    if (shownStatus !== task.status) state.replaceChildren(h('strong', { className: shownStatus = task.status }, task.status));
    pace.replaceChildren(` ${seconds(duration(known))} `, (!task.finished && bar(task.progress)) || '');
    end.hidden = Boolean(task.finished);
  };
  const hear = (news) => {
    task = { ...task, ...news };
    known = { started: task.started && Date.parse(task.started), finished: task.finished && Date.parse(task.finished) };
    onName(task.function_name);
    update();
  };
  const showResult = async () => {
    outcome.replaceChildren(h('h2', {}, 'Result'), ...await report(task, duration(known)));
    outcome.hidden = false;
  };
  const leave = follow(`/task/events/${id}`, ({ type, data }) => {
    if (type === 'progress') hear({ progress: data });
    else if (type === 'log') log.append(data);
    else if (type !== 'dropped') hear(data);
    if (type !== 'completed' && type !== 'failed') return false;
    showResult();
    // What it has used is known when its process is gone.
    if (!task.usage) setTimeout(async () => { hear(await get(`/task/info/${id}`)); showResult(); }, 500);
    return true;
  }, (isConnected, reason) => {
    if (reason) state.replaceChildren(h('span', { className: 'error' }, reason));
  });
  return { element: h('div', {}, h('div', { className: 'row' }, state, pace, end), outcome, log.element), update, leave };
}

/** The page of one task. */
export function taskPage(main, id) {
  const heading = h('h1', {}, 'Task');
  const view = taskView(id, (name) => { heading.replaceChildren(h('a', { href: `#/function/${encodeURIComponent(name)}` }, name)); });
  main.append(heading, h('p', { className: 'dim text' }, id), h('div', { className: 'card' }, view.element));
  return Object.assign(view.update, { leave: view.leave });
}
