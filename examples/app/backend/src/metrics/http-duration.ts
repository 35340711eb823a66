import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Gauge, Histogram } from 'prom-client';

/** The name that the dashboards and alerts ask for. Renaming it leaves them empty. */
export const HTTP_DURATION = 'http_request_duration_seconds';

export const HTTP_DURATION_LABELS = ['method', 'route', 'status_code'] as const;

/** Requests that have arrived and not ended. One alert asks for it: requests that pile up. */
export const HTTP_IN_FLIGHT = 'http_requests_in_flight';

export type HttpDurationLabel = (typeof HTTP_DURATION_LABELS)[number];

/**
 * Asked by machines on a schedule, not by users. Counted, they would add fast successes to the
 * request rate and the latency, and hide part of the errors in the error ratio. Routes that answer
 * for long by design (server-sent events, long polling) belong here too: they look like a hang.
 */
const NOT_MEASURED: ReadonlySet<string> = new Set(['/metrics', '/healthz']);

/** As nginx counts a request whose client left before it had the answer. */
const CLIENT_LEFT = '499';

/**
 * Measures each request from its arrival until its response is handed to the system, in seconds,
 * or until its client leaves: a request that hangs would never be counted otherwise.
 *
 * A middleware and not an interceptor: an interceptor runs after the router and the guards, so
 * it never sees a 404 or a guard's 403, and `tap()` does not run for the exceptions that become
 * a 500. The error rate would always read 0. Mount it in front of everything else, with
 * `app.use()` right after `NestFactory.create()`: the body parser answers 400 and 413 itself.
 */
export function measureRequests(
  histogram: Histogram<HttpDurationLabel>,
  inFlight: Gauge,
): RequestHandler {
  return (req: Request, res: Response, next: NextFunction): void => {
    if (NOT_MEASURED.has(req.path)) {
      next();
      return;
    }
    const started = performance.now();
    inFlight.inc();
    // Comes after `finish`, and alone where the connection ends first.
    res.once('close', () => {
      inFlight.dec();
      const status = res.writableFinished ? String(res.statusCode) : CLIENT_LEFT;
      histogram.observe(
        { method: req.method, route: routePattern(req), status_code: status },
        (performance.now() - started) / 1000,
      );
    });
    next();
  };
}

/**
 * `/api/items/:id`, never `/api/items/17`: every distinct value is a time series of its own, and
 * a scanner that tries a thousand addresses must not become a thousand of them.
 */
function routePattern(req: Request): string {
  // Express types `route` as any; it is undefined until a route has matched.
  const route = req.route as { path: string } | undefined;
  return route?.path ?? 'unmatched';
}
