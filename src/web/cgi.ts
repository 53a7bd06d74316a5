import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CgiBodies, type CgiBody } from './cgi-body.ts';
import { type CgiRequest, cgiEnvironment } from './cgi-environment.ts';
import { type CgiHead, CgiHeadError, LONGEST_HEAD, parseHead, splitHead } from './cgi-head.ts';
import { CgiProcess } from './cgi-process.ts';
import { RETRY_AFTER } from './http-limits.ts';
import type { Log } from './log.ts';
import { eachWithin, OutOfPatience, within } from './patience.ts';
import type { Script } from './script.ts';
import type { ScriptAnswer } from './script-answer.ts';
import { ScriptError } from './script-error.ts';
import type { ScriptLimits } from './script-limits.ts';
import { type Release, ScriptSlots } from './script-slots.ts';

const GONE = 'its client has gone';
const CLOSING = 'the server is stopping';

/** Runs scripts by CGI/1.1 (RFC 3875), a few at once. */
export class Cgi {
  readonly #php: string;
  readonly #limits: ScriptLimits;
  readonly #log: Log | undefined;
  readonly #bodies: CgiBodies;
  readonly #slots: ScriptSlots;
  readonly #running = new Set<CgiProcess>();
  #isClosing = false;

  constructor(php: string, limits: ScriptLimits, log: Log | undefined) {
    this.#php = php;
    this.#limits = limits;
    this.#log = log;
    this.#bodies = new CgiBodies(limits.body, limits.bodies);
    this.#slots = new ScriptSlots(limits.processes, limits.waiting);
  }

  /**
   * Runs the script until its head is complete; its body is read from the answer.
   *
   * @param gone aborts when the client goes: then the process ends
   * @throws {ScriptError} where the script gives no answer
   * @throws the signal's reason
   */
  async run(cgiRequest: CgiRequest, gone: AbortSignal): Promise<ScriptAnswer> {
    const { request, script } = cgiRequest;
    const body = await this.#bodies.of(request);
    if (body === 'too long')
      throw new ScriptError(script.name, 413, 'the body is too long', { text: 'Too much' });
    if (body === 'no room') throw tooMany(script, 'too many bodies are on their way');
    const process = await this.#start(cgiRequest, body, gone);
    const chunks = this.#outputOf(process, script, body);
    try {
      const { head, first } = await readHead(chunks, script);
      return { script: script.name, ...head, body: startingWith(first, chunks) };
    } catch (error) {
      await chunks.return();
      throw error;
    }
  }

