import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Application } from './application.js';

let app: Application;
before(async () => {
  app = await Application.start();
});
after(() => app.stop());

/** What the request counter gains while `act` runs. */
async function gained(act: () => Promise<unknown>): Promise<Record<string, number>> {
  const earlier = await app.requestCounts();
  await act();
  const gains: Record<string, number> = {};
  for (const [labels, value] of await app.requestCounts()) {
    const gain = value - (earlier.get(labels) ?? 0);
    if (gain !== 0) gains[labels] = gain;
  }
  return gains;
}

const ANSWERS = [
  { what: 'a success', path: '/api/items', route: '/api/items', status: 200 },
  { what: 'a route with a parameter', path: '/api/items/3', route: '/api/items/:id', status: 200 },
  { what: "a handler's 404", path: '/api/items/99', route: '/api/items/:id', status: 404 },
  { what: "the router's 404", path: '/api/nothing', route: 'unmatched', status: 404 },
  { what: "a guard's 403", path: '/api/admin', route: '/api/admin', status: 403 },
  { what: "a pipe's 400", path: '/api/items/x', route: '/api/items/:id', status: 400 },
  { what: 'an exception (500)', path: '/api/fail', route: '/api/fail', status: 500 },
  { what: 'a slow answer', path: '/api/slow', route: '/api/slow', status: 200 },
];

for (const { what, path, route, status } of ANSWERS) {
  test(`${what} is counted under its route and status`, async () => {
    const gains = await gained(async () => {
      assert.equal((await app.get(path)).status, status);
    });
    assert.deepEqual(gains, { [`method="GET",route="${route}",status_code="${status}"`]: 1 });
  });
}

test('a body that the parser refuses is counted', async () => {
  const gains = await gained(() => app.post('/api/log', '{broken'));
  assert.deepEqual(gains, { 'method="POST",route="unmatched",status_code="400"': 1 });
});

test('a hundred unknown addresses make one series', async () => {
  const gains = await gained(async () => {
    for (let i = 0; i < 100; i += 1) await app.get(`/scan/${i}`);
  });
  assert.deepEqual(gains, { 'method="GET",route="unmatched",status_code="404"': 100 });
});

test('scrapes and health checks are not counted', async () => {
  const gains = await gained(async () => {
    assert.equal((await app.get('/metrics')).status, 200);
    assert.equal((await app.get('/healthz')).status, 200);
  });
  assert.deepEqual(gains, {});
});

test('a request is in flight until it ends', async () => {
  const [open, answer] = [await app.value('http_requests_in_flight'), app.get('/api/slow')];
  assert.equal(open, 0);
  await app.until('http_requests_in_flight', 1);
  await answer;
  await app.until('http_requests_in_flight', 0);
});

test('a client that gives up is counted as 499 under its route, and no longer in flight', async () => {
  const gains = await gained(async () => {
    const client = new AbortController();
    const answer = app.get('/api/hang', client.signal);
    await app.until('http_requests_in_flight', 1);
    client.abort();
    await assert.rejects(answer);
    await app.until('http_requests_in_flight', 0);
  });
  assert.deepEqual(gains, { 'method="GET",route="/api/hang",status_code="499"': 1 });
});

test("Node's default metrics and the heap limit are exposed", async () => {
  assert.ok((await app.value('nodejs_eventloop_lag_p99_seconds')) > 0);
  const used = await app.value('nodejs_heap_size_used_bytes');
  assert.ok(used < (await app.value('nodejs_heap_size_limit_bytes')));
});
