/**
 * Example batches for the `demo` profile: its services are a (300 ms), b (50 ms, required) and
 * c (100 ms), each backed by the upstream simulator.
 */
import { format } from './json.js';

const call = (id, service, path, more = {}) => ({ id, service, path, ...more });

const EXAMPLES = [
  {
    id: 'gather',
    group: 'Strategies',
    label: 'gather',
    mode: 'sse',
    note: 'Waits for every call. Results come in input order: the line behind a bar ends when its result was received.',
    batch: {
      strategy: 'gather',
      timeout: '800ms',
      requests: [
        call('stock', 'a', '/delay/20'),
        call('price', 'b', '/delay/15'),
        call('shipping', 'a', '/delay/140'),
        call('reviews', 'c', '/delay/60'),
        call('tax', 'a', '/json'),
        call('ads', 'c', '/status/404'),
        call('related', 'a', '/delay/95'),
      ],
    },
  },
  {
    id: 'as-completed',
    group: 'Strategies',
    label: 'as-completed',
    mode: 'sse',
    note: 'Each result is sent the moment it lands.',
    batch: {
      strategy: 'as-completed',
      requests: [
        call('slow', 'a', '/delay/220'),
        call('medium', 'a', '/delay/120'),
        call('quick', 'b', '/delay/10'),
        call('late', 'c', '/delay/400'),
        call('steady', 'a', '/delay/60'),
        call('bytes', 'c', '/bytes/64'),
      ],
    },
  },
  {
    id: 'first-completed',
    group: 'Strategies',
    label: 'first-completed',
    mode: 'json',
    note: 'The first success wins, the others are cancelled. A fast failure does not win.',
    batch: {
      strategy: 'first-completed',
      requests: [
        call('broken', 'a', '/status/500'),
        call('replica-1', 'a', '/delay/180'),
        call('replica-2', 'a', '/delay/45'),
        call('replica-3', 'c', '/delay/90'),
      ],
    },
  },
  {
    id: 'wait-all',
    group: 'wait',
    label: 'wait, all-completed',
    mode: 'json',
    note: 'Returns when all have an outcome or the timeout has passed, which is no error.',
    batch: {
      strategy: 'wait',
      returnWhen: 'all-completed',
      timeout: '150ms',
      requests: [
        call('one', 'a', '/delay/30'),
        call('two', 'a', '/delay/110'),
        call('three', 'a', '/delay/250'),
        call('four', 'c', '/delay/70'),
      ],
    },
  },
  {
    id: 'wait-first-exception',
    group: 'wait',
    label: 'wait, first-exception',
    mode: 'json',
    note: 'Returns at the first call that failed, timed out or was rejected.',
    batch: {
      strategy: 'wait',
      returnWhen: 'first-exception',
      requests: [
        call('one', 'a', '/delay/25'),
        call('two', 'c', '/delay/400', { timeout: '70ms' }),
        call('three', 'a', '/delay/160'),
        call('four', 'a', '/delay/230'),
      ],
    },
  },
  {
    id: 'wait-first-completed',
    group: 'wait',
    label: 'wait, first-completed',
    mode: 'json',
    note: 'Returns at the first call with any outcome, success or not.',
    batch: {
      strategy: 'wait',
      returnWhen: 'first-completed',
      pending: 'cancel',
      requests: [call('one', 'a', '/delay/130'), call('two', 'a', '/delay/40'), call('three', 'c', '/delay/80')],
    },
  },
  {
    id: 'wait-detach',
    group: 'wait',
    label: 'wait, pending: detach',
    mode: 'json',
    note: 'Answers at the timeout; what is pending runs on and is found under Location.',
    batch: {
      strategy: 'wait',
      pending: 'detach',
      timeout: '60ms',
      requests: [call('one', 'a', '/delay/20'), call('two', 'a', '/delay/200'), call('three', 'a', '/delay/280')],
    },
  },
  {
    id: 'timeouts',
    group: 'Limits',
    label: 'layered timeouts',
    mode: 'sse',
    note: 'Gateway ⊇ service ⊇ request; the earliest deadline counts, and a call says which one it met.',
    batch: {
      strategy: 'as-completed',
      timeout: '250ms',
      requests: [
        call('request-40', 'a', '/delay/200', { timeout: '40ms' }),
        call('service-b-50', 'b', '/delay/200', { required: false }),
        call('service-c-100', 'c', '/delay/400'),
        call('slow-body', 'c', '/drip'),
        call('batch-250', 'a', '/delay/400'),
        call('in-time', 'a', '/delay/180'),
      ],
    },
  },
  {
    id: 'quorum',
    group: 'Limits',
    label: 'quorum',
    mode: 'sse',
    note: 'minSuccess: done as soon as three succeeded, the rest is cancelled.',
    batch: {
      strategy: 'as-completed',
      minSuccess: 3,
      requests: [
        call('node-1', 'a', '/delay/35'),
        call('node-2', 'a', '/delay/210'),
        call('node-3', 'a', '/delay/80'),
        call('node-4', 'a', '/status/500'),
        call('node-5', 'a', '/delay/120'),
        call('node-6', 'a', '/delay/260'),
      ],
    },
  },
  {
    id: 'fail-fast',
    group: 'Limits',
    label: 'fail fast',
    mode: 'json',
    note: 'The first call that does not succeed ends the batch and cancels its siblings: 504 where time ran out, else 502.',
    batch: {
      strategy: 'gather',
      onFailure: 'fail',
      requests: [
        call('stock', 'a', '/delay/20'),
        call('shipping', 'a', '/delay/200'),
        call('reviews', 'c', '/delay/70', { timeout: '45ms' }),
        call('related', 'a', '/delay/150'),
      ],
    },
  },
  {
    id: 'required',
    group: 'Limits',
    label: 'required call',
    mode: 'json',
    note: 'Service b is required and has 50 ms: without it the batch has failed, here with 504.',
    batch: {
      strategy: 'gather',
      requests: [call('price', 'b', '/delay/120'), call('stock', 'a', '/delay/20'), call('reviews', 'c', '/delay/35')],
    },
  },
  {
    id: 'faults',
    group: 'Faults',
    label: 'upstream faults',
    mode: 'sse',
    note: 'Each fault stays in its own slot.',
    batch: () => ({
      strategy: 'gather',
      requests: [
        call('fine', 'a', '/json'),
        call('reset', 'a', '/reset'),
        call('black-hole', 'c', '/hang'),
        call('flaky', 'a', `/flaky?failures=2&key=${Math.random().toString(36).slice(2, 8)}`),
        call('not-found', 'a', '/status/404'),
        call('not-found-is-fine', 'a', '/status/404', { success: ['2xx', '404'] }),
        call('redirect', 'a', '/redirect/2', { redirects: 2 }),
        call('echo', 'a', '/echo', { method: 'POST', headers: { 'x-tenant': 'a' }, body: { text: 'hi' } }),
        { id: 'metadata', url: 'http://169.254.169.254/latest/meta-data/' },
      ],
    }),
  },
  {
    id: 'invalid',
    group: 'Faults',
    label: 'invalid batch',
    mode: 'json',
    note: 'Refused with 400: every fault at once, each with its pointer.',
    batch: {
      strategy: 'gather',
      returnWhen: 'first-exception',
      timeout: 'soon',
      requests: [
        call('stock', 'a', '/delay/20'),
        call('stock', 'c', '/delay/30'),
        { id: 'both', url: 'http://127.0.0.1/', service: 'a', path: '/json' },
        call('typo', 'a', '/json', { timeuot: '40ms' }),
      ],
    },
  },
  {
    id: 'wide',
    group: 'Scale',
    label: '500 calls',
    mode: 'sse',
    note: '500 calls at once; select an outcome to see its lanes only.',
    batch: {
      strategy: 'as-completed',
      timeout: '900ms',
      requests: Array.from({ length: 500 }, (_, n) => {
        if (n % 61 === 17) return call(`call-${n}`, 'a', '/status/503');
        return call(`call-${n}`, n % 4 === 3 ? 'c' : 'a', `/delay/${10 + ((n * 7919) % (n % 4 === 3 ? 104 : 240))}`);
      }),
    },
  },
];

/** `{id, group, label, mode, note, text}`; `text()` is the batch, indented. */
export const PRESETS = EXAMPLES.map(({ batch, ...preset }) => ({
  ...preset,
  text: () => format(JSON.stringify(typeof batch === 'function' ? batch() : batch), { width: 62 }),
}));
