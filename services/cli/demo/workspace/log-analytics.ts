/**
 * A Log Analytics workspace as the Logs Ingestion API shows it: bodies in gzip, `api%2Dversion` in the query, 204 as the
 * only success, limits of 1 MB a call and 64 KB a field, throttling per rule, and rows that do not fit their stream refused.
 *
 * Stricter than the service in one thing: it answers 400 for a value of a wrong type, where the service may take the row
 * and leave the field empty; a test is to see such a row.
 */
import { gunzipSync } from 'node:zlib';
import { selfSigned } from './certificate.js';
import { HttpsPeer, type PeerRequest, type PeerResponse } from './https-peer.js';
import { TokenAuthority } from './token-authority.js';

const LIMIT_BYTES = 1_048_576;
const FIELD_BYTES = 65_536;
const AUDIENCE = 'https://monitor.azure.com';
const DAY_MS = 86_400_000;

export type StreamColumns = readonly { name: string; type: string }[];
export interface KeptRow extends Record<string, unknown> {
  TimeGenerated: string;
}

export interface Refusal {
  status: number;
  code: string;
}

export class LogAnalytics {
  readonly ruleId = 'dcr-0123456789abcdef0123456789abcdef';
  readonly authority: TokenAuthority;
  readonly streams: ReadonlyMap<string, StreamColumns>;
  /** What was taken, in order, by stream. */
  readonly rows = new Map<string, KeptRow[]>();
  readonly refusals: Refusal[] = [];
  /** Bytes of each body that was taken, as the service counts. */
  readonly bodies: number[] = [];
  /** Whether the identity has the role on the rule. */
  allowed = true;
  /** Calls a minute for the rule; the service allows 12,000. */
  callsPerMinute = Infinity;
  /** Smaller than the service's, to see what becomes of a 413. */
  limitBytes = LIMIT_BYTES;
  /** Refuses rows that this finds fault with. */
  faulty: (row: Record<string, unknown>) => boolean = () => false;
  #calls: number[] = [];
  #peer: HttpsPeer | undefined;

  private constructor(streams: ReadonlyMap<string, StreamColumns>, authority: TokenAuthority) {
    this.streams = streams;
    this.authority = authority;
  }

  static async start(streams: ReadonlyMap<string, StreamColumns>): Promise<LogAnalytics> {
    const certificate = selfSigned();
    const workspace = new LogAnalytics(streams, await TokenAuthority.start(certificate));
    workspace.#peer = await HttpsPeer.start((request) => workspace.#answer(request), certificate);
    return workspace;
  }

  get peer(): HttpsPeer {
    if (this.#peer === undefined) throw new Error('the workspace is not started');
    return this.#peer;
  }

  get url(): string {
    return this.peer.url;
  }

  /** PEM by which clients trust it and its authority. */
  get ca(): string {
    return this.peer.certificate.cert;
  }

  /** Rows of a table, newest repeat last. */
  table(name: string): KeptRow[] {
    return this.rows.get(`Custom-${name}`) ?? [];
  }

  /** What counts against `callsPerMinute` now. */
  callsOfLastMinute(): number {
    const since = Date.now() - 60_000;
    this.#calls = this.#calls.filter((atMs) => atMs > since);
    return this.#calls.length;
  }

  async stop(): Promise<void> {
    await this.#peer?.stop();
    await this.authority.stop();
  }

  #answer(request: PeerRequest): PeerResponse {
    const [, root, rule, word, stream = ''] = request.path.split('/');
    if (request.method !== 'POST' || root !== 'dataCollectionRules' || word !== 'streams')
      return this.#refuse(404, 'ResourceNotFound');
    if (request.query.get('api-version') !== '2023-01-01') return this.#refuse(400, 'MissingApiVersionParameter');
    if (!this.authority.accepts(request, AUDIENCE)) return this.#refuse(401, 'InvalidToken');
    if (rule !== this.ruleId) return this.#refuse(404, 'NotFound');
    if (!this.allowed) return this.#refuse(403, 'OperationFailed');
    const now = Date.now();
    if (this.callsOfLastMinute() >= this.callsPerMinute) return this.#refuse(429, 'TooManyRequests');
    this.#calls.push(now);
    const columns = this.streams.get(stream);
    if (columns === undefined) return this.#refuse(400, 'InvalidStream');
    if (request.body.length > this.limitBytes) return this.#refuse(413, 'ContentLengthLimitExceeded');
    if (request.headers['content-type'] !== 'application/json') return this.#refuse(415, 'UnsupportedMediaType');
    let text: Buffer;
    try {
      text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(request.body) : request.body;
    } catch {
      return this.#refuse(400, 'InvalidContentEncoding');
    }
    if (text.length > this.limitBytes) return this.#refuse(413, 'ContentLengthLimitExceeded');
    return this.#take(stream, columns, text, now);
  }

  #take(stream: string, columns: StreamColumns, text: Buffer, now: number): PeerResponse {
    let rows: unknown;
    try {
      rows = JSON.parse(text.toString('utf8'));
    } catch {
      return this.#refuse(400, 'InvalidJson');
    }
    if (!Array.isArray(rows) || !rows.every((row) => typeof row === 'object' && row !== null && !Array.isArray(row)))
      return this.#refuse(400, 'InvalidPayload');
    const taken: KeptRow[] = [];
    for (const row of rows as Record<string, unknown>[]) {
      if (this.faulty(row) || columns.some(({ name, type }) => !fits(row[name], type)))
        return this.#refuse(400, 'InvalidRow');
      taken.push(kept(row, columns, now));
    }
    this.rows.set(stream, [...(this.rows.get(stream) ?? []), ...taken]);
    this.bodies.push(text.length);
    return { status: 204 };
  }

  #refuse(status: number, code: string): PeerResponse {
    this.refusals.push({ status, code });
    return { status, body: { error: { code, message: `${code} (as told by the peer)` } } };
  }
}

/** What the table holds of a row: declared columns, fields cut without a word, times out of range replaced. */
function kept(row: Record<string, unknown>, columns: StreamColumns, now: number): KeptRow {
  const result: Record<string, unknown> = {};
  for (const { name } of columns) {
    const value = row[name];
    if (value === undefined || value === null) continue;
    result[name] =
      typeof value === 'string' && Buffer.byteLength(value) > FIELD_BYTES
        ? Buffer.from(value).subarray(0, FIELD_BYTES).toString('utf8')
        : value;
  }
  const at = Date.parse(String(row['TimeGenerated']));
  const inRange = at > now - 2 * DAY_MS && at < now + DAY_MS;
  return { ...result, TimeGenerated: inRange ? new Date(at).toISOString() : new Date(now).toISOString() };
}

function fits(value: unknown, type: string): boolean {
  if (value === undefined || value === null) return true;
  switch (type) {
    case 'string':
      return typeof value === 'string';
    case 'int':
      return Number.isInteger(value) && Math.abs(value as number) < 2 ** 31;
    case 'long':
      return Number.isSafeInteger(value);
    case 'real':
      return typeof value === 'number';
    case 'boolean':
      return typeof value === 'boolean';
    case 'datetime':
      return typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) && !Number.isNaN(Date.parse(value));
    default:
      return true;
  }
}
