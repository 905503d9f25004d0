/**
 * JSON with positions.
 *
 * JSON.parse forgets where things stood and rounds 9007199254740993; this reader keeps offsets, so a
 * fault can be shown in place and a body can be indented without touching a digit of it.
 */

/** Deeper than any answer worth reading, and far from the engine's stack limit. */
const MAX_DEPTH = 500;

export class JsonFault extends Error {
  /** @param {string} text @param {number} offset @param {string} reason */
  constructor(text, offset, reason) {
    const { line, column } = position(text, offset);
    super(`line ${line}, column ${column}: ${reason}`);
    this.offset = offset;
    this.line = line;
    this.column = column;
    this.reason = reason;
  }
}

/** Line and column, both from 1, of an offset. */
export function position(text, offset) {
  let line = 1;
  let lineStart = 0;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) {
    line++;
    lineStart = at + 1;
  }
  return { line, column: offset - lineStart + 1 };
}

/** Offset of a line and column; both are clamped to the text. */
export function offsetOf(text, line, column) {
  let start = 0;
  for (let n = 1; n < line; n++) {
    const next = text.indexOf('\n', start);
    if (next === -1) break;
    start = next + 1;
  }
  const end = text.indexOf('\n', start);
  return Math.min(start + column - 1, end === -1 ? text.length : end);
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const WORD = /[A-Za-z_$][\w$]*/y;
const SPACE = /[ \t\n\r]*/y;

/**
 * Reads one JSON document.
 *
 * A node is `{kind, start, end}`, with `entries: [{key, start, node}]` for an object and `items` for
 * an array. Throws {@link JsonFault}.
 */
export function read(text) {
  let at = 0;
  const fault = (reason, offset = at) => new JsonFault(text, offset, reason);
  const match = (pattern) => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  const skip = () => {
    at += match(SPACE).length;
  };
  const here = () => (at < text.length ? `“${String.fromCodePoint(text.codePointAt(at))}”` : 'the end');

  function string() {
    const start = at;
    const found = match(STRING);
    if (found === undefined) throw stringFault(start);
    at += found.length;
    return { kind: 'string', start, end: at };
  }

  function stringFault(start) {
    for (let i = start + 1; i < text.length; i++) {
      const c = text[i];
      if (c === '\n') return fault('the string is not closed', start);
      if (c < ' ') return fault('control character in a string, write it as \\u escape', i);
      if (c === '"') break;
      if (c === '\\') {
        if (!/^(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.test(text.slice(i + 1, i + 6))) return fault('unknown escape in a string', i);
        i++;
      }
    }
    return fault('the string is not closed', start);
  }

  function value(depth) {
    if (depth > MAX_DEPTH) throw fault(`nested deeper than ${MAX_DEPTH}`);
    const start = at;
    const c = text[at];
    if (c === '"') return string();
    if (c === '{') return object(depth, start);
    if (c === '[') return array(depth, start);
    const number = match(NUMBER);
    if (number) {
      at += number.length;
      if (/[\w.+]/.test(text[at] ?? '')) throw fault('not a JSON number', start);
      return { kind: 'number', start, end: at };
    }
    const word = match(WORD);
    if (word === 'true' || word === 'false' || word === 'null') {
      at += word.length;
      return { kind: 'literal', start, end: at };
    }
    if (word !== undefined) throw fault(`“${word}” needs double quotes`);
    if (c === "'") throw fault('strings take double quotes');
    if (c === '/' && /[/*]/.test(text[at + 1] ?? '')) throw fault('JSON has no comments');
    throw fault(`expected a value, found ${here()}`);
  }

  function object(depth, start) {
    const entries = [];
    at++;
    skip();
    while (text[at] !== '}') {
      if (text[at] !== '"') throw fault(`expected a name in double quotes, found ${here()}`);
      const name = string();
      skip();
      if (text[at] !== ':') throw fault(`expected “:” after the name, found ${here()}`);
      at++;
      skip();
      entries.push({ key: JSON.parse(text.slice(name.start, name.end)), start: name.start, node: value(depth + 1) });
      separator('}');
    }
    at++;
    return { kind: 'object', start, end: at, entries };
  }

  function array(depth, start) {
    const items = [];
    at++;
    skip();
    while (text[at] !== ']') {
      items.push(value(depth + 1));
      separator(']');
    }
    at++;
    return { kind: 'array', start, end: at, items };
  }

  function separator(close) {
    skip();
    if (text[at] === close) return;
    if (text[at] !== ',') throw fault(`expected “,” or “${close}”, found ${here()}`);
    const comma = at;
    at++;
    skip();
    if (text[at] === close) throw fault(`“,” before “${close}”`, comma);
  }

  skip();
  const root = value(0);
  skip();
  if (at < text.length) throw fault(`expected the end, found ${here()}`);
  return root;
}

/** The node under a list of names and indexes, or undefined. */
export function at(root, ...path) {
  let node = root;
  for (const step of path) {
    node = node?.kind === 'array' ? node.items[step] : node?.entries?.findLast((entry) => entry.key === step)?.node;
  }
  return node;
}

/**
 * The range an RFC 6901 pointer (with or without `#`) names. For something that is not there, as a
 * missing field is, it is the closest thing around it.
 */
export function locate(root, pointer) {
  let fragment = pointer;
  if (pointer.startsWith('#')) {
    try {
      fragment = decodeURIComponent(pointer.slice(1));
    } catch {
      fragment = pointer.slice(1);
    }
  }
  let range = { start: root.start, end: root.end };
  let node = root;
  for (const token of fragment.split('/').slice(1)) {
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (node.kind === 'object') {
      const entry = node.entries.findLast((candidate) => candidate.key === name);
      if (!entry) break;
      node = entry.node;
      range = { start: entry.start, end: node.end };
    } else if (node.kind === 'array' && /^\d+$/.test(name) && node.items[Number(name)]) {
      node = node.items[Number(name)];
      range = { start: node.start, end: node.end };
    } else {
      break;
    }
  }
  return range;
}

/**
 * The document, or one node of it, indented by two; whatever fits into `width` stays on one line.
 * Strings and numbers are copied as they stand.
 */
export function format(text, { node = read(text), width = 88 } = {}) {
  const leaf = (n) => text.slice(n.start, n.end);
  const name = (entry) => `${JSON.stringify(entry.key)}: `;

  /** One line, or undefined where it would be longer than room. */
  function flat(n, room) {
    if (n.kind !== 'object' && n.kind !== 'array') return n.end - n.start <= room ? leaf(n) : undefined;
    const parts = [];
    let used = 2;
    for (const child of n.entries ?? n.items) {
      const prefix = child.node ? name(child) : '';
      const rest = flat(child.node ?? child, room - used - prefix.length);
      if (rest === undefined) return undefined;
      parts.push(prefix + rest);
      used += prefix.length + rest.length + 2;
      if (used - 2 > room) return undefined;
    }
    return n.entries ? `{${parts.join(', ')}}` : `[${parts.join(', ')}]`;
  }

  function block(n, indent, taken) {
    const children = n.entries ?? n.items;
    if (!children) return leaf(n);
    if (children.length === 0) return n.entries ? '{}' : '[]';
    const line = indent === '' ? undefined : flat(n, width - indent.length - taken);
    if (line !== undefined) return line;
    const deeper = `${indent}  `;
    const lines = children.map((child) => {
      const prefix = child.node ? name(child) : '';
      return deeper + prefix + block(child.node ?? child, deeper, prefix.length + 1);
    });
    return `${n.entries ? '{' : '['}\n${lines.join(',\n')}\n${indent}${n.entries ? '}' : ']'}`;
  }

  return block(node, '', 0);
}

const TOKEN = /("(?:[^"\\\n]|\\.)*"?)(\s*:)?|(-?\d[\d.eE+-]*)|\b(true|false|null)\b/g;

/** What to colour, in text that need not be valid: `[{kind, start, end}]`. */
export function tokens(text) {
  const found = [];
  for (const m of text.matchAll(TOKEN)) {
    const kind = m[1] ? (m[2] ? 'name' : 'string') : m[3] ? 'number' : 'literal';
    found.push({ kind, start: m.index, end: m.index + (m[1] ?? m[0]).length });
  }
  return found;
}
