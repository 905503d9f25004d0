/** The waterfall: one lane per call, and the detail of the one that was opened. */
import { $, copy, el, icon, showJson, unmark } from './dom.js';
import { OUTCOMES, axis, formatBytes, formatMs, hexDump, note, tally } from './batch.js';
import { at, format, read } from './json.js';

/** Room for the label of the batch's timeout on the axis, in pixels. */
const TIMEOUT_LABEL = 104;
/** From here on a lane is one line high. */
const COMPACT_FROM = 61;
/** A body longer than this is cut in the detail; the raw answer has all of it. */
const BODY_LIMIT = 200_000;

const frame = $('waterfall');
const list = $('lanes');
const detail = $('detail');
const counts = $('counts');

let run;
let rows = [];
let scale;
let clock = 0;
let dirty = new Set();
let filter;
let opened;

const inSight = new Set();
const sight = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) inSight.add(Number(target.dataset.index));
      else inSight.delete(Number(target.dataset.index));
    }
  },
  { root: frame, rootMargin: '200px 0px' },
);

/** Starts over with the lanes of a run. */
export function show(newRun) {
  run = newRun;
  filter = undefined;
  dirty = new Set();
  closeDetail();
  frame.hidden = run === undefined || run.lanes.length === 0;
  $('empty').hidden = run !== undefined;
  sight.disconnect();
  inSight.clear();
  frame.classList.toggle('compact', run !== undefined && run.lanes.length >= COMPACT_FROM);
  scale = undefined;
  rows = (run?.lanes ?? []).map(row);
  list.replaceChildren(...rows.map((r) => r.item));
  rows.forEach((r, index) => {
    r.item.dataset.index = String(index);
    sight.observe(r.item);
  });
  rows[0]?.button.setAttribute('tabindex', '0');
  frame.scrollTop = 0;
  if (run) draw(0);
  showCounts();
}

/** Takes a lane as changed; it is drawn with the next {@link draw}. */
export function touch(lane) {
  dirty.add(lane.index);
}

/** Takes all lanes as changed that have no result or are marked as the winner. */
export function touchOpen() {
  run.lanes.filter((lane) => !lane.result || lane.winner || !rows[lane.index].isDrawn()).forEach(touch);
}

/** Draws what changed, and the time: on running lanes that are in sight, so that 500 cost no more than 30. */
export function draw(nowMs) {
  if (!run) return;
  clock = nowMs;
  const next = axis(run, nowMs);
  for (const index of inSight) rows[index]?.tick();
  if (next.end !== scale?.end) {
    scale = next;
    frame.style.setProperty('--end', String(scale.end));
    drawAxis();
    rows.forEach((r) => r.place());
  }
  if (dirty.size === 0) return;
  for (const index of dirty) {
    rows[index].update();
    if (opened === index) openDetail(index);
  }
  dirty.clear();
  showCounts();
}

function drawAxis() {
  const percent = (ms) => `${(ms / scale.end) * 100}%`;
  const place = (element, ms) => {
    element.style.left = percent(ms);
    return element;
  };
  const ticks = scale.ticks.filter((ms) => ms < scale.end * 0.999);
  const late = run.timeoutMs > scale.end * 0.8;
  const label = (scale.end * TIMEOUT_LABEL) / ($('axis').clientWidth || 1);
  const covered = (ms) => Math.abs(ms - run.timeoutMs + (late ? label / 2 : 0)) < label * 0.75;
  const labels = ticks.filter((ms) => !covered(ms)).map((ms) => place(el('span', { class: 'tick' }, ms === 0 ? '0' : formatMs(ms)), ms));
  const lines = ticks.map((ms) => place(el('i', {}), ms));
  if (run.timeoutMs !== undefined && run.timeoutMs <= scale.end) {
    lines.push(place(el('i', { class: 'deadline' }), run.timeoutMs));
    labels.push(place(el('span', { class: `tick deadline${late ? ' late' : ''}` }, `timeout ${formatMs(run.timeoutMs)}`), run.timeoutMs));
  }
  $('axis').replaceChildren(...labels);
  $('grid').replaceChildren(...lines);
}

