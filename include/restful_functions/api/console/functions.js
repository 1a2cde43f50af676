// The list of functions.

import { freshId, h, seconds, setText } from './dom.js';
import { readHealth, statistics, store } from './store.js';

/** {element, update} of what the calls of a function do. */
export function figures({ function_name: name, max_concurrency: limit }) {
  const element = h('div', { className: 'facts' });
  let shown = '';
  return {
    element,
    update(all = statistics()) {
      // Another server may not have it any more.
      const { running, queued, failed, calls, median } = all.get(name) ?? {};
      if (calls === undefined) return;
      if (shown === (shown = [running, queued, failed, calls, median].join())) return;
      element.replaceChildren(...[
        h('span', {}, `${running}${limit ? ` of ${limit}` : ''} running `,
          limit ? h('progress', { max: limit, value: running, ariaLabel: 'running calls' }) : null),
        queued ? h('span', {}, `${queued} queued`) : '',
        h('span', {}, calls === 1 ? '1 call' : `${calls} calls`),
        median === null ? '' : h('span', {}, `median ${seconds(median)}`),
        failed ? h('span', { className: 'bad' }, `${failed} failed`) : '',
      ]);
    },
  };
}

/** The list, with a search. */
export function functionList(main) {
  const search = h('input', { type: 'search', id: freshId(), placeholder: 'name or description' });
  const said = h('p', { className: 'dim', role: 'status' });
  const warm = h('span', { className: 'dim' });
  const list = h('ul', { className: 'grid' });
  let built = null;
  let cards = [];
  const filter = () => {
    const wanted = search.value.toLowerCase();
    for (const each of cards) each.element.hidden = !each.text.includes(wanted);
    said.textContent = cards.length === 0 ? 'No functions yet.' : cards.every((each) => each.element.hidden) ? 'No function fits.' : '';
  };
  const build = () => {
    cards = store.functions.map((each) => {
      const its = figures(each);
      return {
        its,
        text: `${each.function_name} ${each.description}`.toLowerCase(),
        element: h('li', { className: 'card' }, h('a', { href: `#/function/${each.function_name}` }, each.function_name),
          h('p', { className: 'text' }, each.description), its.element),
      };
    });
    list.replaceChildren(...cards.map((each) => each.element));
    filter();
  };
  search.oninput = filter;
  main.append(h('h1', {}, 'Functions'), h('div', { className: 'row' }, h('label', { htmlFor: search.id }, 'Search'), search, warm), said, list);
  return () => {
    readHealth();
    if (store.health) setText(warm, `${store.health.parked} processes wait warm for calls.`);
    if (store.document && built !== store.functions) {
      built = store.functions;
      build();
    }
    const all = statistics();
    for (const each of cards) each.its.update(all);
  };
}
