import { Module } from '@nestjs/common';

import { HealthController } from './health.controller.js';
import { ItemsController } from './items.controller.js';
import { LogController } from './log.controller.js';
import { MetricsModule } from './metrics.js';
import { TroubleController } from './trouble.controller.js';

@Module({
  imports: [MetricsModule],
  controllers: [HealthController, ItemsController, LogController, TroubleController],
})
export class AppModule {}
