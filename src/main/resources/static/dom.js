/** The few DOM helpers the console needs. Text always goes in as text, never as markup. */
import { tokens } from './json.js';

export const $ = (id) => document.getElementById(id);

/** An element; `data-…`, `aria-…`, `role` and the like are attributes, strings among the children are text. */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === 'on') for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (value !== undefined && value !== false) element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

const SVG = 'http://www.w3.org/2000/svg';

/** An icon of the sprite in the page; decoration, so what it means is said in text next to it. */
export function icon(name) {
  const symbol = $(`i-${name}`);
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('viewBox', symbol.getAttribute('viewBox'));
  // Copies, for a <use> carries a shadow tree of its own: too dear for hundreds of lanes.
  svg.append(...[...symbol.children].map((shape) => shape.cloneNode(true)));
  return svg;
}

const KINDS = ['name', 'string', 'number', 'literal', 'fault'];
const highlights = new Map();
if (globalThis.CSS?.highlights) {
  for (const kind of KINDS) {
    highlights.set(kind, new Highlight());
    CSS.highlights.set(`json-${kind}`, highlights.get(kind));
  }
}

/** Past this many characters colour costs more than it tells. */
const PAINT_LIMIT = 100_000;
const painted = new WeakMap();

/** Marks ranges of a text node in the colours of `::highlight(json-…)`, in place of those marked in it before. */
export function mark(node, ranges) {
  for (const [kind, range] of painted.get(node) ?? []) highlights.get(kind)?.delete(range);
  const marks = [];
  for (const { kind, start, end } of ranges) {
    const highlight = highlights.get(kind);
    if (!highlight) continue;
    const range = new StaticRange({ startContainer: node, startOffset: start, endContainer: node, endOffset: end });
    highlight.add(range);
    marks.push([kind, range]);
  }
  painted.set(node, marks);
}

/** Fills an element with JSON text, in colour where the browser has highlights. */
export function showJson(element, text, faults = []) {
  if (!(element.firstChild instanceof Text)) element.replaceChildren(document.createTextNode(''));
  const node = element.firstChild;
  mark(node, []);
  node.data = text;
  mark(node, [...(text.length > PAINT_LIMIT ? [] : tokens(text)), ...faults.map((fault) => ({ kind: 'fault', ...fault }))]);
}

/** Forgets the marks in an element that is about to go. */
export function unmark(element) {
  for (const pre of element.querySelectorAll('pre')) {
    if (pre.firstChild) mark(pre.firstChild, []);
  }
}

/** Copies text and says so on the button. Without a secure context there is no clipboard API, so the old way is kept. */
export async function copy(text, button) {
  let done = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = el('textarea', { class: 'visually-hidden', 'aria-hidden': 'true' });
    area.value = text;
    document.body.append(area);
    area.select();
    done = document.execCommand('copy');
    area.remove();
    button.focus();
  }
  const label = (button.dataset.label ??= button.textContent);
  button.textContent = done ? 'Copied' : 'Not copied';
  clearTimeout(button.timer);
  button.timer = setTimeout(() => (button.textContent = label), 1500);
}
