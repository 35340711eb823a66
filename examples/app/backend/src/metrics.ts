import type { IncomingMessage, ServerResponse } from 'node:http';
import { getHeapStatistics } from 'node:v8';

import { Controller, type INestApplication } from '@nestjs/common';
import {
  PrometheusController,
  PrometheusModule,
} from '@willsoto/nestjs-prometheus';
import { Gauge, Histogram } from 'prom-client';

/** Where Prometheus reads, whatever the application's prefix and versions. */
const METRICS_PATH = '/metrics';

/**
 * Asked by machines on a schedule, not by users. Counted, they would add fast
 * successes to the request rate and the latency, and hide part of the errors in
 * the error ratio. Routes that answer for long by design (server-sent events,
 * long polling) belong here too: they look like a hang.
 */
const NOT_MEASURED: ReadonlySet<string> = new Set(['/healthz']);

/** As nginx counts a request whose client left before it had the answer. */
const CLIENT_LEFT = 499;

/** The names are those that the dashboards and alerts ask for. */
const duration = new Histogram({
  name: 'http_request_duration_seconds',
  help: 'Duration of HTTP requests in seconds, by method, route pattern and status code.',
  labelNames: ['method', 'route', 'status_code'],
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
});

const inFlight = new Gauge({
  name: 'http_requests_in_flight',
  help: 'HTTP requests that have arrived and not ended.',
});

new Gauge({
  // The default metrics tell the heap that is used and allocated, not the size
  // at which the process dies of "heap out of memory".
  name: 'nodejs_heap_size_limit_bytes',
  help: 'Size in bytes that the V8 heap cannot outgrow.',
  collect() {
    this.set(getHeapStatistics().heap_size_limit);
  },
});

interface ExpressRequest extends IncomingMessage {
  readonly baseUrl: string;
  readonly route?: { readonly path: unknown };
}

/** What Express' response and Fastify's reply have in common. */
interface Reply {
  header(name: string, value: string): unknown;
  status(code: number): unknown;
  send(text: string): unknown;
}

interface Fastify {
  addHook(
    name: 'onRequest',
    hook: (
      request: { raw: IncomingMessage; routeOptions: { url?: string } },
      reply: Reply & { raw: ServerResponse },
      done: () => void,
    ) => void,
  ): unknown;
}

/** Without a route of Nest's, which guards, interceptors and a prefix would change. */
@Controller()
class Endpoint extends PrometheusController {
  override index(response: unknown): Promise<string> {
    return super.index(response);
  }
}

/** To import in the root module. With Node's default metrics. */
export const MetricsModule = PrometheusModule.register({
  controller: Endpoint,
});

/**
 * Lets the module answer `/metrics`, and measures every other request. Call it
 * right after `NestFactory.create()`: in front of Nest's guards, interceptors,
 * prefix and versions, none of which sees `/metrics`, and of the body parser,
 * which answers 400 and 413 itself.
 *
 * Not an interceptor: one runs after the router and the guards, so it never sees
 * a 404 or a guard's 403, and `tap()` does not run for the exceptions that become
 * a 500. The error rate would always read 0.
 */
export function exposeMetrics(app: INestApplication): void {
  const endpoint = app.get(Endpoint);
  const adapter = app.getHttpAdapter();
  if (adapter.getType() === 'fastify') {
    const fastify = adapter.getInstance() as Fastify;
    fastify.addHook('onRequest', (request, reply, done) => {
      if (pathOf(request.raw) === METRICS_PATH) {
        void answer(endpoint, request.raw, reply);
      } else {
        measure(request.raw, reply.raw, () => request.routeOptions.url);
        done();
      }
    });
  } else {
    app.use(
      (req: ExpressRequest, res: ServerResponse & Reply, next: () => void) => {
        if (pathOf(req) === METRICS_PATH) {
          void answer(endpoint, req, res);
        } else {
          measure(req, res, () => expressRoute(req));
          next();
        }
      },
    );
  }
}

function pathOf(req: IncomingMessage): string {
  return (req.url ?? '').replace(/\?.*/s, '');
}

/**
 * From a request's arrival until its response is handed to the system, or until
 * its client leaves: a request that hangs would never be counted otherwise.
 */
function measure(
  req: IncomingMessage,
  res: ServerResponse,
  route: () => string | undefined,
): void {
  const preflight = 'access-control-request-method' in req.headers;
  if (preflight || NOT_MEASURED.has(pathOf(req))) return;
  const started = performance.now();
  inFlight.inc();
  // Comes after `finish`, and alone where the connection ends first.
  res.once('close', () => {
    inFlight.dec();
    const status = res.writableFinished ? res.statusCode : CLIENT_LEFT;
    const seconds = (performance.now() - started) / 1000;
    count(req.method ?? '', routeLabel(route(), status), status, seconds);
  });
}

/** Of what is mounted with `app.use('/graphql', ...)`, the path; files have none. */
function expressRoute(req: ExpressRequest): string | undefined {
  if (req.route) return String(req.route.path);
  return req.method === 'GET' || req.method === 'HEAD'
    ? undefined
    : req.baseUrl || undefined;
}

/**
 * `/api/items/:id`, never `/api/items/17`: every distinct value is a time series
 * of its own, and a scanner that tries a thousand addresses must not become a
 * thousand of them. A middleware for all routes, and static files, leave a
 * pattern behind that ends in a wildcard.
 */
function routeLabel(pattern = '*', status: number): string {
  const wildcard = /^(.*?)\/?[({]?\.?\*\w*[)}]?$/.exec(pattern);
  const nobodys = wildcard && (wildcard[1] === '' || status === 404);
  return nobodys ? 'unmatched' : pattern;
}

interface Series {
  readonly labels: { method: string; route: string; status_code: string };
  readonly seconds: number[];
}

/**
 * Series that Prometheus has not read yet. It sees growth between two readings
 * only, so each shows 0 in its first one: otherwise the first error of a route
 * would never be an error.
 */
const unread = new Map<string, Series>();
const known = new Set<string>();
/** Where nobody reads, no more than that is kept. */
const MAX_UNREAD = 1000;

function count(
  method: string,
  route: string,
  status: number,
  seconds: number,
): void {
  const labels = { method, route, status_code: String(status) };
  const key = Object.values(labels).join(' ');
  if (known.has(key)) {
    duration.observe(labels, seconds);
    return;
  }
  const series = unread.get(key) ?? { labels, seconds: [] };
  if (!unread.has(key)) duration.zero(labels);
  unread.set(key, series);
  if (series.seconds.push(seconds) === MAX_UNREAD) settle(key, series);
}

function settle(key: string, { labels, seconds }: Series): void {
  unread.delete(key);
  known.add(key);
  for (const each of seconds) duration.observe(labels, each);
}

async function answer(
  endpoint: Endpoint,
  req: IncomingMessage,
  reply: Reply,
): Promise<void> {
  const prometheus = 'x-prometheus-scrape-timeout-seconds' in req.headers;
  const shown = [...unread];
  const settleShown = () => shown.forEach(([key, each]) => settle(key, each));
  // A person sees what is.
  if (!prometheus) settleShown();
  try {
    reply.send(await endpoint.index(reply));
  } catch (error) {
    reply.status(500);
    reply.send(String(error));
  }
  if (prometheus) settleShown();
}
