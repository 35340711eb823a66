// Makes requests of a fixed mix to the example application, and tells at its end, as one line of
// JSON, how many of each kind it made: what the backend's request counter must have grown by.
//
//   node traffic.mjs [--url http://localhost:8080] [--rate 5] [--duration 60] [--seed 1]
//
// --rate is in requests per second. Without --duration (in seconds) it runs until SIGTERM or
// SIGINT. The same seed makes the same requests in the same order.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

/** Shares are in percent. `route` is the label that the backend counts the request under. */
const MIX = [
  { share: 10, path: () => '/' },
  { share: 40, path: () => '/api/items', route: '/api/items', status: 200 },
  { share: 30, path: (pick) => `/api/items/${1 + pick(5)}`, route: '/api/items/:id', status: 200 },
  { share: 6, path: () => '/api/slow', route: '/api/slow', status: 200 },
  { share: 3, path: (pick) => `/api/items/${100 + pick(900)}`, route: '/api/items/:id', status: 404 },
  { share: 3, path: (pick) => `/api/nothing/${pick(1000)}`, route: 'unmatched', status: 404 },
  { share: 2, path: () => '/api/admin', route: '/api/admin', status: 403 },
  { share: 2, path: () => '/api/fail', route: '/api/fail', status: 500 },
  { share: 2, path: () => '/api/log', route: '/api/log', status: 202, message: 'Order paid', level: 'log' },
  { share: 2, path: () => '/api/log', route: '/api/log', status: 202, message: 'Payment refused', level: 'error' },
];

/** Longer than the slowest answer (1.2 s) by far. */
const TIMEOUT_MS = 10_000;

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://localhost:8080' },
    rate: { type: 'string', default: '5' },
    duration: { type: 'string', default: 'Infinity' },
    seed: { type: 'string', default: '1' },
  },
});
const rate = positive('rate');
const wanted = Math.round(rate * positive('duration'));
const pick = numbers(Number(values.seed));
const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => stop.abort());

const summary = { requests: 0, pages: 0, unexpected: 0, unanswered: 0 };
const backend = new Map();
const inFlight = new Set();
const started = performance.now();
for (let i = 0; i < wanted && !stop.signal.aborted; i += 1) {
  const wait = started + (i * 1000) / rate - performance.now();
  await sleep(wait, undefined, { signal: stop.signal }).catch(() => undefined);
  if (stop.signal.aborted) break;
  const request = make(kind(pick(100))).finally(() => inFlight.delete(request));
  inFlight.add(request);
}
await Promise.all(inFlight);
const seconds = Math.round(performance.now() - started) / 1000;
console.log(JSON.stringify({ seconds, ...summary, backend: [...backend.values()] }));

async function make({ path, route, status = 200, message, level }) {
  summary.requests += 1;
  const method = message === undefined ? 'GET' : 'POST';
  const answer = await fetch(values.url + path(pick), {
    method,
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(message !== undefined && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ message: `${message} ${pick(100_000)}`, level }),
    }),
  }).catch(() => undefined);
  await answer?.arrayBuffer().catch(() => undefined);

  if (answer === undefined) summary.unanswered += 1;
  else if (answer.status !== status) summary.unexpected += 1;
  else if (route === undefined) summary.pages += 1;
  else count(method, route, String(status));
}

function count(method, route, status_code) {
  const key = `${method} ${route} ${status_code}`;
  const series = backend.get(key) ?? { method, route, status_code, count: 0 };
  backend.set(key, { ...series, count: series.count + 1 });
}

function kind(percent) {
  let passed = 0;
  return MIX.find(({ share }) => percent < (passed += share));
}

/** mulberry32: gives `pick(n)`, a whole number below n, the same ones for the same seed. */
function numbers(seed) {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

function positive(name) {
  const number = Number(values[name]);
  if (number > 0) return number;
  console.error(`--${name}: a number above 0, not ${JSON.stringify(values[name])}`);
  process.exit(2);
}
