// Elements from data. Text is always text: nothing that comes from the server is read as HTML.

/** An element with properties, listeners (`onclick`), attributes and children; null children are left out. */
export function h(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if ((value ?? false) === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (key in element && key !== 'list' && key !== 'form') element[key] = value;
    else element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.flat().filter((child) => (child ?? null) !== null));
  return element;
}

const svgSpace = 'http://www.w3.org/2000/svg';

/** The same for SVG, whose attributes are no properties. */
export function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS(svgSpace, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** Gives an element another text, if it has not got it yet: what is told to a screen reader is told once. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

let lastId = 0;
/** An id that no other element has. */
export const freshId = () => `id-${++lastId}`;

/** A button that copies the text of an element, and where it says so. */
export function copyButton(element, what) {
  const said = h('span', { className: 'dim', role: 'status' });
  const copy = async () => {
    let isCopied = true;
    try {
      await navigator.clipboard.writeText(element.textContent);
    } catch {
      // A page that came over plain HTTP, from another machine, has no clipboard.
      getSelection().selectAllChildren(element);
      isCopied = document.execCommand('copy');
    }
    said.textContent = isCopied ? 'Copied' : 'Press Ctrl+C';
    setTimeout(() => said.replaceChildren(), 1500);
  };
  return [h('button', { type: 'button', 'aria-label': `Copy ${what}`, onclick: copy }, 'Copy'), said];
}

/** Seconds as people read them. */
export function seconds(value) {
  if (!Number.isFinite(value)) return '';
  if (value < 0.9995) return `${Math.max(0, Math.round(value * 1000))} ms`;
  if (value < 99.95) return `${value.toFixed(1)} s`;
  const whole = Math.round(value);
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Bytes as people read them. */
export function bytes(value) {
  for (const unit of ['B', 'KiB', 'MiB']) {
    if (value < 1024) return `${unit === 'B' ? value : value.toFixed(1)} ${unit}`;
    value /= 1024;
  }
  return `${value.toFixed(1)} GiB`;
}

/** Asks before something is ended. */
export function confirmed(question) {
  const dialog = document.getElementById('confirm');
  document.getElementById('confirm-text').textContent = question;
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((resolve) => { dialog.onclose = () => resolve(dialog.returnValue === 'yes'); });
}
