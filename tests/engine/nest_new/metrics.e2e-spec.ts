import { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import { App } from 'supertest/types';

import { AppModule } from '../src/app.module';
import { exposeMetrics } from '../src/metrics';

test('requests are counted', async () => {
  const module = await Test.createTestingModule({
    imports: [AppModule],
  }).compile();
  const app: INestApplication<App> = module.createNestApplication();
  exposeMetrics(app);
  await app.init();
  await request(app.getHttpServer()).get('/').expect(200);
  await request(app.getHttpServer()).get('/nowhere').expect(404);
  const answer = await request(app.getHttpServer()).get('/metrics').expect(200);
  expect(answer.text).toMatch(/_count{.*route="\/",status_code="200"} 1/);
  expect(answer.text).toMatch(
    /_count{.*route="unmatched",status_code="404"} 1/,
  );
  await app.close();
});
