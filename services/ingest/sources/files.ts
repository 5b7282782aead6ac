/**
 * Telemetry from files and standard input: `.jsonl` and `.jsonl.gz`, each line an OTLP request of traces or logs (as a
 * Collector's file exporter writes) or a native event. Positions are kept after what was read is durable, so a second
 * run goes on behind the first. A line that cannot be read becomes a dead letter with `file:line:column`.
 */
import { open, type FileHandle } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { constants, createGunzip } from 'node:zlib';
import { type ErrorCode, StepdownError } from '../../runtime/errors.js';
import { shortHash } from '../../runtime/hash.js';
import type { Store } from '../../runtime/store/types.js';
import type { AnyOutgoing } from '../../runtime/stream/types.js';
import type { Intake, TakenIn } from '../intake.js';
import { beginsAs } from './file-identity.js';
import { filePosition, keepPosition, type FilePosition } from './file-position.js';
import { readJson } from './json-place.js';
import { LineSplitter, type Line } from './lines.js';

export interface FileProgress {
  /** Of the file as it lies on disk. */
  bytes: number;
  totalBytes: number | undefined;
  lines: number;
  events: number;
  refused: number;
  bytesPerSecond: number;
  /** Milliseconds left; undefined where the end is not known. */
  etaMs: number | undefined;
}

export interface FileOptions {
  /** `-`: standard input. */
  path: string;
  intake: Intake;
  append: (records: readonly AnyOutgoing[]) => Promise<unknown>;
  /** Without it no position is kept. */
  store?: Store;
  /** Goes on with what is written to the file later, also when it is rotated. */
  follow?: boolean;
  /** `event`: a line's own latest time counts as its arrival, so that the past is not late. Default: `event`, and `clock` when following. */
  arrival?: 'event' | 'clock';
  /** Milliseconds since 1970. */
  now: () => number;
  maxLineBytes?: number;
  onProgress?: (progress: FileProgress) => void;
  signal?: AbortSignal;
  stdin?: Readable;
  /** Milliseconds between looks at a followed file. */
  pollMs?: number;
}

export interface FileSummary {
  lines: number;
  events: number;
  ignored: number;
  refused: number;
  bytes: number;
  /** The last line has no end and could not be read: left for the next run. */
  incomplete: boolean;
}

const CHUNK_BYTES = 256 * 1024;
const BATCH_RECORDS = 1_000;
const DEFAULT_MAX_LINE = 64 * 1024 * 1024;
const WORTH_WAITING: ReadonlySet<ErrorCode> = new Set(['stream-full', 'driver-unavailable']);

/**
 * Reads a file to its end, or follows it until aborted. Resolves when everything is durable.
 * @throws StepdownError `not-found` where there is no such file, `usage` for following what cannot be followed
 */
export async function readFileSource(options: FileOptions): Promise<FileSummary> {
  const reading = new FileReading(options);
  if (options.path === '-') return reading.stream(options.stdin ?? process.stdin, 'stdin');
  const compressed = options.path.endsWith('.gz');
  if (compressed && options.follow)
    throw new StepdownError('usage', 'a compressed file cannot be followed', { place: { file: options.path } });
  return compressed ? reading.compressed() : reading.plain();
}

class FileReading {
  readonly #options: FileOptions;
  readonly #summary: FileSummary = { lines: 0, events: 0, ignored: 0, refused: 0, bytes: 0, incomplete: false };
  readonly #startedMs = performance.now();
  #batch: AnyOutgoing[] = [];
  #batched: Line | undefined;
  #saidMs = 0;
  #total: number | undefined;

  constructor(options: FileOptions) {
    this.#options = options;
  }

