// Which view is shown, by the address's part after the hash, and when it is brought up to date.

import { functionPage } from './call.js';
import { h } from './dom.js';
import { functionList } from './functions.js';
import { overview } from './overview.js';
import { askForToken, token } from './server.js';
import { connect, onChange, store } from './store.js';
import { taskPage } from './task.js';
import { taskTable } from './tasks.js';

const main = document.getElementById('main');
const connection = document.getElementById('connection');
let update = () => {};

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function viewOf(path, query) {
  const [first, second] = path.split('/').slice(1).map(decoded);
  if (first === 'function' && second) return ['#/', (place) => functionPage(place, second)];
  if (first === 'tasks') return ['#/tasks', (place) => taskTable(place, query)];
  if (first === 'task' && second) return ['#/tasks', (place) => taskPage(place, second)];
  if (first === 'overview') return ['#/overview', overview];
  return ['#/', functionList];
}

function refresh() {
  update();
  const heading = main.querySelector('h1');
  if (heading) document.title = `${heading.textContent} · restful-functions`;
}

function show(isFirst) {
  update.leave?.();
  const [path, query] = (location.hash || '#/').slice(1).split('?');
  const [link, view] = viewOf(path, new URLSearchParams(query));
  for (const each of document.querySelectorAll('nav a')) each.ariaCurrent = each.getAttribute('href') === link ? 'page' : null;
  main.replaceChildren();
  update = view(main);
  refresh();
  const place = main.querySelector('h1') ?? main;
  place.tabIndex = -1;
  if (!isFirst) place.focus();
}

let said = '';
function showConnection() {
  const text = store.isConnected ? 'connected' : store.reason || 'Connection lost; trying again…';
  if (text === said) return;
  said = text;
  connection.classList.toggle('lost', !store.isConnected);
  connection.replaceChildren(text, token() ? h('button', { type: 'button', onclick: async () => { await askForToken(); location.reload(); } }, 'Other token') : '');
}

addEventListener('hashchange', () => show(false));
onChange(() => { showConnection(); refresh(); });
// The hash names views, and not places in them.
document.querySelector('.skip').addEventListener('click', (event) => { event.preventDefault(); main.focus(); });
connect();
show(true);
