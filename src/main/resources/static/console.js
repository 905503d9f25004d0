/** Runs a batch and follows its answer, in whichever of the three media types it comes. */
import { ACCEPT, close, conclude, curl, formatBytes, formatMs, plan, settle, tally } from './batch.js';
import { $, copy, el, icon, showJson } from './dom.js';
import * as editor from './editor.js';
import { locate, read } from './json.js';
import { PRESETS } from './presets.js';
import { fromHash, toHash } from './share.js';
import { mediaType, ndjsonReader, sseReader } from './stream.js';
import * as waterfall from './waterfall.js';

const ENDPOINT = new URL('batches', document.baseURI);
const STORE = 'muster.console';
const KEY_STORE = 'muster.console.key';
/** The raw tab shows no more than this; its copy button has all of it. */
const RAW_LIMIT = 1_000_000;

// The batch: examples, answer mode, link, store.

const example = { id: '', text: undefined };
const exampleId = () => (editor.text() === example.text ? example.id : '');
const mode = () => document.querySelector('input[name=mode]:checked').value;

function setMode(value) {
  for (const input of document.querySelectorAll('input[name=mode]')) {
    if (input.value === value) input.checked = true;
  }
}

/** Loads an example into the editor; false if there is none of that name. */
function load(id, answerMode) {
  const found = PRESETS.find((preset) => preset.id === id);
  if (!found) return false;
  example.id = id;
  example.text = found.text();
  setMode(answerMode ?? found.mode);
  editor.replace(example.text);
  return true;
}

function batchChanged() {
  const id = exampleId();
  $('preset').value = id;
  $('preset-note').textContent = PRESETS.find((preset) => preset.id === id)?.note ?? 'Own batch. Sent as it stands.';
  allowRun();
  $('curl').textContent = curl(ENDPOINT.href, mode(), editor.text());
  clearTimeout(remembering);
  remembering = setTimeout(remember, 250);
}

function allowRun() {
  $('run').disabled = running !== undefined || editor.isFaulty();
}

let remembering;

/** Keeps batch and mode in the store and in the address. */
async function remember() {
  const state = { preset: exampleId(), text: editor.text(), mode: mode() };
  try {
    localStorage.setItem(STORE, JSON.stringify({ text: state.text, mode: state.mode }));
  } catch {
    // A full or forbidden store costs the reader this convenience only.
  }
  const hash = await toHash(state);
  if (state.text !== editor.text()) return;
  $('link').disabled = hash === undefined;
  $('link').title = hash === undefined ? 'This batch is too large for a link' : '';
  history.replaceState(null, '', hash ?? location.pathname);
}

function stored() {
  try {
    const { text, mode: answerMode } = JSON.parse(localStorage.getItem(STORE));
    return typeof text === 'string' ? { text, mode: answerMode } : undefined;
  } catch {
    return undefined;
  }
}

/** Fills the editor from the address, else from the last visit, else with the first example. */
async function restore() {
  const linked = await fromHash(location.hash);
  if (linked.text !== undefined) {
    setMode(linked.mode);
    editor.replace(linked.text);
  } else if (!load(linked.preset, linked.mode)) {
    const last = stored();
    if (last) {
      setMode(last.mode);
      editor.replace(last.text);
    } else {
      load(PRESETS[0].id);
    }
  }
  // A link from anybody must not make calls in the name of whoever gave a key here.
  if (linked.run && $('key').value === '') run();
}

// One run, from the request to the last lane.

let running;
let raw = '';

async function run() {
  if (running) return;
  if (editor.isFaulty()) {
    $('validity').click();
    return;
  }
  const text = editor.text();
  const asked = mode();
  const current = Object.assign(plan(JSON.parse(text)), {
    sent: { text },
    controller: new AbortController(),
    facts: { mode: asked },
    state: 'running',
  });
  running = current;
  raw = '';
  setBusy(true);
  showProblem();
  waterfall.show(current);
  showBanner(current, 0);
  showRaw(current);
  try {
    // The clock starts once the lanes stand: laying out hundreds of them must not look like a slow answer.
    await new Promise((ready) => {
      requestAnimationFrame(() => setTimeout(ready));
      setTimeout(ready, 100);
    });
    current.startedAt = performance.now();
    requestAnimationFrame(frame);
    await receive(current, await send(text, asked, current.controller.signal));
  } catch (failure) {
    current.controller.abort();
    current.state = failure.name === 'AbortError' ? 'aborted' : 'broken';
    if (current.state === 'broken') {
      showProblem({ title: current.facts.status === undefined ? 'No answer' : 'The answer broke off', detail: failure.message });
    }
  }
  end(current);
}

