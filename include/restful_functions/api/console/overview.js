// How the server is: its state, and small charts of the last minutes.

import { h, setText, svg } from './dom.js';
import { plot } from './result.js';
import { now as serverTime } from './server.js';
import { countRunning, readHealth, store } from './store.js';

const now = () => Math.floor(serverTime() / 1000);

function outcomes() {
  const bars = Array.from({ length: 60 }, () => ({ good: 0, bad: 0 }));
  for (const [second, { good, bad }] of store.seconds) {
    const at = bars[59 - Math.floor((now() - second) / 10)];
    if (!at) continue;
    at.good += good;
    at.bad += bad;
  }
  const most = Math.max(1, ...bars.map(({ good, bad }) => good + bad));
  const chart = svg('svg', { viewBox: '0 0 600 170', role: 'img', 'aria-label': `Calls that ended in the last ten minutes; at most ${most} in ten seconds` });
  bars.forEach(({ good, bad }, i) => {
    const of = (count) => (130 * count) / most;
    const at = { x: 50 + i * 9.1, width: 7.3 };
    if (good) chart.append(svg('rect', { class: 'bar', ...at, y: 150 - of(good), height: of(good) }));
    if (bad) chart.append(svg('rect', { class: 'bar bad', ...at, y: 150 - of(good) - of(bad), height: of(bad) }));
  });
  chart.append(svg('text', { x: 0, y: 24 }, String(most)), svg('text', { x: 50, y: 166 }, '10 min ago'), svg('text', { x: 565, y: 166 }, 'now'));
  return chart;
}

/** A minute by the second. */
function minute(value, last) {
  return Array.from({ length: 60 }, (_, i) => value(store.seconds.get(last - 59 + i) ?? { good: 0, bad: 0, running: 0 }));
}

export function overview(main) {
  const state = h('p', { role: 'status' });
  const counts = h('p', { className: 'facts' });
  const charts = [
    ['Calls that ended, per second', () => plot(minute(({ good, bad }) => good + bad, now() - 1), 'Calls per second', 0)],
    ['Calls that run', () => plot(minute(({ running }) => running, now()), 'Running calls', 0)],
    ['Outcomes: returned, failed', outcomes],
  ].map(([title, draw]) => ({ draw, title, place: h('div', {}) }));
  main.append(h('h1', {}, 'Overview'), state, counts, h('div', { className: 'grid charts' }, charts.map(({ title, place }) => h('section', { className: 'card' }, h('h2', {}, title), place))));
  let drawn = 0;
  return () => {
    readHealth();
    const { health } = store;
    if (health === null) setText(state, store.isDraining ? 'The server is draining.' : 'The server cannot be reached.');
    else if (health && store.document) setText(state, `The server is ${health.status}. Version ${store.document.info.version}.`);
    if (drawn === now()) return;
    drawn = now();
    countRunning();
    const by = {};
    for (const { status } of store.tasks.values()) by[status] = (by[status] ?? 0) + 1;
    counts.replaceChildren(...['RUNNING', 'QUEUED', 'DONE', 'FAILED', 'TIMEOUT'].map((status) => h('span', { className: status }, `${by[status] ?? 0} ${status.toLowerCase()}`)),
      health ? h('span', {}, `${health.parked} of at most ${health.max_processes} processes wait warm for calls`) : '');
    for (const { draw, place } of charts) place.replaceChildren(draw());
  };
}