  /** Ends all processes; those who wait for one, and those who come later, are sent away. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const process of this.#running) process.dismiss(this.#limits.grace, CLOSING);
    await Promise.all([...this.#running].map(({ gone }) => gone));
  }

  async #start(cgiRequest: CgiRequest, body: CgiBody, gone: AbortSignal): Promise<CgiProcess> {
    const { script } = cgiRequest;
    const release = await this.#slots.take(gone);
    if (!release) throw tooMany(script, 'too many scripts run and wait');
    try {
      if (this.#isClosing) throw new ScriptError(script.name, 503, CLOSING);
      const process = await CgiProcess.start(script.kind === 'php' ? this.#php : script.path, {
        cwd: dirname(script.path),
        env: cgiEnvironment(cgiRequest, body.length),
      });
      this.#watch(process, script, gone, release);
      body.pour(process.input);
      return process;
    } catch (error) {
      release();
      if (error instanceof ScriptError) throw error;
      throw await whyNotStarted(error as NodeJS.ErrnoException, script, this.#php);
    }
  }

  /** Sees to it that the process ends, and to what is left to do then. */
  #watch(process: CgiProcess, { name }: Script, gone: AbortSignal, release: Release): void {
    const { grace, lifetime } = this.#limits;
    const onGone = () => process.dismiss(grace, GONE);
    const onOld = () => process.dismiss(grace, `it ran longer than ${lifetime / 1000} s`);
    const timer = setTimeout(onOld, lifetime);
    gone.addEventListener('abort', onGone);
    if (gone.aborted) onGone();
    this.#running.add(process);
    process.gone.then(() => {
      clearTimeout(timer);
      gone.removeEventListener('abort', onGone);
      this.#running.delete(process);
      release();
      if (process.complaint)
        this.#log?.warn({ script: name, stderr: process.complaint }, `script ${name} complains`);
    });
  }

  /** All that the process puts out. @throws {ScriptError} where it was cut short */
  async *#outputOf(
    process: CgiProcess,
    { name }: Script,
    body: CgiBody,
  ): AsyncGenerator<Buffer, void, undefined> {
    const { silence, output, grace } = this.#limits;
    let length = 0;
    try {
      for await (const chunk of eachWithin<Buffer>(silence, process.output, body.isAwaited)) {
        length += chunk.length;
        if (length > output) throw new ScriptError(name, 500, `it puts out more than ${output} bytes`);
        yield chunk;
      }
      const { code, signal } = await within(silence, process.exit);
      if (signal) throw new ScriptError(name, 500, `it was ended by ${signal}`);
      if (code !== 0) this.#log?.warn({ script: name, code }, `script ${name} ended with code ${code}`);
    } catch (error) {
      throw this.#whyCutShort(error as Error, process, name);
    } finally {
      process.dismiss(grace, 'its answer is complete');
    }
  }

  #whyCutShort(error: Error, { dismissal }: CgiProcess, name: string): Error {
    if (error instanceof ScriptError || dismissal === GONE) return error;
    if (error instanceof OutOfPatience) return ScriptError.silent(name, this.#limits.silence);
    return new ScriptError(name, dismissal === CLOSING ? 503 : 504, dismissal ?? error.message);
  }
}

async function readHead(
  chunks: AsyncGenerator<Buffer, void, undefined>,
  script: Script,
): Promise<{ head: CgiHead; first: Buffer }> {
  let output = Buffer.alloc(0);
  for (;;) {
    const { done, value } = await chunks.next();
    if (done) throw new ScriptError(script.name, 500, 'it ended without a head');
    output = Buffer.concat([output, value]);
    const parts = splitHead(output);
    if (parts) return { head: parseOrFail(parts.head, script), first: parts.body };
    if (output.length > LONGEST_HEAD) throw new ScriptError(script.name, 500, 'its head is too long');
  }
}

function parseOrFail(head: string, script: Script): CgiHead {
  try {
    return parseHead(head);
  } catch (error) {
    if (!(error instanceof CgiHeadError)) throw error;
    throw new ScriptError(script.name, 500, error.message);
  }
}

async function* startingWith(
  first: Buffer,
  rest: AsyncGenerator<Buffer, void, undefined>,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    if (first.length > 0) yield first;
    yield* rest;
  } finally {
    await rest.return();
  }
}

function tooMany({ name }: Script, what: string): ScriptError {
  return new ScriptError(name, 503, what, {
    text: 'Too many visitors at once: try again in a moment',
    headers: { 'Retry-After': RETRY_AFTER },
  });
}

/** A missing interpreter is named, to the visitor too: it is the first thing that goes wrong on a new machine. */
async function whyNotStarted(error: NodeJS.ErrnoException, script: Script, php: string): Promise<Error> {
  const { name } = script;
  if (error.code === 'ENOENT') {
    const interpreter = script.kind === 'php' ? php : await interpreterOf(script);
    const reason = `its interpreter ${interpreter} is not installed`;
    return new ScriptError(name, 500, reason, { text: `${name} cannot run: ${reason}` });
  }
  if (error.code === 'EACCES') return new ScriptError(name, 500, 'it is not executable (chmod +x)');
  return new ScriptError(name, 500, `it cannot be started: ${error.message}`);
}

/** What the first line of the script names. */
async function interpreterOf({ path }: Script): Promise<string> {
  const [, interpreter] = /^#!\s*(\S+)/.exec(await readFile(path, 'latin1').catch(() => '')) ?? [];
  return interpreter ?? path;
}
