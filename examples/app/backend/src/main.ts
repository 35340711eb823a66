import { ConsoleLogger, Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

import { AppModule } from './app.module.js';
import { exposeMetrics } from './metrics.js';

const app = await NestFactory.create(AppModule, { logger: new ConsoleLogger({ json: true }) });
exposeMetrics(app);
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3000);
new Logger('Main').log(`Listening on ${await app.getUrl()}`);
