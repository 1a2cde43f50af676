// Results: JSON that folds, tables, plots, images, downloads, and what is known of a crash.

import { bytes, h, seconds, svg } from './dom.js';
import { stringify } from './json.js';
import { bytesOf } from './server.js';

const mostText = 10_000;
const mostRows = 200;

/** A text that may be very long. */
function longText(text) {
  if (text.length <= mostText) return h('span', {}, text);
  const whole = h('span', {}, `${text.slice(0, mostText)}… `);
  whole.append(h('button', { type: 'button', onclick: () => whole.replaceChildren(text) }, `Show all ${text.length} characters`));
  return whole;
}

function json(value, name = '', depth = 0) {
  const label = name === '' ? '' : `${name}: `;
  if (value === null || typeof value !== 'object') {
    return h('div', {}, label, typeof value === 'string' ? longText(JSON.stringify(value)) : String(value));
  }
  const isList = Array.isArray(value);
  const entries = isList ? value : Object.entries(value);
  const count = `${entries.length} ${isList ? 'elements' : 'members'}`;
  const inside = h('div', {});
  const details = h('details', { open: depth < 2 && entries.length <= 100 }, h('summary', {}, label, isList ? `[ ${count} ]` : `{ ${count} }`), inside);
  const fill = (from) => {
    for (let i = from; i < Math.min(from + mostRows, entries.length); ++i) {
      inside.append(isList ? json(entries[i], String(i), depth + 1) : json(entries[i][1], entries[i][0], depth + 1));
    }
    if (from + mostRows < entries.length) {
      const more = h('button', { type: 'button', onclick: () => { more.remove(); fill(from + mostRows); } }, `${entries.length - from - mostRows} more`);
      inside.append(more);
    }
  };
  // What is folded costs nothing until it is opened.
  const once = () => { if (details.open && !inside.hasChildNodes()) fill(0); };
  details.addEventListener('toggle', once);
  once();
  return details;
}

function table(rows) {
  const names = [...new Set(rows.slice(0, mostRows).flatMap((row) => Object.keys(row)))].slice(0, mostRows);
  return h('div', { className: 'scroll', tabIndex: 0, role: 'region', ariaLabel: 'Result as a table' }, h('table', {},
    h('thead', {}, h('tr', {}, names.map((name) => h('th', { scope: 'col' }, name)))),
    h('tbody', {}, rows.slice(0, mostRows).map((row) => h('tr', {}, names.map((name) => {
      const value = row[name];
      return h('td', {}, value === undefined ? '' : longText(typeof value === 'string' ? value : stringify(value)));
    }))))), rows.length > mostRows ? h('p', { className: 'dim' }, `The first ${mostRows} of ${rows.length} rows.`) : null);
}

const short = (number) => String(Number(number.toPrecision(4)));

/** A line through numbers, of which at most a thousand are drawn. The scale has `base` in it. */
export function plot(numbers, label, base = numbers[0]) {
  const step = Math.ceil(numbers.length / 1000);
  const drawn = numbers.filter((_, i) => i % step === 0);
  const low = drawn.reduce((a, b) => Math.min(a, b), base);
  const high = drawn.reduce((a, b) => Math.max(a, b), base);
  const x = (i) => 50 + (i * 540) / Math.max(1, drawn.length - 1);
  const y = (value) => 150 - ((value - low) * 130) / (high - low || 1);
  return svg('svg', { viewBox: '0 0 600 170', role: 'img', 'aria-label': `${label}: from ${low} to ${high}` },
    svg('polyline', { class: 'line', points: drawn.map((value, i) => `${x(i)},${y(value)}`).join(' ') }),
    svg('text', { x: 0, y: 24 }, short(high)), svg('text', { x: 0, y: 154 }, short(low)));
}

/** A result that is JSON. */
function shown(value) {
  const isListOf = (least, fits) => Array.isArray(value) && value.length >= least && value.every(fits);
  return [isListOf(2, (each) => typeof each === 'number') && plot(value, 'The numbers of the result'),
    isListOf(1, (each) => each && typeof each === 'object' && !Array.isArray(each)) && table(value),
    h('div', { className: 'json' }, json(value))];
}

/** A result that is bytes: shown where it is an image, else to be kept. */
function shownBytes(blob) {
  const url = URL.createObjectURL(blob);
  const link = h('a', { href: url, download: 'result' }, `Download ${bytes(blob.size)} of ${blob.type || 'bytes'}`);
  const isImage = /^image\/(png|jpeg|gif|webp|avif|bmp)/.test(blob.type);
  return [isImage ? h('img', { className: 'result', src: url, alt: 'The result' }) : null, h('p', {}, link)];
}

const facts = (pairs) => h('dl', { className: 'facts' }, pairs.filter(([, value]) => (value ?? '') !== '')
  .map(([name, value]) => h('div', {}, h('dt', { className: 'dim' }, name), h('dd', {}, value))));

/** All that is known of a task that has ended. */
export async function report(task, took) {
  const parts = [];
  const { crash, usage } = task;
  if (task.status !== 'DONE') {
    parts.push(h('div', { className: 'crash' }, h('p', { className: 'bad text' }, h('strong', {}, `${task.status}: `), longText(String(task.result))),
      task.exception ? h('p', {}, 'Thrown: ', h('code', {}, task.exception.type)) : null,
      crash ? h('p', {}, h('strong', {}, crash.signal), crash.address ? ` at address ${crash.address}` : '') : null,
      crash?.backtrace.length ? h('pre', { tabIndex: 0, ariaLabel: 'Backtrace' }, crash.backtrace.join('\n')) : null));
  } else if (String(task.result?.href).endsWith(`../task/result/${task.task_id}`)) {
    parts.push(...shownBytes(await bytesOf(`/task/result/${task.task_id}`)));
  } else {
    parts.push(...shown(task.result));
  }
  parts.push(facts([['outcome', task.outcome], ['duration', seconds(took)], ['waited', task.queue_wait ? seconds(task.queue_wait) : ''],
    ['processor', usage ? seconds(usage.user_seconds + usage.system_seconds) : ''], ['peak memory', usage ? bytes(usage.peak_resident_bytes) : ''],
    ['exit status', task.exit_status], ['finished', task.finished ? new Date(task.finished).toLocaleString() : '']]));
  return parts.filter(Boolean);
}
