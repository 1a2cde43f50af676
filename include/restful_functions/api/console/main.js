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

function viewOf(path, query) {
  const [first, second] = path.split('/').slice(1).map(decodeURIComponent);
  if (first === 'function' && second) return ['#/', (place) => functionPage(place, second)];
  if (first === 'tasks') return ['#/tasks', (place) => taskTable(place, query)];
  if (first === 'task' && second) return ['#/tasks', (place) => taskPage(place, second)];
  if (first === 'overview') return ['#/overview', overview];
  return ['#/', functionList];
}

function show(isFirst) {
  update.leave?.();
  const [path, query] = (location.hash || '#/').slice(1).split('?');
  const [link, view] = viewOf(path, new URLSearchParams(query));
  for (const each of document.querySelectorAll('nav a')) {
    if (each.getAttribute('href') === link) each.setAttribute('aria-current', 'page');
    else each.removeAttribute('aria-current');
  }
  main.replaceChildren();
  update = view(main);
  update();
  if (!isFirst) main.focus();
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
onChange(() => { showConnection(); update(); });
connect();
show(true);
