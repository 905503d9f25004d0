/** A batch as the console sees it: lanes, their outcomes, and how both are put into words. */

export const ACCEPT = { json: 'application/json', sse: 'text/event-stream', ndjson: 'application/x-ndjson' };

/** Outcomes of a call, in the order in which they are counted; the key is the one in `counts`. */
export const OUTCOMES = new Map([
  ['succeeded', 'succeeded'],
  ['failed', 'failed'],
  ['timed-out', 'timedOut'],
  ['rejected', 'rejected'],
  ['cancelled', 'cancelled'],
  ['pending', 'pending'],
]);

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Milliseconds of `250ms`, `2s` or an ISO-8601 `PT…`; undefined for anything else. */
export function durationMs(text) {
  if (typeof text !== 'string') return undefined;
  const simple = /^\s*(\d+)\s*(ms|s)\s*$/i.exec(text);
  if (simple) return Number(simple[1]) * (simple[2].toLowerCase() === 's' ? 1000 : 1);
  const iso = /^PT(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d+)?)S)?$/i.exec(text.trim());
  if (!iso) return undefined;
  const [, hours = 0, minutes = 0, seconds = '0'] = iso;
  return Math.round((Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds.replace(',', '.'))) * 1000);
}

/**
 * One lane per call, in input order. The batch may be anything that parsed: what cannot be read is
 * left out, the service is the judge of it.
 */
export function plan(batch) {
  const requests = isObject(batch) && Array.isArray(batch.requests) ? batch.requests : [];
  return {
    strategy: batch?.strategy ?? 'gather',
    timeoutMs: durationMs(batch?.timeout),
    lanes: requests.map((request, index) => {
      const call = isObject(request) ? request : { url: typeof request === 'string' ? request : undefined };
      return {
        index,
        id: typeof call.id === 'string' ? call.id : String(index),
        method: typeof call.method === 'string' ? call.method : 'body' in call || 'bodyBase64' in call ? 'POST' : 'GET',
        target: call.service === undefined ? String(call.url ?? '') : `${call.service} ${call.path ?? ''}`,
        required: call.required === true,
        deadlineMs: durationMs(call.timeout),
        outcome: 'running',
        winner: false,
      };
    }),
  };
}

/**
 * Puts a result into its lane and returns it. `source` is the JSON text the result was read from and
 * where in it the result stands, `receivedMs` when a stream brought it.
 */
export function settle(run, result, source, receivedMs) {
  const lane = laneOf(run, result);
  if (!lane) return undefined;
  lane.outcome = OUTCOMES.has(result.outcome) ? result.outcome : 'failed';
  lane.result = result;
  lane.source = source;
  lane.receivedMs = receivedMs;
  lane.elapsedMs = typeof result.elapsedMs === 'number' ? result.elapsedMs : undefined;
  if (result.error?.type === 'timeout' && typeof result.error.budgetMs === 'number' && lane.deadlineMs === undefined) {
    lane.deadlineMs = result.error.budgetMs;
  }
  return lane;
}

function laneOf(run, { id, index }) {
  const lane = run.lanes[index];
  return lane && (id === undefined || lane.id === id) ? lane : run.lanes.find((candidate) => candidate.id === id);
}

/** Takes over what only the summary knows: the winner, and the calls `wait` left pending. */
export function conclude(run, summary) {
  const pending = new Set(Array.isArray(summary.pending) ? summary.pending : []);
  for (const lane of run.lanes) {
    lane.winner = summary.winner !== undefined && lane.id === summary.winner;
    if (lane.outcome === 'running' && pending.has(lane.id)) lane.outcome = 'pending';
  }
}

/** Ends every lane that has no result; why is `aborted`, `refused` or `missing`. */
export function close(run, why) {
  for (const lane of run.lanes) {
    if (lane.outcome === 'running') lane.outcome = why;
  }
}

/** How many lanes ended in which way, in the keys of OUTCOMES, others under their own. */
export function tally(run) {
  const counts = new Map();
  for (const lane of run.lanes) counts.set(lane.outcome, (counts.get(lane.outcome) ?? 0) + 1);
  return counts;
}

