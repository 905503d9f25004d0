/** The batch editor: a plain textarea over painted text, with line numbers and faults in place. */
import { $, mark, showJson } from './dom.js';
import { JsonFault, format, offsetOf, position, read } from './json.js';
import { formatBytes } from './batch.js';

const area = $('editor');
const sheet = $('paint');
const gutter = $('gutter');
const validity = $('validity');

let faults = [];
let faulty = false;
let onChange = () => {};

export const text = () => area.value;

/** Whether the text is no JSON. */
export const isFaulty = () => faulty;

/** Calls back after each change. */
export function listen(listener) {
  onChange = listener;
}

/** Replaces everything; one undo brings the old text back. */
export function replace(value) {
  if (area.value === '') {
    area.value = value;
    changed();
    return;
  }
  const focused = document.activeElement;
  area.focus({ preventScroll: true });
  area.select();
  if (!document.execCommand('insertText', false, value)) {
    area.value = value;
    changed();
  }
  area.setSelectionRange(0, 0);
  area.scrollTop = 0;
  area.scrollLeft = 0;
  if (focused instanceof HTMLElement && focused !== area) focused.focus({ preventScroll: true });
  else if (focused !== area) area.blur();
}

export function tidy() {
  try {
    replace(format(area.value, { width: 62 }));
  } catch (fault) {
    if (!(fault instanceof JsonFault)) throw fault;
    select(fault.offset, fault.offset + 1);
  }
}

/** Selects a range and scrolls it into view. */
export function select(start, end) {
  area.focus();
  area.setSelectionRange(start, Math.max(start, end));
  const lineHeight = parseFloat(getComputedStyle(area).lineHeight);
  const { line, column } = position(area.value, start);
  area.scrollTop = Math.max(0, (line - 0.5) * lineHeight - area.clientHeight / 2);
  area.scrollLeft = column > 60 ? area.scrollWidth : 0;
  area.closest('section').scrollIntoView({ block: 'nearest' });
}

/** Underlines ranges until the text changes. */
export function showFaults(ranges) {
  faults = ranges;
  paint();
}

function paint() {
  const value = area.value;
  showJson(sheet, `${value}\n`, faults.map(({ start, end }) => ({ start, end: Math.min(Math.max(end, start + 1), value.length + 1) })));
  const count = value.split('\n').length;
  const numbers = Array.from({ length: count }, (_, n) => String(n + 1));
  gutter.textContent = `${numbers.join('\n')}\n`;
  const starts = [];
  numbers.reduce((at, number) => (starts.push(at), at + number.length + 1), 0);
  const lines = new Set(faults.map(({ start }) => position(value, start).line - 1));
  mark(gutter.firstChild, [...lines].map((n) => ({ kind: 'fault', start: starts[n], end: starts[n] + numbers[n].length })));
  follow();
}

function follow() {
  sheet.style.transform = `translate(${-area.scrollLeft}px, ${-area.scrollTop}px)`;
  gutter.style.transform = `translateY(${-area.scrollTop}px)`;
}

function changed() {
  const value = area.value;
  faults = [];
  faulty = false;
  try {
    read(value);
    const batch = JSON.parse(value);
    const calls = Array.isArray(batch?.requests) ? batch.requests.length : undefined;
    const size = formatBytes(new TextEncoder().encode(value).length);
    say('ok', [calls === undefined ? 'no requests' : calls === 1 ? '1 call' : `${calls} calls`, size].join(' · '));
  } catch (fault) {
    if (!(fault instanceof JsonFault)) throw fault;
    faults = [{ start: fault.offset, end: fault.offset + 1 }];
    say('fault', fault.message);
    validity.onclick = () => select(fault.offset, fault.offset + 1);
    faulty = true;
  }
  paint();
  onChange();
}

function say(state, message) {
  validity.dataset.state = state;
  validity.disabled = state === 'ok';
  validity.textContent = state === 'ok' ? `Valid JSON · ${message}` : message;
  area.setAttribute('aria-invalid', String(state !== 'ok'));
}

/** A new line starts where the last one did, one step deeper after an opening bracket. */
function indent(event) {
  if (event.key !== 'Enter' || event.ctrlKey || event.metaKey || event.isComposing) return;
  const before = area.value.slice(0, area.selectionStart);
  const line = before.slice(before.lastIndexOf('\n') + 1);
  const opened = /[[{]\s*$/.test(line);
  const space = /^[ \t]*/.exec(line)[0];
  if (space === '' && !opened) return;
  event.preventDefault();
  document.execCommand('insertText', false, `\n${space}${opened ? '  ' : ''}`);
}

/** Where a fault's text names a line and a column, as malformed JSON's does, the offset of it. */
export function offsetIn(detail) {
  const m = /line:? ?(\d+)\D{1,12}?col(?:umn)?:? ?(\d+)/i.exec(detail ?? '');
  return m ? offsetOf(area.value, Number(m[1]), Number(m[2])) : undefined;
}

area.addEventListener('input', changed);
area.addEventListener('scroll', follow, { passive: true });
area.addEventListener('keydown', indent);
