import { setTimeout as sleep } from 'node:timers/promises';

import { CanActivate, Controller, Get, Injectable, Logger, UseGuards } from '@nestjs/common';

@Injectable()
class NobodyGuard implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

/** Requests that go wrong on purpose, to be seen in the dashboards. */
@Controller('api')
export class TroubleController {
  private readonly logger = new Logger(TroubleController.name);

  /** Answers after 0.4 to 1.2 seconds. */
  @Get('slow')
  async slow(): Promise<{ waitedMs: number }> {
    const waitedMs = Math.round(400 + Math.random() * 800);
    this.logger.log(`Waiting ${waitedMs} ms`);
    await sleep(waitedMs);
    return { waitedMs };
  }

  /** Never answers. */
  @Get('hang')
  hang(): Promise<never> {
    return new Promise(() => {});
  }

  /** Answers 500; Nest logs the error with its stack. */
  @Get('fail')
  fail(): never {
    throw new Error('This request fails on purpose');
  }

  /** Answers 403. */
  @Get('admin')
  @UseGuards(NobodyGuard)
  admin(): void {}
}