/** What is written on a lane's bar. */
export function note(lane) {
  const { result } = lane;
  if (!result) {
    return { running: '', aborted: 'aborted here', refused: 'not started', missing: 'no result', pending: 'still running' }[lane.outcome] ?? '';
  }
  const words = [];
  const { error } = result;
  if (error) {
    words.push([error.type, error.type === 'http-status' ? result.status : undefined].filter((word) => word !== undefined).join(' '));
    if (error.layer) words.push(error.budgetMs === undefined ? error.layer : `${error.layer} ${formatMs(error.budgetMs)}`);
    if (error.phase) words.push(error.phase);
  } else if (result.status !== undefined) {
    words.push(String(result.status));
  } else if (result.outcome === 'pending') {
    words.push('still running');
  }
  if (result.attempts > 1) words.push(`${result.attempts} attempts`);
  if (result.source) words.push(`from ${result.source}`);
  return words.join(' · ');
}

/** `0.4 ms`, `12.1 ms`, `830 ms`, `1.25 s`. */
export function formatMs(ms) {
  if (typeof ms !== 'number' || !Number.isFinite(ms)) return '–';
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`;
  return Number.isInteger(ms) || ms >= 99.95 ? `${Math.round(ms)} ms` : `${ms.toFixed(1)} ms`;
}

/** `87 B`, `1.4 kB`, `2.1 MB`. */
export function formatBytes(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** Milliseconds on the axis of a running batch, at least; it is rescaled seldom. */
const RUNNING_AXIS = 250;

/**
 * The time axis: its end and its ticks, all round numbers. A finished batch ends its axis with its
 * last call, a running one has room ahead; the deadline of the batch is on it if that would not
 * squeeze the bars.
 */
export function axis(run, nowMs) {
  let longest = Math.max(nowMs, 1);
  if (run.lanes.some((lane) => lane.outcome === 'running')) longest = Math.max(longest * 1.2, RUNNING_AXIS);
  for (const lane of run.lanes) longest = Math.max(longest, lane.elapsedMs ?? 0, lane.receivedMs ?? 0);
  if (run.timeoutMs !== undefined && run.timeoutMs <= longest * 1.6) longest = Math.max(longest, run.timeoutMs * 1.02);
  const step = roundUp(longest / 6, [1, 2, 2.5, 5, 10]);
  const end = Math.ceil((longest * 1.02) / step) * step;
  const ticks = [];
  for (let n = 0; n * step <= end + step / 1000; n++) ticks.push(Number((n * step).toPrecision(6)));
  return { end, ticks };
}

function roundUp(value, mantissas) {
  const unit = 10 ** Math.floor(Math.log10(value));
  return mantissas.find((mantissa) => mantissa * unit >= value * 0.999) * unit;
}

/** A POSIX shell word that stands for exactly this text. */
export function shellQuote(text) {
  return /^[A-Za-z0-9_\/:=.,@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** The curl command that sends this batch; `-N` so that a stream is printed as it comes. */
export function curl(url, mode, body) {
  return [
    `curl -sS${mode === 'json' ? '' : 'N'} ${shellQuote(url)}`,
    `-H ${shellQuote('Content-Type: application/json')}`,
    `-H ${shellQuote(`Accept: ${ACCEPT[mode]}`)}`,
    `--data-raw ${shellQuote(body)}`,
  ].join(' \\\n  ');
}

/** The first bytes as offset, hex and ASCII columns. */
export function hexDump(bytes, limit = 512) {
  const rows = [];
  for (let at = 0; at < Math.min(bytes.length, limit); at += 16) {
    const row = [...bytes.subarray(at, Math.min(at + 16, limit))];
    const hex = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ').padEnd(47);
    const ascii = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    rows.push(`${at.toString(16).padStart(6, '0')}  ${hex}  ${ascii}`);
  }
  return rows.join('\n');
}