/** The caller's credentials, if there are any. They stay out of the link and of the curl command. */
function authorization() {
  const key = $('key').value.trim();
  return key === '' ? {} : { Authorization: `Bearer ${key}` };
}

/** Keeps the credentials until the tab is closed, or not at all where the browser does not allow that. */
function rememberKey() {
  try {
    sessionStorage.setItem(KEY_STORE, $('key').value);
  } catch {
    // They are then typed again after a reload.
  }
}

function restoreKey() {
  try {
    $('key').value = sessionStorage.getItem(KEY_STORE) ?? '';
  } catch {
    // There is none to restore.
  }
}

const send = (body, asked, signal) =>
  fetch(ENDPOINT, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: ACCEPT[asked], ...authorization() },
    body,
    signal,
    cache: 'no-store',
    redirect: 'error',
  });

const elapsed = (current) => performance.now() - current.startedAt;

async function receive(current, response) {
  const { facts } = current;
  const type = mediaType(response.headers.get('content-type'));
  facts.status = response.status;
  facts.batchId = response.headers.get('muster-batch-id') ?? undefined;
  facts.location = response.headers.get('location') ?? undefined;
  facts.retryAfter = response.headers.get('retry-after') ?? undefined;
  current.answerHead = [`HTTP ${response.status}`, ...[...response.headers].map(([name, value]) => `${name}: ${value}`)].join('\n');
  const reader = streamReader(current, type);
  const decoder = new TextDecoder();
  if (response.body) {
    const chunks = response.body.getReader();
    for (let chunk = await chunks.read(); !chunk.done; chunk = await chunks.read()) {
      const part = decoder.decode(chunk.value, { stream: true });
      raw += part;
      reader?.push(part);
    }
  }
  const rest = decoder.decode();
  raw += rest;
  reader?.push(rest);
  reader?.end();
  if (!reader) takeDocument(current, type);
  if (current.state === 'running' && !current.summary) {
    current.state = 'broken';
    showProblem({
      title: reader ? 'The answer broke off' : `HTTP ${response.status}`,
      detail: reader ? 'The stream ended without a summary.' : `Not an answer of Muster: ${type || 'no content type'}. The raw answer has the text.`,
    });
  }
}

function streamReader(current, type) {
  if (type === ACCEPT.sse) {
    return sseReader(({ event, data }) => {
      if (event === 'result') takeResult(current, JSON.parse(data), { document: { text: data }, path: [] });
      else if (event === 'summary') takeSummary(current, JSON.parse(data));
    });
  }
  if (type === ACCEPT.ndjson) {
    return ndjsonReader((line) => {
      const { result, summary } = JSON.parse(line);
      if (result) takeResult(current, result, { document: { text: line }, path: ['result'] });
      else if (summary) takeSummary(current, summary);
    });
  }
  return undefined;
}

function takeResult(current, result, source) {
  const lane = settle(current, result, source, elapsed(current));
  if (lane) waterfall.touch(lane);
}

function takeSummary(current, summary) {
  current.summary = summary;
  current.state = summary.outcome ?? 'complete';
  conclude(current, summary);
}

/** A JSON answer: a batch, a batch that failed inside a problem, or a refusal. */
function takeDocument(current, type) {
  if (!type.endsWith('json')) return;
  const answer = JSON.parse(raw);
  const isProblem = type === 'application/problem+json';
  const batch = isProblem ? answer.batch : answer;
  if (isProblem) showProblem(answer);
  if (!batch) {
    current.state = 'refused';
    return;
  }
  const document = { text: raw };
  const path = isProblem ? ['batch', 'results'] : ['results'];
  (batch.results ?? []).forEach((result, n) => settle(current, result, { document, path: [...path, n] }));
  takeSummary(current, batch);
}