/** One lane's elements; `update` follows its lane, `place` the axis. */
function row(lane) {
  const bar = el('span', { class: 'bar' });
  const deadline = el('span', { class: 'mark-deadline', hidden: true });
  const received = el('span', { class: 'mark-received', hidden: true });
  const words = el('span', { class: 'note' });
  const track = el('span', { class: 'track' }, bar, deadline, received, words);
  const state = el('span', { class: 'state' });
  const time = el('span', { class: 'time' });
  const id = el('span', { class: 'id' }, lane.id, ...(lane.required ? [el('span', { class: 'tag' }, 'required')] : []));
  const target = lane.method === 'GET' ? lane.target : `${lane.method} ${lane.target}`;
  const button = el(
    'button',
    { type: 'button', class: 'lane', tabindex: '-1', 'aria-expanded': 'false', on: { click: () => toggleDetail(lane.index) } },
    state,
    el('span', { class: 'name', title: `${lane.id}: ${lane.method} ${lane.target}` }, id, el('span', { class: 'target' }, target)),
    track,
    time,
  );
  const item = el('li', {}, button);

  function update() {
    if (button.dataset.outcome !== lane.outcome) {
      button.dataset.outcome = lane.outcome;
      state.replaceChildren(icon(ICONS.has(lane.outcome) ? lane.outcome : ENDED_HERE), el('span', { class: 'visually-hidden' }, `${lane.outcome}, `));
    }
    if (lane.winner && !id.querySelector('.winner')) id.append(el('span', { class: 'tag winner' }, icon('winner'), 'winner'));
    words.textContent = note(lane);
    time.textContent = lane.elapsedMs === undefined ? '' : formatMs(lane.elapsedMs);
    for (const [property, ms] of [
      ['--ms', lane.elapsedMs ?? (lane.outcome === 'running' ? undefined : clock)],
      ['--received', lane.receivedMs],
      ['--deadline', lane.deadlineMs],
    ]) {
      if (ms !== undefined) track.style.setProperty(property, String(ms));
    }
    received.hidden = lane.receivedMs === undefined;
    item.hidden = filter !== undefined && filter !== lane.outcome;
    place();
  }

  function place() {
    if (!scale) return;
    const bar = lane.outcome === 'running' ? 0 : (lane.elapsedMs ?? clock) / scale.end;
    const noted = notePlace(bar, Math.max(bar, (lane.receivedMs ?? 0) / scale.end));
    if (track.dataset.note !== noted) track.dataset.note = noted;
    deadline.hidden = lane.deadlineMs === undefined || lane.deadlineMs > scale.end;
  }

  function tick() {
    if (lane.outcome === 'running') track.style.setProperty('--ms', String(clock));
  }

  update();
  return { item, button, update, place, tick, isDrawn: () => button.dataset.outcome === lane.outcome };
}

/**
 * Where a lane's note stands, so that it covers neither the end of the bar nor that of the line to the
 * time of receipt: behind both, on the line, or inside the bar. Both lengths are shares of the axis.
 */
function notePlace(bar, received) {
  if (received <= 0.6) return 'behind';
  return bar >= 0.4 && received - bar < 0.3 ? 'inside' : 'between';
}

const ICONS = new Set([...OUTCOMES.keys(), 'running']);
const ENDED_HERE = 'cancelled';

/** How often each outcome was met; a press shows only the lanes of one. */
function showCounts() {
  if (!run || run.lanes.length === 0) {
    counts.replaceChildren();
    return;
  }
  const tallied = tally(run);
  const order = ['running', ...OUTCOMES.keys(), 'aborted', 'missing'].filter((outcome) => tallied.has(outcome));
  const known = new Map([...counts.children].map((button) => [button.dataset.outcome, button]));
  const buttons = order.map((outcome) => {
    const button = known.get(outcome) ?? countButton(outcome);
    button.setAttribute('aria-pressed', String(filter === outcome));
    button.querySelector('b').textContent = String(tallied.get(outcome));
    return button;
  });
  if (buttons.length !== counts.children.length || buttons.some((button, n) => counts.children[n] !== button)) counts.replaceChildren(...buttons);
}

function countButton(outcome) {
  const press = () => {
    filter = filter === outcome ? undefined : outcome;
    rows.forEach((r) => r.update());
    showCounts();
  };
  return el(
    'button',
    { type: 'button', class: 'count', 'data-outcome': outcome, on: { click: press } },
    icon(ICONS.has(outcome) ? outcome : ENDED_HERE),
    el('b', {}),
    el('span', {}, outcome),
  );
}

function focusRow(index) {
  rows.forEach((r) => r.button.setAttribute('tabindex', '-1'));
  rows[index].button.setAttribute('tabindex', '0');
  rows[index].button.focus();
  if (opened !== undefined) openDetail(index);
}

list.addEventListener('keydown', (event) => {
  const visible = rows.map((r, index) => index).filter((index) => !rows[index].item.hidden);
  const here = visible.findIndex((index) => rows[index].button === document.activeElement);
  if (here === -1) return;
  const page = Math.max(1, Math.floor(frame.clientHeight / rows[visible[here]].item.offsetHeight) - 2);
  const to = { ArrowDown: here + 1, ArrowUp: here - 1, PageDown: here + page, PageUp: here - page, Home: 0, End: visible.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  focusRow(visible[Math.min(Math.max(to, 0), visible.length - 1)]);
});

list.addEventListener('focusin', (event) => {
  const index = rows.findIndex((r) => r.button === event.target);
  if (index === -1) return;
  rows.forEach((r, n) => r.button.setAttribute('tabindex', n === index ? '0' : '-1'));
});

$('panel-lanes').addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || opened === undefined) return;
  const back = rows[opened].button;
  closeDetail();
  back.focus();
});

