// One task, followed until its end: its state, progress, log and result. And its page.

import { confirmed, h, seconds } from './dom.js';
import { report } from './result.js';
import { follow, terminate } from './server.js';
import { brief, duration } from './store.js';

/** How far a task says it is. */
export function bar(progress) {
  if (!progress) return null;
  return h('span', {}, h('progress', { max: 1, value: progress.fraction, ariaLabel: 'progress' }), ` ${Math.round(100 * progress.fraction)} % ${progress.message}`);
}

/** A button that ends what `path` names, after it has asked. */
export function terminator(path, question, label = 'Terminate', name = label) {
  const button = h('button', { type: 'button', className: 'danger', 'aria-label': name }, label);
  button.onclick = async () => {
    if (!await confirmed(question)) return;
    try {
      await terminate(path);
    } catch (error) {
      button.after(h('span', { className: 'error', role: 'alert' }, error.message));
    }
  };
  return button;
}

/** The pane of a log, which follows it. */
function logPane() {
  const text = h('pre', { tabIndex: 0, ariaLabel: 'Log' });
  const element = h('section', { hidden: true }, h('h2', {}, 'Log'), text);
  let length = 0;
  // The ids count bytes, also those that are no UTF-8 and come as other characters.
  const append = ({ offset, text: piece }, id) => {
    if (offset < length) return;
    const follows = text.scrollTop + text.clientHeight >= text.scrollHeight - 8;
    if (offset > length) text.append(`… ${offset - length} bytes are not kept …\n`);
    length = Number(id.split('-')[1]);
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
  let refusal = '';
  let shown = '';
  const update = () => {
    if (!task && !refusal) return;
    const text = refusal || task.status;
    if (shown !== text) state.replaceChildren(h('strong', { className: refusal ? 'error' : text }, shown = text));
    // What the server does not know any more does not run.
    const runs = !refusal && !task.finished;
    pace.replaceChildren(refusal ? '' : ` ${seconds(duration(known))} `, (runs && bar(task.progress)) || '');
    end.hidden = !runs;
  };
  const hear = (news) => {
    task = { ...task, ...news };
    known = brief(task);
    onName(task.function_name);
    update();
  };
  const showResult = async () => {
    const parts = await report(task, duration(known)).catch((error) => [h('p', { className: 'error' }, error.message)]);
    outcome.replaceChildren(h('h2', {}, 'Result'), ...parts);
    outcome.hidden = false;
  };
  const leave = follow(`/task/events/${id}`, ({ id: place, type, data }) => {
    if (type === 'progress') hear({ progress: data });
    else if (type === 'log') log.append(data, place);
    else if (type !== 'dropped') hear(data);
    if (type !== 'completed' && type !== 'failed') return false;
    showResult();
    return true;
  }, (isConnected, reason) => {
    refusal = reason;
    update();
  });
  return { element: h('div', {}, h('div', { className: 'row' }, state, pace, end), outcome, log.element), update, leave };
}

/** The page of one task. */
export function taskPage(main, id) {
  const heading = h('h1', {}, 'Task');
  const view = taskView(id, (name) => { heading.replaceChildren(h('a', { href: `#/function/${name}` }, name)); });
  main.append(heading, h('p', { className: 'dim text' }, id), h('div', { className: 'card' }, view.element));
  return Object.assign(view.update, { leave: view.leave });
}
