import { BadRequestException, Body, Controller, HttpCode, Logger, Post } from '@nestjs/common';

const LEVELS = ['debug', 'log', 'warn', 'error'] as const;
type Level = (typeof LEVELS)[number];

/** In UTF-16 code units. */
const LONGEST_MESSAGE = 500;

/**
 * Writes a line of the caller's choice to the application's log, to be looked for in Loki.
 * For an example only: in a real application it lets anybody forge log lines.
 */
@Controller('api/log')
export class LogController {
  private readonly logger = new Logger(LogController.name);

  /** Takes `{"message": "...", "level": "debug" | "log" | "warn" | "error"}`; level defaults to `log`. */
  @Post()
  @HttpCode(202)
  write(@Body() body?: { message?: unknown; level?: unknown }): { logged: string } {
    const message = cleanMessage(body?.message);
    this.logger[levelOf(body?.level)](message);
    return { logged: message };
  }
}

function cleanMessage(message: unknown): string {
  if (typeof message !== 'string' || message.trim() === '' || message.length > LONGEST_MESSAGE) {
    throw new BadRequestException(`message: a text of 1 to ${LONGEST_MESSAGE} characters`);
  }
  // Control, format and separator characters could act on the terminal of whoever reads the log.
  return message.toWellFormed().replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');
}

function levelOf(level: unknown = 'log'): Level {
  const known = LEVELS.find((candidate) => candidate === level);
  if (known === undefined) {
    throw new BadRequestException(`level: one of ${LEVELS.join(', ')}`);
  }
  return known;
}
