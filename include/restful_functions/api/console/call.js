// The page of one function: its form, its call as programs write it, its result.

import { copyButton, freshId, h } from './dom.js';
import { fileNameOf, Forms, namesOf } from './form.js';
import { figures } from './functions.js';
import { parse, stringify } from './json.js';
import { ask, jsonOf, token, urlOf } from './server.js';
import { store } from './store.js';
import { taskView } from './task.js';

/** What was filled in, for whoever comes back. */
const drafts = new Map();

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

function curlOf(url, body) {
  const words = ['curl'];
  if (token()) words.push('-H "Authorization: Bearer $TOKEN"');
  const values = Object.entries(body ?? {});
  if (values.some(([, value]) => fileNameOf(value))) {
    for (const [name, value] of values) {
      const file = fileNameOf(value);
      words.push(file ? `--form ${quoted(`${name}=@${file}`)}`
        : `--form-string ${quoted(`${name}=${typeof value === 'string' ? value : stringify(value)}`)}`);
    }
  } else {
    words.push(`-d ${quoted(stringify(body))}`);
  }
  return [...words, url].join(' ');
}

function scriptOf(url, body) {
  const access = token() ? ', Authorization: `Bearer ${token}`' : '';
  const text = stringify(body);
  // An object of the program would not hold such integers.
  const written = /\d{16}/.test(text) ? JSON.stringify(text) : `JSON.stringify(${text})`;
  return `const response = await fetch(${JSON.stringify(url)}, {\n  method: 'POST',\n  headers: {'Content-Type': 'application/json'${access}},\n  body: ${written},\n});\nconst result = await response.json();`;
}

/** A text to copy. */
function snippet(name, what) {
  const text = h('pre', { tabIndex: 0, ariaLabel: what });
  return { text, elements: [h('div', { className: 'row' }, h('span', { className: 'label' }, name), copyButton(text, what)), text] };
}

function build(main, definition) {
  const name = definition.function_name;
  const path = `/${name}`;
  const url = urlOf(`${path}/keep-connection`);
  const { content, 'x-json': json = content['application/json'] } = store.document.paths[path].post.requestBody;
  const { schema } = json;
  const raw = h('textarea', { rows: 6, id: freshId(), spellcheck: false });
  const curl = snippet('curl', 'the curl command');
  const script = snippet('JavaScript', 'the JavaScript');
  const problem = h('p', { className: 'error', role: 'alert' });
  const said = h('p', { className: 'dim', role: 'status' });
  const result = h('div', { className: 'card', hidden: true });
  const its = figures(definition);
  let view = null;
  let body = {};
  // What is folded is not written: a file in it may be large.
  const snippets = () => {
    drafts.set(name, body);
    if (!program.open) return;
    curl.text.textContent = curlOf(url, body);
    script.text.textContent = scriptOf(url, body);
  };
  const fromForm = () => {
    body = form.get();
    raw.value = stringify(body, 2);
    raw.ariaInvalid = false;
    problem.textContent = '';
    snippets();
  };
  const program = h('details', { ontoggle: snippets }, h('summary', {}, 'From a program'), curl.elements, script.elements);
  const form = new Forms(store.document.components.schemas, fromForm).field(schema);
  raw.oninput = () => {
    try {
      body = parse(raw.value);
      raw.ariaInvalid = false;
      form.set(body);
      problem.textContent = '';
      snippets();
    } catch (error) {
      raw.ariaInvalid = true;
      problem.textContent = `This is not JSON yet: ${error.message}`;
    }
  };
  if (drafts.has(name)) form.set(drafts.get(name));
  fromForm();

  const complain = ({ errors, message, detail, error }) => {
    form.complain('');
    const homeless = errors ? [] : [message || detail || error];
    for (const { pointer, detail: why } of errors ?? []) {
      const field = form.at(namesOf(pointer));
      if (field) field.complain(why);
      else homeless.push(`${pointer}: ${why}`);
    }
    problem.textContent = homeless.join('; ');
    form.element.querySelector('[aria-invalid=true]')?.focus();
  };
  const buttons = [];
  const start = async (show) => {
    if (raw.ariaInvalid === 'true') return raw.focus();
    for (const each of buttons) each.disabled = true;
    said.textContent = 'Calling…';
    complain({ errors: [] });
    try {
      const response = await ask(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: stringify(body) });
      const answer = await jsonOf(response);
      if (response.ok) show(answer.task_id);
      else complain(answer);
    } catch (error) {
      problem.textContent = `The server could not be reached: ${error.message}`;
    }
    said.textContent = '';
    for (const each of buttons) each.disabled = false;
  };
  const show = (id) => {
    view?.leave();
    view = taskView(id);
    result.replaceChildren(view.element, h('p', {}, h('a', { href: `#/task/${id}` }, 'Link to this task')));
    result.hidden = false;
  };
  buttons.push(h('button', { className: 'primary' }, 'Call'),
    h('button', { type: 'button', onclick: () => start((id) => { location.hash = `#/task/${id}`; }) }, 'Start as task'));
  main.replaceChildren(h('h1', {}, name), h('p', { className: 'text' }, definition.description), its.element,
    h('form', { className: 'card', noValidate: true, onsubmit: (event) => { event.preventDefault(); start(show); } },
      form.element, problem, h('div', { className: 'row' }, buttons), said,
      h('details', {}, h('summary', {}, 'As JSON'), h('label', { htmlFor: raw.id }, 'Arguments'), raw), program),
    result, h('p', {}, h('a', { href: `#/tasks?function=${name}` }, 'Its tasks')));
  return Object.assign(() => { its.update(); view?.update(); }, { leave: () => view?.leave() });
}

/** The page, once the functions are known. */
export function functionPage(main, name) {
  let update = null;
  return Object.assign(() => {
    if (!update && store.document) {
      const definition = store.functions.find((each) => each.function_name === name);
      if (!definition) return main.replaceChildren(h('h1', {}, name), h('p', {}, 'There is no such function.'));
      update = build(main, definition);
    }
    return update?.();
  }, { leave: () => update?.leave() });
}
