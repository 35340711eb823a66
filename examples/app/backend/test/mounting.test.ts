import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';

import {
  type CallHandler,
  type CanActivate,
  type INestApplication,
  type NestInterceptor,
  type NestMiddleware,
  BadGatewayException,
  Controller,
  Get,
  Injectable,
  type MiddlewareConsumer,
  Module,
  type NestModule,
  Param,
  UnauthorizedException,
  VersioningType,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import compression from 'compression';
import helmet from 'helmet';
import { register } from 'prom-client';
import { map, type Observable } from 'rxjs';

import { exposeMetrics, MetricsModule } from '../src/metrics.js';

/** What real applications have around their routes. */
@Injectable()
class Guard implements CanActivate {
  canActivate(): boolean {
    throw new UnauthorizedException();
  }
}

@Injectable()
class Envelope implements NestInterceptor {
  intercept(_: unknown, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((data: unknown) => ({ data })));
  }
}

@Injectable()
class Through implements NestMiddleware {
  use(_req: unknown, _res: unknown, next: () => void): void {
    next();
  }
}

@Controller('cats')
class Cats {
  @Get('broken/:id')
  broken(): never {
    throw new BadGatewayException();
  }

  @Get(':id')
  find(@Param('id') id: string): { id: string } {
    return { id };
  }
}

class Middleware implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(Through).forRoutes('{*all}');
  }
}

@Module({
  imports: [MetricsModule],
  controllers: [Cats],
  providers: [{ provide: APP_INTERCEPTOR, useClass: Envelope }],
})
class Open extends Middleware {}

@Module({
  imports: [MetricsModule],
  controllers: [Cats],
  providers: [{ provide: APP_GUARD, useClass: Guard }],
})
class Guarded extends Middleware {}

type Create = (module: typeof Open) => Promise<INestApplication>;
const quiet = { logger: false } as const;
const ADAPTERS: Record<string, Create> = {
  Express: async (module) => {
    const app = await NestFactory.create(module, quiet);
    exposeMetrics(app);
    app.use(helmet(), compression({ threshold: 0 }));
    app.use('/graphql', (_: unknown, res: ServerResponse) => res.end('{}'));
    return app;
  },
  Fastify: async (module) => {
    const app = await NestFactory.create<NestFastifyApplication>(
      module,
      new FastifyAdapter(),
      quiet,
    );
    exposeMetrics(app);
    return app;
  },
};
type Growth = Record<string, number>;
/** The request counter's series as Prometheus has them; the applications share their metrics. */
let stored = new Map<string, number>();
const PROMETHEUS = { 'x-prometheus-scrape-timeout-seconds': '10' };

/** A client has its answer a moment before the request is counted. */
async function counted(): Promise<void> {
  const open = () => register.getSingleMetricAsString('http_requests_in_flight');
  while (!(await open()).endsWith(' 0')) await nextTurn();
}

for (const [adapter, create] of Object.entries(ADAPTERS)) {
  describe(`on ${adapter}`, () => {
    let app: INestApplication;
    let url: string;
    const prefix = adapter.toLowerCase();
    before(async () => {
      app = await create(Open);
      app.setGlobalPrefix(prefix);
      app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
      app.enableCors();
      await app.listen(0, '127.0.0.1');
      url = await app.getUrl();
    });
    after(() => app.close());

    /** Reads as Prometheus does; gives what the series that it had before have grown by. */
    async function scrape(headers: Record<string, string> = PROMETHEUS): Promise<Growth> {
      await counted();
      const answer = await fetch(`${url}/metrics`, { headers });
      assert.equal(answer.status, 200);
      assert.match(answer.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
      const lines = (await answer.text()).matchAll(
        /^http_request_duration_seconds_count\{(.*)\} (\d+)$/gm,
      );
      const now = new Map(Array.from(lines, ([, labels, value]) => [labels ?? '', Number(value)]));
      const growth: Growth = {};
      for (const [labels, value] of now) {
        const gain = value - (stored.get(labels) ?? value);
        if (gain > 0) growth[labels] = gain;
      }
      stored = now;
      return growth;
    }

    /** What Prometheus sees of series that are new, too. */
    async function seen(): Promise<Growth> {
      return { ...(await scrape()), ...(await scrape()) };
    }

    test('the first requests of a route grow its series from zero', async () => {
      await scrape();
      for (let i = 0; i < 20; i += 1) {
        assert.equal((await fetch(`${url}/${prefix}/v1/cats/broken/${i}`)).status, 502);
      }
      await fetch(`${url}/${prefix}/v1/cats/1`);
      assert.deepEqual(await seen(), {
        [`method="GET",route="/${prefix}/v1/cats/broken/:id",status_code="502"`]: 20,
        [`method="GET",route="/${prefix}/v1/cats/:id",status_code="200"`]: 1,
      });
      await fetch(`${url}/${prefix}/v1/cats/2`);
      assert.deepEqual(await scrape(), {
        [`method="GET",route="/${prefix}/v1/cats/:id",status_code="200"`]: 1,
      });
    });

    test('a person who reads it sees the first requests at once', async () => {
      await fetch(`${url}/${prefix}/v1/cats/1`, { method: 'HEAD' });
      await scrape({});
      assert.equal(stored.get(`method="HEAD",route="/${prefix}/v1/cats/:id",status_code="200"`), 1);
    });

    test('what nobody has a route for is unmatched, below the prefix too', async () => {
      for (const path of ['/wp-login.php', `/${prefix}/wp-login.php`, `/${prefix}/v1/metrics`]) {
        assert.equal((await fetch(url + path)).status, 404);
      }
      assert.deepEqual(await seen(), { 'method="GET",route="unmatched",status_code="404"': 3 });
    });

    test('neither a preflight nor a reading of the metrics is counted', async () => {
      const headers = { origin: 'http://a.example', 'access-control-request-method': 'GET' };
      const answer = await fetch(`${url}/${prefix}/v1/cats/1`, { method: 'OPTIONS', headers });
      assert.equal(answer.status, 204);
      assert.deepEqual(await seen(), {});
    });

    if (adapter === 'Express') {
      test('what is mounted has its path for a route, where it is no file', async () => {
        await fetch(`${url}/graphql`, { method: 'POST' });
        await fetch(`${url}/graphql/page.css`);
        assert.deepEqual(await seen(), {
          'method="POST",route="/graphql",status_code="200"': 1,
          'method="GET",route="unmatched",status_code="200"': 1,
        });
      });
    }

    test('a guard for all routes lets Prometheus through', async () => {
      const guarded = await create(Guarded);
      await guarded.listen(0, '127.0.0.1');
      const address = await guarded.getUrl();
      assert.equal((await fetch(`${address}/cats/1`)).status, 401);
      await counted();
      const answer = await fetch(`${address}/metrics`);
      assert.match(await answer.text(), /route="\/cats\/:id",status_code="401"/);
      await guarded.close();
    });
  });
}