function end(current) {
  current.finishedMs = elapsed(current);
  close(current, { aborted: 'aborted', refused: 'refused' }[current.state] ?? 'missing');
  running = undefined;
  setBusy(false);
  if (current.state === 'refused') {
    waterfall.show({ lanes: [] });
  } else {
    waterfall.touchOpen();
    waterfall.draw(endOfAxis(current));
  }
  showBanner(current, current.finishedMs);
  showRaw(current);
  announce(current);
}

/** The gateway's own time where it is known: the way back to the browser is not the batch's. */
const endOfAxis = (current) => current.summary?.elapsedMs ?? current.finishedMs;

function frame() {
  if (!running) return;
  const now = elapsed(running);
  waterfall.draw(now);
  showBanner(running, now);
  if (!$('panel-raw').hidden) showRaw(running);
  requestAnimationFrame(frame);
}

function setBusy(busy) {
  const focused = document.activeElement;
  allowRun();
  $('cancel').disabled = !busy;
  $('banner').setAttribute('aria-busy', String(busy));
  if (busy && focused === $('run')) $('cancel').focus();
  if (!busy && focused === $('cancel')) $('run').focus();
}

// What is said about the batch as a whole.

const CHIPS = {
  idle: ['pending', 'Idle'],
  running: ['running', 'Running'],
  complete: ['succeeded', 'Complete'],
  partial: ['partial', 'Partial'],
  failed: ['failed', 'Failed'],
  refused: ['rejected', 'Refused'],
  aborted: ['cancelled', 'Cancelled here'],
  broken: ['failed', 'No answer'],
};

function chipOf(current) {
  if (current.state === 'running' && current.summary) return ['pending', 'Detached'];
  if (current.state === 'broken' && current.facts.status !== undefined) return ['failed', 'Broken off'];
  return CHIPS[current.state] ?? ['pending', String(current.state)];
}

let shownChip;

function showBanner(current, nowMs) {
  const [glyph, label] = chipOf(current);
  if (shownChip !== label) {
    shownChip = label;
    $('chip').dataset.outcome = glyph;
    $('chip').replaceChildren(icon(glyph), label);
  }
  const { facts, summary, lanes } = current;
  const finished = current.finishedMs !== undefined;
  const settled = lanes.length - (tally(current).get('running') ?? 0);
  setFacts([
    ['Elapsed', finished && !summary ? undefined : formatMs(summary?.elapsedMs ?? nowMs)],
    ['Round trip', finished ? formatMs(current.finishedMs) : undefined],
    ['HTTP', facts.status],
    ['Strategy', summary?.strategy ?? current.strategy],
    ['Settled', finished ? undefined : `${settled} / ${lanes.length}`],
    ['Winner', summary?.winner],
    ['Retry after', facts.retryAfter === undefined ? undefined : `${facts.retryAfter} s`],
    ['Location', facts.location],
    ['Muster-Batch-Id', facts.location === undefined ? (facts.batchId ?? summary?.id) : undefined],
  ]);
}

/** Labels and values above the waterfall. Elements stay, so that nothing flickers while the clock runs. */
function setFacts(pairs) {
  const list = $('facts');
  const wanted = pairs.filter(([, value]) => value !== undefined && value !== null);
  while (list.children.length > wanted.length) list.lastChild.remove();
  wanted.forEach(([label, value], n) => {
    const group = list.children[n] ?? list.appendChild(el('div', {}, el('dt'), el('dd')));
    const [term, description] = group.children;
    if (term.textContent !== label) term.textContent = label;
    if (description.textContent !== String(value)) description.textContent = String(value);
    group.classList.toggle('wide', label === 'Muster-Batch-Id' || label === 'Location');
  });
}

function announce(current) {
  const parts = [...tally(current)].map(([outcome, count]) => `${count} ${outcome}`);
  const time = formatMs(current.summary?.elapsedMs ?? current.finishedMs);
  $('announce').textContent = `Batch ${chipOf(current)[1].toLowerCase()} after ${time}: ${parts.join(', ')}.`;
}

