// Prints what Nest's logger makes of errors in its text form, each under a line with its name.
// plain.txt and coloured.txt are its output with Nest 11.2.10 and Node.js 22, on both streams, from
// /app/print.js: `NO_COLOR=1 node print.js`, `node print.js`.
const { ConsoleLogger, NotFoundException } = require('@nestjs/common');

Error.stackTraceLimit = 2;
const logger = new ConsoleLogger('Items', { timestamp: true });
const failed = (message, fields) => Object.assign(new Error(message), fields);

class EntityNotFound extends Error {
  name = 'EntityNotFound';
  entity = undefined;
}

const CASES = {
  'a message and a stack': () => logger.error('Cannot read items', failed('Boom').stack),
  'a message, a stack and a context': () => logger.error('Cannot', failed('Boom').stack, 'Shop'),
  'a stack of another name': () => logger.error('Cannot', new DOMException('x', 'AbortError').stack),
  'a stack with a code': () => logger.error('Cannot', new URLError().stack),
  'an error': () => logger.error(failed('Boom')),
  'an error with fields': () => logger.error(new EntityNotFound('No item 7')),
  'an error with fields, and its stack': () => {
    const error = new EntityNotFound('No item 7');
    logger.error(error, error.stack);
  },
  'an HTTP exception': () => logger.error(new NotFoundException('No item 7')),
  'an error with a cause': () =>
    logger.error(new Error('Outer', { cause: failed('Inner', { code: 'EX', errno: -2 }) })),
  'an AggregateError': () =>
    logger.error(new AggregateError([failed('a'), failed('b', { code: 7 })], 'several')),
  'an error with objects, lists and an error in it': () =>
    logger.error(
      failed('Query failed', {
        query: 'SELECT *\nFROM items WHERE id = $1 AND name = $2 AND price > $3 AND sold < $4',
        parameters: [1, -2.5, 'a', null, true, { b: [] }],
        driverError: failed('duplicate key', { severity: 'ERROR', routine: undefined }),
        'http-status': 500,
        when: new Date(0),
        retry() {},
        tags: new Map([['a', 1], ['b', new Set([1])]]),
        sent: Buffer.from('abc'),
        items: [new EntityNotFound('No item 8'), new (class Item {
          id = 1;
        })()],
      }),
    ),
  'an object': () => logger.error({ a: 1, b: { c: [1, 2], d: 'x' } }),
  'a list': () => logger.error(['a', 2]),
  'fatal, with an error': () => logger.fatal(new EntityNotFound('No item 7')),
  'fatal, with a message and a stack': () => logger.fatal('Cannot start', failed('Boom').stack),
};

class URLError extends TypeError {
  constructor() {
    super('Invalid URL');
    this.code = 'ERR_INVALID_URL';
    this.stack = this.stack.replace('TypeError', 'TypeError [ERR_INVALID_URL]');
  }
}

for (const [name, print] of Object.entries(CASES)) {
  process.stdout.write(`### ${name}\n`);
  print();
}
