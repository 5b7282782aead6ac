/** Whether a workspace can be sent to, found out step by step, each with what to do about it. */
import { streamName, tableName } from './column.js';
import { kindsOf, redactionOf, type SentinelConfig } from './config.js';
import { openCredential } from '../../runtime/azure/credential.js';
import { StepdownError } from '../../runtime/errors.js';
import type { Log } from '../../runtime/log.js';
import type { TokenCredential } from '@azure/core-auth';
import { faultOf } from './azure-fault.js';
import { type AzureAnswer, openAzureHttp, refusalOf } from './azure-http.js';
import { faultOfTable } from './deployed-table.js';
import { openIngestion } from './ingestion.js';
import { readCa } from './open.js';
import type { Row } from './rows.js';
import { ROW_SCHEMA_VERSION, TABLES } from './tables.js';

/** Of `Microsoft.OperationalInsights/workspaces/tables`. */
const TABLES_API = '2022-10-01';

export interface Check {
  check: string;
  status: 'ok' | 'problem' | 'skipped';
  detail: string;
}

export interface CheckOptions {
  /** Send a test row to each table. */
  send: boolean;
  product: { version: string };
  log: Log;
  now: () => number;
}

export async function checkSentinel(config: SentinelConfig, options: CheckOptions): Promise<Check[]> {
  const checks: Check[] = [];
  try {
    redactionOf(config);
    checks.push({ check: 'configuration', status: 'ok', detail: `tables ${config.tables.join(', ')}` });
  } catch (error) {
    return [{ check: 'configuration', status: 'problem', detail: said(error) }];
  }
  const ca = config.ca === undefined ? undefined : readCa(config.ca);
  const credential = await openCredential(config, { ca });
  const token = await tokenFor(credential, `${config.audience}/.default`, config.timeoutMs);
  checks.push({ check: 'token', ...token });
  if (token.status === 'problem') return checks;
  checks.push(...(await deployedTables(config, credential, ca, options)));
  const ingestion = await openIngestion({
    endpoint: config.endpoint,
    ruleId: config.rule,
    credential: async () => credential,
    audience: config.audience,
    timeoutMs: config.timeoutMs,
    ca,
    product: options.product,
    now: options.now,
  });
  const http = await openAzureHttp({
    credential,
    scope: `${config.audience}/.default`,
    timeoutMs: config.timeoutMs,
    ca,
    product: options.product,
  });
  for (const kind of kindsOf(config)) {
    const table = TABLES[kind];
    const check = `table ${tableName(table)}`;
    if (!options.send) {
      // A body that cannot be read: it is refused for that only after token, rule and role were found to be right.
      const answer = await http.send({ method: 'POST', url: callUrl(config, streamName(table)), text: 'no JSON' });
      checks.push({ check, ...judged(answer) });
      continue;
    }
    const at = new Date(options.now()).toISOString();
    const row = testRow(at, options.product.version);
    const answer = await ingestion.upload(streamName(table), [row]);
    checks.push(
      answer.kind === 'taken'
        ? {
            check,
            status: 'ok',
            detail: `took a test row; in some minutes: ${tableName(table)} | where RowId == "test:${at}"`,
          }
        : { check, status: 'problem', detail: answer.reason },
    );
  }
  return checks;
}

/** Needs `workspace`, and the role that keeping incidents up to date needs too. */
async function deployedTables(
  config: SentinelConfig,
  credential: TokenCredential,
  ca: string | undefined,
  { product }: CheckOptions,
): Promise<Check[]> {
  const { workspace, management, timeoutMs } = config;
  if (workspace === undefined)
    return [{ check: 'columns', status: 'skipped', detail: 'set `workspace` to have the tables’ columns compared' }];
  const root = management.replace(/\/+$/, '');
  const http = await openAzureHttp({ credential, scope: `${root}/.default`, timeoutMs, ca, product });
  const checks: Check[] = [];
  for (const kind of kindsOf(config)) {
    const table = TABLES[kind];
    const check = `columns ${tableName(table)}`;
    const url = `${root}${workspace}/tables/${tableName(table)}?api-version=${TABLES_API}`;
    const answer = await http.send({ method: 'GET', url });
    if (answer.kind === 'answer' && answer.status === 200) {
      const fault = faultOfTable(table, answer.body);
      checks.push(
        fault === undefined
          ? { check, status: 'ok', detail: `all ${table.columns.length} are there` }
          : { check, status: 'problem', detail: `${fault}; deploy the current templates` },
      );
    } else {
      const reason = answer.kind === 'answer' ? refusalOf(answer) : answer.reason;
      const absent = answer.kind === 'answer' && answer.status === 404;
      checks.push({
        check,
        status: 'problem',
        detail: `${reason}; ${absent ? 'deploy the templates' : 'reading it takes the role Microsoft Sentinel Responder on the workspace'}`,
      });
    }
  }
  return checks;
}

function callUrl({ endpoint, rule }: SentinelConfig, stream: string): string {
  return `${endpoint.replace(/\/+$/, '')}/dataCollectionRules/${rule}/streams/${encodeURIComponent(stream)}?api-version=2023-01-01`;
}

function judged(answer: AzureAnswer): Pick<Check, 'status' | 'detail'> {
  if (answer.kind === 'silence') return { status: 'problem', detail: answer.reason };
  const reason = refusalOf(answer);
  switch (answer.status) {
    case 400:
    case 415:
      return /stream/i.test(reason)
        ? { status: 'problem', detail: `${reason}; deploy the current templates` }
        : { status: 'ok', detail: 'endpoint, token, rule and role are right; --send proves the row too' };
    case 401:
    case 403:
      return {
        status: 'problem',
        detail: `${reason}; give the identity the role Monitoring Metrics Publisher on the data collection rule (it takes up to 30 minutes)`,
      };
    case 404:
      return { status: 'problem', detail: `${reason}; is the immutable id right, and does the endpoint belong to it?` };
    case 429:
      return { status: 'ok', detail: `${reason}: reachable, and busy` };
    default:
      return { status: 'problem', detail: reason };
  }
}

/** A row that no rule alerts on: it has no AlertReason. */
function testRow(at: string, version: string): Row {
  return {
    TimeGenerated: at,
    EventTime: at,
    RowId: `test:${at}`,
    RowSchema: ROW_SCHEMA_VERSION,
    StepdownVersion: version,
    StepdownTenant: 'test',
  };
}

async function tokenFor(
  credential: Awaited<ReturnType<typeof openCredential>>,
  scope: string,
  timeoutMs: number,
): Promise<Pick<Check, 'status' | 'detail'>> {
  try {
    const token = await credential.getToken(scope, { abortSignal: AbortSignal.timeout(timeoutMs) });
    return token === null
      ? { status: 'problem', detail: `no token for ${scope}` }
      : { status: 'ok', detail: `for ${scope}, until ${new Date(token.expiresOnTimestamp).toISOString()}` };
  } catch (error) {
    return { status: 'problem', detail: faultOf(error).reason };
  }
}

function said(error: unknown): string {
  return error instanceof StepdownError ? error.describe() : error instanceof Error ? error.message : String(error);
}
