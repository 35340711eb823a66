import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Application, type LogLine } from './application.js';

let app: Application;
before(async () => {
  app = await Application.start();
});
after(() => app.stop());

/** Gives the first line that is wanted, waiting up to 10 s for it to be printed. */
async function line(lines: LogLine[], wanted: (line: LogLine) => boolean): Promise<LogLine> {
  for (const deadline = performance.now() + 10_000; performance.now() < deadline; ) {
    const found = lines.find(wanted);
    if (found !== undefined) return found;
    await sleep(10);
  }
  throw new Error(`not among the lines printed: ${JSON.stringify(lines, undefined, 1)}`);
}

test('an exception is logged on stderr with its stack', async () => {
  await app.get('/api/fail');
  const logged = await line(app.stderr, ({ message }) => message.includes('on purpose'));
  assert.equal(logged.level, 'error');
  assert.match(logged.error?.stack ?? '', /TroubleController\.fail/);
});

test('a posted message is logged as one clean line', async () => {
  const answer = await app.post('/api/log', JSON.stringify({ message: 'one\ntwo \u001b[31mred' }));
  assert.equal(answer.status, 202);
  const logged = await line(app.stdout, ({ context }) => context === 'LogController');
  assert.deepEqual([logged.level, logged.message], ['log', 'one two  [31mred']);
});

test('a posted message is logged at the level it asks for', async () => {
  await app.post('/api/log', JSON.stringify({ message: 'look here', level: 'error' }));
  const logged = await line(app.stderr, ({ message }) => message === 'look here');
  assert.equal(logged.level, 'error');
});

for (const body of [{}, { message: 7 }, { message: ' ' }, { message: 'x'.repeat(501) }]) {
  test(`a message is refused: ${JSON.stringify(body).slice(0, 30)}`, async () => {
    assert.equal((await app.post('/api/log', JSON.stringify(body))).status, 400);
  });
}

test('SIGTERM lets a request in flight finish and ends the process', async () => {
  const other = await Application.start();
  // As the proxy asks: without keep-alive, which would hold the process for up to 5 s more.
  const slow = once(get(`${other.url}/api/slow`, { agent: false }), 'response');
  await line(other.stdout, ({ message }) => message.startsWith('Waiting'));
  const [[answer]] = await Promise.all([slow as Promise<[IncomingMessage]>, other.stop()]);
  assert.equal(answer.statusCode, 200);
});
