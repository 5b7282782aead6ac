/**
 * Writes the JSON Schemas under schemas/json from the definitions beside this file, for editors and other languages.
 * `--check` writes nothing and exits 1 where a checked-in file differs.
 */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TSchema } from '@sinclair/typebox';
import { Approval } from './approval.js';
import { AuditEntry } from './audit.js';
import { BaselinePolicy } from './baseline.js';
import { Contraction } from './contraction.js';
import { Control } from './control.js';
import { Correlation } from './correlation.js';
import { DeadLetter } from './deadletter.js';
import { Decision } from './decision.js';
import { PointDeclaration } from './enforcement.js';
import { TelemetryEvent } from './event.js';
import { Finding } from './finding.js';
import { Incident } from './incident.js';
import { Inspection } from './inspection.js';
import { Overrides } from './overrides.js';
import { Playbook } from './playbook.js';
import { Principal } from './principal.js';
import { Risk } from './risk.js';
import { Signal } from './signal.js';

const SCHEMAS: Record<string, TSchema> = {
  'telemetry-event': TelemetryEvent,
  inspection: Inspection,
  finding: Finding,
  risk: Risk,
  signal: Signal,
  control: Control,
  contraction: Contraction,
  'point-declaration': PointDeclaration,
  decision: Decision,
  approval: Approval,
  incident: Incident,
  principal: Principal,
  'baseline-policy': BaselinePolicy,
  playbook: Playbook,
  correlation: Correlation,
  overrides: Overrides,
  'dead-letter': DeadLetter,
  'audit-entry': AuditEntry,
};

/** The text of one schema file: draft 2020-12, keys as defined, one newline at the end. */
export function render(name: string, schema: TSchema): string {
  const { $id: _, ...body } = JSON.parse(JSON.stringify(schema)) as Record<string, unknown>;
  return `${JSON.stringify({ $schema: 'https://json-schema.org/draft/2020-12/schema', $id: `stepdown/${name}.json`, ...body }, null, 2)}\n`;
}

/** Where the checked-in files are, whether this runs from the sources or from dist. */
function target(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  return here.endsWith(join('dist', 'schemas')) ? join(here, '..', '..', 'schemas', 'json') : join(here, 'json');
}

function main(check: boolean): number {
  const directory = target();
  mkdirSync(directory, { recursive: true });
  const wanted = new Map(Object.entries(SCHEMAS).map(([name, schema]) => [`${name}.json`, render(name, schema)]));
  const present = readdirSync(directory).filter((name) => name.endsWith('.json'));
  const stale = present.filter((name) => !wanted.has(name));
  const read = (name: string): string | undefined =>
    present.includes(name) ? readFileSync(join(directory, name), 'utf8') : undefined;
  const changed = [...wanted].filter(([name, text]) => read(name) !== text);
  if (check) {
    for (const name of [...stale, ...changed.map(([name]) => name)])
      console.error(`schemas/json/${name} differs from its definition: npm run schemas`);
    return stale.length + changed.length === 0 ? 0 : 1;
  }
  for (const name of stale) rmSync(join(directory, name));
  for (const [name, text] of changed) writeFileSync(join(directory, name), text);
  console.log(`${wanted.size} schemas, ${changed.length} written, ${stale.length} removed`);
  return 0;
}

if (process.argv[1] !== undefined && fileURLToPath(import.meta.url) === process.argv[1])
  process.exitCode = main(process.argv.includes('--check'));