function toggleDetail(index) {
  if (opened === index) closeDetail();
  else openDetail(index);
}

function closeDetail() {
  if (opened !== undefined) rows[opened]?.button.setAttribute('aria-expanded', 'false');
  opened = undefined;
  unmark(detail);
  detail.hidden = true;
  detail.replaceChildren();
}

function openDetail(index) {
  closeDetail();
  opened = index;
  const lane = run.lanes[index];
  const { result } = lane;
  rows[index].button.setAttribute('aria-expanded', 'true');
  const facts = el('dl', { class: 'facts' });
  const fact = (label, value) => {
    if (value !== undefined && value !== '') facts.append(el('div', {}, el('dt', {}, label), el('dd', {}, String(value))));
  };
  fact('Status', result?.status);
  fact('Elapsed', lane.elapsedMs === undefined ? undefined : formatMs(lane.elapsedMs));
  fact('Received', lane.receivedMs === undefined ? undefined : formatMs(lane.receivedMs));
  fact('Attempts', result?.attempts);
  fact('Source', result?.source);
  const { type, layer, phase, budgetMs, detail: said, ...more } = result?.error ?? {};
  fact('Error', type);
  fact('Layer', layer);
  fact('Phase', phase);
  fact('Budget', budgetMs === undefined ? undefined : formatMs(budgetMs));
  for (const [name, value] of Object.entries(more)) fact(name[0].toUpperCase() + name.slice(1), typeof value === 'object' ? JSON.stringify(value) : value);
  detail.replaceChildren(
    el(
      'header',
      {},
      el('span', { class: 'chip', 'data-outcome': lane.outcome }, icon(ICONS.has(lane.outcome) ? lane.outcome : ENDED_HERE), lane.outcome),
      el('h3', { id: 'detail-title' }, lane.id),
      el('code', {}, `${lane.method} ${result?.url ?? lane.target}`),
      el('button', { type: 'button', class: 'quiet', 'aria-label': 'Close detail', on: { click: () => (closeDetail(), rows[index].button.focus()) } }, icon('close')),
    ),
    facts,
    ...(said ? [el('p', { class: 'error-detail' }, String(said))] : []),
    el('div', { class: 'columns' }, ...body(lane), ...headers(result), ...asked(lane)),
  );
  detail.hidden = false;
  rows[index].item.scrollIntoView({ block: 'nearest' });
}

function block(title, pre, extra) {
  return el('section', {}, el('div', { class: 'toolbar' }, el('h4', {}, title), el('span', { class: 'grow' }), ...(extra ? [extra] : [])), pre);
}

const code = () => el('pre', { class: 'code', tabindex: '0' });

/** The body as it came: indented if JSON (no digit changed), text as text, bytes as a dump. */
function body(lane) {
  const { result, source } = lane;
  if (!result || (result.body === undefined && result.bodyBase64 === undefined)) return [];
  const pre = code();
  let text;
  let title = 'Body';
  if (typeof result.bodyBase64 === 'string') {
    const bytes = Uint8Array.from(atob(result.bodyBase64), (c) => c.charCodeAt(0));
    title = `Body, ${formatBytes(bytes.length)}`;
    pre.textContent = hexDump(bytes) + (bytes.length > 512 ? '\n…' : '');
    text = result.bodyBase64;
  } else if (typeof result.body === 'string') {
    text = result.body;
    pre.textContent = cut(text);
  } else {
    text = slice(source, 'body', result.body);
    showJson(pre, cut(text));
  }
  const button = el('button', { type: 'button' }, 'Copy');
  button.addEventListener('click', () => copy(text, button));
  return [block(title, pre, button)];
}

const cut = (text) => (text.length > BODY_LIMIT ? `${text.slice(0, BODY_LIMIT)}\n… ${text.length - BODY_LIMIT} characters more, see the raw answer` : text);

/** The text of a member of a result, out of the document it was read from. */
function slice({ document: source, path }, name, value) {
  try {
    source.root ??= read(source.text);
    return format(source.text, { node: at(source.root, ...path, name), width: 72 });
  } catch {
    return JSON.stringify(value, null, 2);
  }
}

function headers(result) {
  const names = Object.entries(result?.headers ?? {});
  if (names.length === 0) return [];
  const pre = code();
  pre.textContent = names.flatMap(([name, values]) => [values].flat().map((value) => `${name}: ${value}`)).join('\n');
  return [block('Headers', pre)];
}

function asked(lane) {
  const pre = code();
  try {
    run.sent.root ??= read(run.sent.text);
    showJson(pre, format(run.sent.text, { node: at(run.sent.root, 'requests', lane.index), width: 56 }));
  } catch {
    return [];
  }
  return [block('Call', pre)];
}
