// Forms from JSON Schema: each field gives its value, takes one, and shows what the server says of it.
//
// A field is {element, get(), set(value), at(pointer)}: get() is undefined for one that is left out; at() finds the
// field that a pointer of RFC 6901 leads to, as far as there are fields.

import { freshId, h } from './dom.js';
import { numberOf, parse, stringify } from './json.js';

const fileNames = new WeakMap();

export const fileNameOf = (value) => fileNames.get(value);

const blobName = '#/components/schemas/EncodedBlob';

/** A field that has no label. */
function called(name, field) {
  field.control?.setAttribute('aria-label', name);
  return field;
}

/** The field below one of several, or that one. */
const within = (field, rest) => field && (field.at(rest) ?? field);

/** Says what is wrong with fields together; without a message, nothing with any. */
const complaint = (error, fields) => (message) => {
  error.textContent = message;
  if (!message) for (const field of fields()) field.complain('');
};

const errorPlace = () => h('p', { className: 'error', id: freshId() });

function simple(control, { description }, get, set) {
  const error = errorPlace();
  control.setAttribute('aria-describedby', error.id);
  return {
    element: h('div', {}, control, description ? h('div', { className: 'dim text' }, description) : null, error),
    control,
    get,
    set,
    at: () => null,
    complain(message) {
      error.textContent = message;
      control.ariaInvalid = Boolean(message);
    },
  };
}

const labelled = (name, field, isRequired) => {
  const label = name + (isRequired ? '' : ' (optional)');
  if (!field.control) return h('fieldset', {}, h('legend', {}, label), field.element);
  field.control.id ||= freshId();
  return h('div', { className: 'field' }, h('label', { htmlFor: field.control.id }, label), field.element);
};

export class Forms {
  constructor(components, onChange) {
    this.components = components;
    this.onChange = onChange;
  }

  resolve(schema) {
    const name = schema.$ref?.split('/').pop();
    return name ? { ...this.components[name], ...schema } : schema;
  }

  field(schema, depth = 0) {
    if (schema.$ref === blobName) return this.blob(schema);
    const known = this.resolve(schema);
    // A type may hold itself without end.
    if (depth > 6) return this.raw(known);
    const nullable = known.anyOf?.length === 2 && known.anyOf[1].type === 'null';
    if (nullable) return this.optional({ ...known.anyOf[0], description: known.description }, depth);
    if (known.enum) return this.choice(known);
    if (known.prefixItems) return this.tuple(known, depth);
    switch (known.type) {
      case 'integer': return this.number(known, 1);
      case 'number': return this.number(known, 'any');
      case 'boolean': return this.truth(known);
      case 'string': return this.text(known);
      case 'array': return this.list(known, depth);
      case 'object': return known.properties ? this.object(known, depth) : this.map(known, depth);
      default: return this.raw(known);
    }
  }

  listening(control) {
    control.oninput = () => this.onChange();
    return control;
  }

  number(schema, step) {
    const placeholder = schema.minimum === undefined ? null : `${schema.minimum} to ${schema.maximum}`;
    const control = this.listening(h('input', { type: 'number', step, min: schema.minimum, max: schema.maximum, placeholder }));
    // What is no number is left to the server, whose words say so.
    return simple(control, schema, () => (control.value === '' ? (control.validity.badInput ? 'not a number' : undefined) : numberOf(control.value)),
      (value) => { control.value = value ?? ''; });
  }

  truth(schema) {
    const control = this.listening(h('input', { type: 'checkbox' }));
    return simple(control, schema, () => control.checked, (value) => { control.checked = value === true; });
  }

  text(schema) {
    const control = schema.writeOnly
      ? h('input', { type: 'password', autocomplete: 'off' })
      : h('textarea', { rows: 1, spellcheck: false });
    this.listening(control);
    return simple(control, schema, () => control.value, (value) => { control.value = value ?? ''; });
  }

  choice(schema) {
    const control = this.listening(h('select', {}, schema.enum.map((each) => h('option', { value: each }, each))));
    return simple(control, schema, () => control.value || undefined, (value) => { control.value = value; });
  }

  raw(schema) {
    const control = this.listening(h('textarea', { rows: 3, spellcheck: false, placeholder: 'JSON' }));
    return simple(control, schema, () => {
      if (control.value.trim() === '') return undefined;
      try {
        return parse(control.value);
      } catch {
        return control.value;
      }
    }, (value) => { control.value = value === undefined ? '' : stringify(value); });
  }

  blob(schema) {
    let value;
    const control = h('input', { type: 'file' });
    control.onchange = () => {
      const file = control.files[0];
      value = undefined;
      if (!file) return this.onChange();
      const reader = new FileReader();
      reader.onload = () => {
        value = { content_type: file.type || 'application/octet-stream', base64: reader.result.split(',')[1] ?? '' };
        fileNames.set(value, file.name);
        this.onChange();
      };
      reader.readAsDataURL(file);
    };
    return simple(control, schema, () => value, (given) => {
      // It shows no file but the one that it gives.
      if (given !== value) control.value = '';
      value = given;
    });
  }