/** A refusal or a failed batch, each fault with the way to its place in the editor. */
function showProblem(problem) {
  const box = $('problem');
  box.hidden = problem === undefined;
  if (problem === undefined) {
    box.replaceChildren();
    return;
  }
  const errors = Array.isArray(problem.errors) ? problem.errors : [];
  const places = errors.map((error) => placeOf(error));
  box.replaceChildren(
    el('h3', {}, String(problem.title ?? 'Problem'), ...(problem.type ? [el('code', {}, String(problem.type))] : [])),
    ...(problem.detail ? [el('p', {}, String(problem.detail))] : []),
    ...(errors.length > 0 ? [el('ul', {}, ...errors.map((error, n) => faultItem(error, places[n])))] : []),
  );
  if (places.some(Boolean)) editor.showFaults(places.filter(Boolean));
}

function faultItem(error, place) {
  const pointer = el('code', {}, String(error.pointer ?? '#'));
  const detail = el('span', {}, String(error.detail ?? ''));
  if (!place) return el('li', {}, pointer, detail);
  return el('li', {}, el('button', { type: 'button', title: 'Show in the editor', on: { click: () => showPlace(error) } }, pointer, detail));
}

function showPlace(error) {
  const place = placeOf(error);
  if (place) editor.select(place.start, place.end);
}

/** Where a fault stands in the text as it is now; undefined where the text cannot tell. */
function placeOf({ pointer, detail }) {
  const offset = editor.offsetIn(detail);
  if (offset !== undefined) return { start: offset, end: offset + 1 };
  try {
    const root = read(editor.text());
    const range = locate(root, String(pointer ?? '#'));
    return range.start === root.start ? { start: root.start, end: root.start + 1 } : range;
  } catch {
    return undefined;
  }
}

function showRaw(current) {
  const size = new TextEncoder().encode(raw).length;
  $('raw-copy').disabled = raw === '';
  $('raw-head').textContent = current.answerHead ?? '';
  $('raw-head').hidden = current.answerHead === undefined;
  $('raw-note').textContent = current.answerHead === undefined ? 'No answer yet.' : `${formatBytes(size)}${raw.length > RAW_LIMIT ? `, the first ${formatBytes(RAW_LIMIT)} shown` : ''}`;
  showJson($('raw'), raw.slice(0, RAW_LIMIT));
}

// Tabs, buttons, keys.

function showTab(tab) {
  for (const other of document.querySelectorAll('[role=tab]')) {
    const selected = other === tab;
    other.setAttribute('aria-selected', String(selected));
    other.tabIndex = selected ? 0 : -1;
    $(other.getAttribute('aria-controls')).hidden = !selected;
  }
  $('counts').hidden = tab.id !== 'tab-lanes';
}

function wire() {
  const tabs = [...document.querySelectorAll('[role=tab]')];
  tabs.forEach((tab, n) => {
    tab.addEventListener('click', () => showTab(tab));
    tab.addEventListener('keydown', (event) => {
      const to = { ArrowRight: n + 1, ArrowLeft: n - 1, Home: 0, End: tabs.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      const next = tabs[(to + tabs.length) % tabs.length];
      showTab(next);
      next.focus();
    });
  });
  $('preset').append(el('option', { value: '', disabled: true }, 'Own batch'));
  for (const [group, presets] of Map.groupBy(PRESETS, (preset) => preset.group)) {
    $('preset').append(el('optgroup', { label: group }, ...presets.map(({ id, label }) => el('option', { value: id }, label))));
  }
  $('preset').addEventListener('change', (event) => load(event.target.value));
  $('mode').addEventListener('change', batchChanged);
  $('key').addEventListener('input', rememberKey);
  restoreKey();
  $('run').addEventListener('click', run);
  $('cancel').addEventListener('click', () => running?.controller.abort());
  $('format').addEventListener('click', editor.tidy);
  $('link').addEventListener('click', async (event) => {
    const button = event.currentTarget;
    await remember();
    copy(location.href, button);
  });
  $('raw-copy').addEventListener('click', (event) => copy(raw, event.currentTarget));
  $('curl-copy').addEventListener('click', (event) => copy($('curl').textContent, event.currentTarget));
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    run();
  });
  addEventListener('hashchange', restore);
  if (/Mac|iPhone|iPad/.test(navigator.platform)) $('run-key').textContent = '⌘ ↵';
}

editor.listen(batchChanged);
wire();
$('chip').replaceChildren(icon('pending'), CHIPS.idle[1]);
restore();