  async stream(input: Readable, name: string): Promise<FileSummary> {
    const source = `${name}@${shortHash(name, String(this.#options.now())).slice(0, 8)}`;
    const splitter = new LineSplitter({ maxBytes: this.#maxLine });
    for await (const chunk of input as AsyncIterable<Buffer | string>) {
      if (this.#aborted) break;
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      this.#summary.bytes += bytes.length;
      for (const line of splitter.push(bytes)) await this.#take(line, name, source, undefined);
      this.#progress();
    }
    for (const line of splitter.end()) await this.#take({ ...line, complete: true }, name, source, undefined);
    await this.#flush(undefined);
    this.#progress(true);
    return this.#summary;
  }

  async compressed(): Promise<FileSummary> {
    const { path, store } = this.#options;
    const handle = await opened(path);
    try {
      const position = await filePosition(handle, resolve(path), store);
      this.#total = (await handle.stat()).size;
      const raw = createReadStream(path);
      // Members one behind the other are one file; a cut one gives what can be had of it.
      const inflated = raw.pipe(createGunzip({ finishFlush: constants.Z_SYNC_FLUSH }));
      raw.once('error', (error) => inflated.destroy(error));
      const splitter = new LineSplitter({ maxBytes: this.#maxLine });
      const source = sourceName(path, position);
      try {
        for await (const chunk of inflated as AsyncIterable<Buffer>) {
          if (this.#aborted) break;
          this.#summary.bytes = raw.bytesRead;
          for (const line of splitter.push(chunk))
            if (line.end > position.offset) await this.#take(line, path, source, position);
          this.#progress();
        }
        for (const line of splitter.end())
          if (line.end > position.offset) await this.#take({ ...line, complete: true }, path, source, position);
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code ?? '';
        if (!code.startsWith('Z_')) throw error;
        this.#refuse(path, this.#summary.lines + 1, 1, 'malformed', `not gzip from here on (${code})`, undefined);
      } finally {
        raw.destroy();
      }
      await this.#flush(position);
      this.#progress(true);
      return this.#summary;
    } finally {
      await handle.close();
    }
  }

  async plain(): Promise<FileSummary> {
    const { path, store, follow } = this.#options;
    let handle = await opened(path);
    try {
      for (;;) {
        const position = await filePosition(handle, resolve(path), store);
        const next = await this.#readPlain(handle, position, follow === true);
        if (!next) break;
        await handle.close();
        handle = next;
      }
      this.#progress(true);
      return this.#summary;
    } finally {
      await handle.close();
    }
  }

  /** Reads one file from a position. When following: gives the file that has taken its place, once there is one. */
  async #readPlain(handle: FileHandle, position: FilePosition, follow: boolean): Promise<FileHandle | undefined> {
    const { path } = this.#options;
    let splitter = new LineSplitter({ maxBytes: this.#maxLine, from: position });
    let at = position.offset;
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    this.#total = follow ? undefined : (await handle.stat()).size - at;
    let replaced: FileHandle | undefined;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, CHUNK_BYTES, at);
      if (bytesRead > 0) {
        at += bytesRead;
        this.#summary.bytes += bytesRead;
        // Lines hold on to their pieces: the buffer is read into again.
        for (const line of splitter.push(Buffer.from(buffer.subarray(0, bytesRead))))
          await this.#take(line, path, sourceName(path, position), position);
        this.#progress();
        if (!this.#aborted) continue;
      }
      await this.#flush(position);
      if (!follow || this.#aborted || replaced) break;
      if ((await handle.stat()).size < at || !(await beginsAs(handle, position))) {
        // Emptied in place (copytruncate): it begins anew.
        Object.assign(position, await filePosition(handle, position.path, undefined));
        splitter = new LineSplitter({ maxBytes: this.#maxLine });
        at = 0;
        continue;
      }
      if (position.headBytes === 0 && at === 0)
        Object.assign(position, await filePosition(handle, position.path, undefined));
      // After the file was replaced, what was written to the old one in between is read first.
      replaced = await replacement(path, position);
      if (!replaced) await this.#pause();
    }
    for (const line of splitter.end())
      await this.#take(replaced ? { ...line, complete: true } : line, path, sourceName(path, position), position);
    await this.#flush(position);
    return this.#aborted ? void (await replaced?.close()) : replaced;
  }

  async #take(line: Line, path: string, source: string, position: FilePosition | undefined): Promise<void> {
    const taken = this.#read(line, path, source);
    if (taken === 'incomplete') {
      this.#summary.incomplete = true;
      return;
    }
    this.#summary.lines += 1;
    this.#batched = line;
    if (taken) this.#add(taken);
    if (this.#batch.length >= BATCH_RECORDS) await this.#flush(position);
  }

  #read(line: Line, path: string, source: string): TakenIn | 'incomplete' | undefined {
    if (line.text === undefined) {
      this.#refuse(
        path,
        line.number,
        1,
        'too-large',
        `a line may have ${this.#maxLine} bytes, this one has ${line.bytes}`,
        undefined,
      );
      return undefined;
    }
    if (line.text.trim() === '') return undefined;
    const json = readJson(line.text);
    if (!json.ok) {
      if (!line.complete) return 'incomplete';
      this.#refuse(path, line.number, json.offset + 1, 'malformed', json.message, line.text);
      return undefined;
    }
    return this.#options.intake.document(
      json.value,
      this.#arrival(`${path}:${line.number}`, `${source}:${line.number}`),
    );
  }

  #refuse(path: string, line: number, column: number, code: string, text: string, payload: unknown): void {
    this.#add(
      this.#options.intake.refusal(
        { code, text, format: 'text', payload },
        this.#arrival(`${path}:${line}:${column}`, `${path}:${line}`),
      ),
    );
  }

  #arrival(source: string, position: string) {
    const nowMs = this.#options.now();
    const byClock = (this.#options.arrival ?? (this.#options.follow ? 'clock' : 'event')) === 'clock';
    return { receivedAtMs: byClock ? nowMs : undefined, source, position, atMs: nowMs };
  }

  #add(taken: TakenIn): void {
    this.#batch.push(...taken.records);
    this.#summary.events += taken.events;
    this.#summary.ignored += taken.ignored;
    this.#summary.refused += taken.refused.length;
  }

  /** First the records, then the position: a crash in between reads again, under the same ids. */
  async #flush(position: FilePosition | undefined): Promise<void> {
    if (this.#batch.length > 0) await appended(this.#batch, this.#options);
    this.#batch = [];
    if (position && this.#batched) {
      position.offset = this.#batched.end;
      position.line = this.#batched.number;
      await keepPosition(position, this.#options.store);
    }
    this.#batched = undefined;
  }

  #progress(last = false): void {
    const { onProgress } = this.#options;
    const nowMs = performance.now();
    if (!onProgress || (!last && nowMs - this.#saidMs < 250)) return;
    this.#saidMs = nowMs;
    const { bytes, lines, events, refused } = this.#summary;
    const bytesPerSecond = bytes / Math.max(0.001, (nowMs - this.#startedMs) / 1_000);
    const left = this.#total === undefined ? undefined : Math.max(0, this.#total - bytes);
    onProgress({
      bytes,
      totalBytes: this.#total,
      lines,
      events,
      refused,
      bytesPerSecond,
      etaMs: left === undefined || bytesPerSecond === 0 ? undefined : (left / bytesPerSecond) * 1_000,
    });
  }

  async #pause(): Promise<void> {
    await waited(this.#options.pollMs ?? 250, this.#options.signal);
  }

  get #aborted(): boolean {
    return this.#options.signal?.aborted === true;
  }

  get #maxLine(): number {
    return this.#options.maxLineBytes ?? DEFAULT_MAX_LINE;
  }
}

async function opened(path: string): Promise<FileHandle> {
  try {
    const handle = await open(path, 'r');
    if ((await handle.stat()).isDirectory()) {
      await handle.close();
      throw new StepdownError('usage', 'this is a folder, not a file', { place: { file: path } });
    }
    return handle;
  } catch (error) {
    if (error instanceof StepdownError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    throw new StepdownError(
      'not-found',
      code === 'EACCES' ? 'the file may not be read' : `no such file (${code ?? 'unknown'})`,
      { place: { file: path }, cause: error },
    );
  }
}

/** The file that now has the path, where it is another one. A path that is gone for the moment has none. */
async function replacement(path: string, position: FilePosition): Promise<FileHandle | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch {
    return undefined;
  }
  const { dev, ino } = await handle.stat();
  if (dev !== position.device || ino !== position.inode) return handle;
  await handle.close();
  return undefined;
}

/** The file's name for positions, with what tells it from another file of that name. */
function sourceName(path: string, { device, inode, headHash }: FilePosition): string {
  return `${path}@${shortHash(String(device), String(inode), headHash).slice(0, 8)}`;
}

/** Appends, and waits for room where the stream is full, and for the stream where it is away: a file can wait. */
async function appended(records: readonly AnyOutgoing[], { append, signal }: FileOptions): Promise<void> {
  for (let waitMs = 100; ; waitMs = Math.min(5_000, waitMs * 2)) {
    try {
      await append(records);
      return;
    } catch (error) {
      const passes = error instanceof StepdownError && WORTH_WAITING.has(error.code);
      if (!passes || signal?.aborted) throw error;
      await waited(waitMs, signal);
    }
  }
}

async function waited(ms: number, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted) return;
  await new Promise<void>((done) => {
    const timer = setTimeout(finish, ms);
    function finish(): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', finish);
      done();
    }
    signal?.addEventListener('abort', finish, { once: true });
  });
}