  /** A field that can be left out. */
  optional(schema, depth) {
    const inner = called('value', this.field(schema, depth));
    const isGiven = h('input', { type: 'checkbox', id: freshId() });
    const box = h('div', { hidden: true }, inner.element);
    const show = () => { box.hidden = !isGiven.checked; };
    isGiven.onchange = () => { show(); this.onChange(); };
    return {
      element: h('div', {}, h('div', { className: 'row' }, isGiven, h('label', { htmlFor: isGiven.id }, 'give a value')), box),
      get: () => (isGiven.checked ? inner.get() : undefined),
      set(value) {
        isGiven.checked = value !== undefined && value !== null;
        show();
        if (isGiven.checked) inner.set(value);
      },
      at: inner.at,
      complain: (message) => {
        if (message) { isGiven.checked = true; show(); }
        inner.complain(message);
      },
    };
  }

  object(schema, depth) {
    const required = new Set(schema.required ?? []);
    const error = errorPlace();
    const defaults = {};
    const fields = new Map(Object.entries(schema.properties).map(([name, each]) => {
      const resolved = this.resolve(each);
      const isOptional = !required.has(name) && resolved.default === undefined && !resolved.anyOf;
      const field = isOptional ? this.optional(each, depth + 1) : this.field(each, depth + 1);
      defaults[name] = resolved.default;
      if (resolved.default !== undefined) field.set(resolved.default);
      return [name, field];
    }));
    return {
      element: h('div', {}, schema.description && depth ? h('p', { className: 'dim text' }, schema.description) : null,
        [...fields].map(([name, field]) => labelled(name, field, required.has(name))), error),
      get: () => Object.fromEntries([...fields].map(([name, field]) => [name, field.get()]).filter(([, value]) => value !== undefined)),
      set: (value) => { for (const [name, field] of fields) field.set(value?.[name] === undefined ? defaults[name] : value[name]); },
      at: ([name, ...rest]) => within(fields.get(name), rest),
      complain: complaint(error, () => fields.values()),
    };
  }

  /** Rows that can be added and removed; `make` gives the fields of a row. */
  rows(make, join, split, what) {
    const error = errorPlace();
    const list = h('div', {});
    let rows = [];
    const add = (value) => {
      const row = make(value);
      const element = h('div', { className: 'item' }, row.element, h('button', { type: 'button', 'aria-label': `Remove ${what}`,
        onclick: () => { rows = rows.filter((each) => each !== row); element.remove(); adder.focus(); this.onChange(); } }, '×'));
      rows.push(row);
      list.append(element);
      return row;
    };
    const adder = h('button', { type: 'button', onclick: () => {
      const row = add();
      row.element.querySelector('input, select, textarea')?.focus();
      this.onChange();
    } }, `Add ${what}`);
    return {
      element: h('div', {}, list, adder, error),
      get: () => join(rows),
      set(value) {
        rows = [];
        list.replaceChildren();
        for (const each of split(value)) add(each);
      },
      at: ([index, ...rest]) => within(rows.find((each, i) => (each.name?.() ?? String(i)) === index), rest),
      complain: complaint(error, () => rows),
    };
  }

  list(schema, depth) {
    return this.rows((value) => {
      const field = called('element', this.field(schema.items ?? {}, depth + 1));
      if (value !== undefined) field.set(value);
      return field;
    }, (rows) => rows.map((row) => row.get()).map((value) => (value === undefined ? null : value)),
    (value) => (Array.isArray(value) ? value : []), 'an element');
  }

  map(schema, depth) {
    return this.rows((value) => {
      const name = this.listening(h('input', { 'aria-label': 'name', placeholder: 'name' }));
      const field = called('value', this.field(schema.additionalProperties || {}, depth + 1));
      if (value) { name.value = value[0]; field.set(value[1]); }
      return { ...field, name: () => name.value, element: h('div', {}, name, field.element) };
    }, (rows) => Object.fromEntries(rows.map((row) => [row.name(), row.get() ?? null])),
    (value) => Object.entries(value ?? {}), 'a member');
  }

  tuple(schema, depth) {
    const fields = schema.prefixItems.map((each) => this.field(each, depth + 1));
    return {
      element: h('div', {}, fields.map((field, i) => labelled(String(i + 1), field, true))),
      get: () => fields.map((field) => field.get() ?? null),
      set: (value) => { fields.forEach((field, i) => field.set(value?.[i])); },
      at: ([index, ...rest]) => within(fields[index], rest),
      complain: (message) => { for (const field of fields) field.complain(message); },
    };
  }
}

/** The names in a pointer of RFC 6901. */
export const namesOf = (pointer) => pointer.split('/').slice(1).map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
