import { getHeapStatistics } from 'node:v8';

import { Module } from '@nestjs/common';
import {
  makeGaugeProvider,
  makeHistogramProvider,
  PrometheusModule,
} from '@willsoto/nestjs-prometheus';

import { HTTP_DURATION, HTTP_DURATION_LABELS, HTTP_IN_FLIGHT } from './http-duration.js';

/** `/metrics` with Node's default metrics, the request histogram, requests in flight and the heap limit. */
@Module({
  imports: [PrometheusModule.register()],
  providers: [
    makeHistogramProvider({
      name: HTTP_DURATION,
      help: 'Duration of HTTP requests in seconds, by method, route pattern and status code.',
      labelNames: HTTP_DURATION_LABELS,
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    }),
    makeGaugeProvider({
      name: HTTP_IN_FLIGHT,
      help: 'HTTP requests that have arrived and not ended.',
    }),
    makeGaugeProvider({
      // The default metrics tell the heap that is used and allocated, not the size at which
      // the process dies of "heap out of memory".
      name: 'nodejs_heap_size_limit_bytes',
      help: 'Size in bytes that the V8 heap cannot outgrow.',
      collect() {
        this.set(getHeapStatistics().heap_size_limit);
      },
    }),
  ],
})
export class MetricsModule {}
