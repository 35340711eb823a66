import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly context?: string;
  readonly error?: { readonly stack?: string };
}

/** The real application in a process of its own, on a free port of the loopback. */
export class Application {
  readonly stdout: LogLine[] = [];
  readonly stderr: LogLine[] = [];

  private constructor(
    private readonly process: ChildProcess,
    readonly url: string,
  ) {}

  /** Resolves once the application says that it listens; rejects when it ends before that. */
  static async start(): Promise<Application> {
    const main = fileURLToPath(new URL('../src/main.js', import.meta.url));
    const process_ = spawn(process.execPath, [main], {
      env: { ...process.env, PORT: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const stdout = createInterface({ input: process_.stdout });
    const stderr = createInterface({ input: process_.stderr });
    const application = new Application(process_, await listeningUrl(stdout, process_));
    stdout.on('line', (line) => application.stdout.push(JSON.parse(line) as LogLine));
    stderr.on('line', (line) => application.stderr.push(JSON.parse(line) as LogLine));
    return application;
  }

  get(path: string, signal: AbortSignal | null = null): Promise<Response> {
    return fetch(this.url + path, { signal });
  }

  post(path: string, body: string): Promise<Response> {
    const headers = { 'content-type': 'application/json' };
    return fetch(this.url + path, { method: 'POST', headers, body });
  }

  /** The value of each series of the request counter, by its labels as Prometheus writes them. */
  async requestCounts(): Promise<ReadonlyMap<string, number>> {
    const text = await (await this.get('/metrics')).text();
    const lines = text.matchAll(/^http_request_duration_seconds_count\{(.*)\} (\d+)$/gm);
    return new Map(Array.from(lines, ([, labels, value]) => [labels ?? '', Number(value)]));
  }

  /** The value of a metric without labels; NaN where it is not exposed. */
  async value(name: string): Promise<number> {
    const text = await (await this.get('/metrics')).text();
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  }

  /** Resolves once a metric has a value; the test's time-out says when that is too late. */
  async until(name: string, wanted: number): Promise<void> {
    while ((await this.value(name)) !== wanted) await nextTurn();
  }

  /** Sends SIGTERM and resolves once the process has ended. */
  async stop(): Promise<void> {
    const exited = once(this.process, 'exit');
    this.process.kill('SIGTERM');
    await exited;
  }
}

function listeningUrl(stdout: Interface, process_: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    stdout.on('line', (line) => {
      const port = /Listening on \S+:(\d+)/.exec((JSON.parse(line) as LogLine).message)?.[1];
      if (port !== undefined) resolve(`http://127.0.0.1:${port}`);
    });
    process_.once('exit', (code) => {
      reject(new Error(`the application ended with exit code ${code} before it listened`));
    });
  });
}
