import { ConsoleLogger, Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { getToken } from '@willsoto/nestjs-prometheus';

import { AppModule } from './app.module.js';
import { HTTP_DURATION, HTTP_IN_FLIGHT, measureRequests } from './metrics/http-duration.js';

const app = await NestFactory.create(AppModule, { logger: new ConsoleLogger({ json: true }) });
app.use(measureRequests(app.get(getToken(HTTP_DURATION)), app.get(getToken(HTTP_IN_FLIGHT))));
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3000);
new Logger('Main').log(`Listening on ${await app.getUrl()}`);
