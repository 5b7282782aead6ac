/** What is deployed into Sentinel: every query resolves, what refers to columns finds them, and the checked-in files are these. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { streamName, tableName } from '../../../services/forward/sentinel/column.js';
import { HUNTING_QUERIES } from '../../../services/forward/sentinel/content/hunting.js';
import { PARSER } from '../../../services/forward/sentinel/content/parser.js';
import { rendered, tablesDocument } from '../../../services/forward/sentinel/content/render.js';
import { type AnalyticsRule, analyticsRules } from '../../../services/forward/sentinel/content/rules.js';
import { DEFAULT_SETTINGS } from '../../../services/forward/sentinel/content/settings.js';
import { PARTS } from '../../../services/forward/sentinel/content/workbook.js';
import { TABLES } from '../../../services/forward/sentinel/tables.js';
import { resolve } from './kusto.js';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const INFRA = join(ROOT, 'infra', 'sentinel');
const RULES = analyticsRules(DEFAULT_SETTINGS);
const FILES = rendered(DEFAULT_SETTINGS, { workspaceName: 'YOUR-WORKSPACE', location: 'westeurope', principalId: '' });

const QUERIES: [string, string][] = [
  ...RULES.map(({ key, query }): [string, string] => [`rule ${key}`, query]),
  ...HUNTING_QUERIES.map(({ key, query }): [string, string] => [`hunting ${key}`, query]),
  ...PARTS.map(({ key, query }): [string, string] => [`workbook ${key}`, query]),
  // A saved function's parameters are set by whoever calls it.
  ['parser', `let disabled = false;\n${PARSER.query}`],
];

/** A few columns of each query, spread over it: resolving each of them takes a tenth of a second. */
const SAMPLED = QUERIES.slice(3).flatMap(([name, query]) => {
  const columns = new Set(Object.values(TABLES).flatMap((table) => table.columns.map((column) => column.name)));
  const used = [...new Set(query.match(/\b\w+\b/g))].filter(
    // A name that the query makes by itself is not misspelt by a table that lacks it.
    (word) => columns.has(word) && !new RegExp(`\\b${word}\\s*=[^=~]`).test(query),
  );
  return [0.1, 0.5, 0.9].map((at): [string, string, string] => [name, used[Math.floor(used.length * at)] ?? '', query]);
});

describe('queries', () => {
  it.each(QUERIES)('%s resolves against the declared tables', (_name, query) => {
    const { faults, columns } = resolve(query);
    expect(faults).toEqual([]);
    expect(columns.length).toBeGreaterThan(0);
  });

  it('finds a misspelt table', () => {
    for (const [name, query] of [QUERIES[0], QUERIES[5]] as [string, string][])
      expect(resolve(query.replace(/Stepdown(\w+)_CL/, 'Stepdwon$1_CL')).faults[0], name).toMatch(/^KS/);
  });

  it.each(SAMPLED)('%s: %s misspelt is found', (_name, column, query) => {
    // A column that the tables do not have is a column that the query misspells.
    expect(resolve(query, column).faults[0]).toMatch(new RegExp(`^KS\\d+: .*${column}`));
  });

  it('takes one copy of each row, so that repeats change nothing', () => {
    for (const [name, query] of QUERIES) {
      const mentions = [...query.matchAll(/^(?:let \w+ = )?(Stepdown\w+_CL)\n(\|[^\n]*\n?)*/gm)];
      expect(
        mentions.length + Number(query.includes('union withsource')) + Number(name === 'parser'),
        name,
      ).toBeGreaterThan(0);
      expect(query, name).toMatch(/arg_max|arg_min|dcount\(RowId\)/);
    }
  });
});

describe('analytics rules', () => {
  const columnsOf = (rule: AnalyticsRule) => new Map(resolve(rule.query).columns.map(({ name, type }) => [name, type]));

  it('stands for every severity, and no severity falls between two', () => {
    expect(RULES.map(({ severity }) => severity)).toEqual(['Informational', 'Low', 'Medium', 'High']);
    const paths = ['High', 'Medium, High', 'Low, Medium', 'Informational, Low, Medium, High', 'Informational'];
    for (const settings of [DEFAULT_SETTINGS, { ...DEFAULT_SETTINGS, least: 'Medium' as const }])
      for (const path of paths) {
        const takers = analyticsRules(settings).filter(({ query }) => takes(query, path));
        const alerts = settings.least === 'Informational' || /Medium|High/.test(path);
        expect(takers.length, `${path} from ${settings.least}`).toBe(alerts ? 1 : 0);
      }
    // The rule that has the incident stays the same while it grows graver.
    expect(RULES.filter(({ query }) => takes(query, 'Low')).map(({ key }) => key)).toEqual(
      RULES.filter(({ query }) => takes(query, 'Low, High')).map(({ key }) => key),
    );
  });

  it.each(RULES.map((rule) => [rule.key, rule] as const))('%s: whatever it maps is in its output', (_key, rule) => {
    const columns = columnsOf(rule);
    for (const { fieldMappings, entityType } of rule.entityMappings)
      for (const { columnName, identifier } of fieldMappings) {
        expect(columns.get(columnName), columnName).toBe('string');
        expect(IDENTIFIERS[entityType]).toContain(identifier);
      }
    for (const [key, column] of Object.entries(rule.customDetails)) {
      expect(columns.has(column), column).toBe(true);
      expect(key.length).toBeLessThanOrEqual(20);
    }
    expect(Object.keys(rule.customDetails).length).toBeLessThanOrEqual(20);
    const { alertDisplayNameFormat, alertDescriptionFormat, ...named } = rule.alertDetailsOverride;
    for (const column of Object.values(named)) expect(columns.get(column), column).toBe('string');
    for (const format of [alertDisplayNameFormat, alertDescriptionFormat]) {
      const parts = [...format.matchAll(/{{(\w+)}}/g)].map(([, name = '']) => name);
      expect(parts.length).toBeLessThanOrEqual(3);
      for (const part of parts) expect(columns.has(part), part).toBe(true);
    }
    expect(
      rule.incidentConfiguration.groupingConfiguration.groupByCustomDetails.every((key) => key in rule.customDetails),
    ).toBe(true);
  });

  it('looks back further than it runs, by ingestion', () => {
    for (const { query, queryFrequency, queryPeriod } of RULES) {
      expect([queryFrequency, queryPeriod]).toEqual(['PT5M', 'P1D']);
      expect(query).toMatch(/ingestion_time\(\)[\s\S]*IngestedAt > ago\(10m\)/);
    }
  });

  it('claims no ATT&CK tactic for all, and leaves correlation to whoever wants it', () => {
    const arm = JSON.parse(FILES.find(({ path }) => path === 'azuredeploy.json')?.text ?? '') as Arm;
    for (const { properties } of arm.resources.filter(({ type }) => type.endsWith('/alertRules')))
      expect(properties).toMatchObject({ tactics: [], techniques: [] });
    const [apart] = analyticsRules({ ...DEFAULT_SETTINGS, correlate: false });
    expect(apart?.alertDetailsOverride.alertDescriptionFormat).toMatch(/^#DONT_CORR#/);
  });
});

/** The filters that a rule has on the path of severities, carried out. */
function takes(query: string, path: string): boolean {
  const words = new Set(path.split(', '));
  const not = [...query.matchAll(/where not\(SeverityPath has "(\w+)"\)/g)].map(([, word = '']) => word);
  const has = [...query.matchAll(/where SeverityPath has "(\w+)"/g)].map(([, word = '']) => word);
  return has.every((word) => words.has(word)) && !not.some((word) => words.has(word));
}

/** Of the entity schema of Sentinel. */
const IDENTIFIERS = {
  CloudApplication: ['AppId', 'Name', 'InstanceName'],
  Account: [
    'Name',
    'FullName',
    'NTDomain',
    'DnsDomain',
    'UPNSuffix',
    'Sid',
    'AadTenantId',
    'AadUserId',
    'PUID',
    'IsDomainJoined',
    'DisplayName',
    'ObjectGuid',
  ],
};

interface Arm {
  parameters: Record<string, { type: string }>;
  resources: {
    type: string;
    apiVersion: string;
    name: string;
    scope?: string;
    kind?: string;
    properties: Record<string, unknown>;
  }[];
  outputs: Record<string, { value: string }>;
}

describe('the parser', () => {
  it('gives what the ASIM AlertEvent schema wants in every row', () => {
    const { columns } = resolve(`let disabled = false;\n${PARSER.query}`);
    const names = columns.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining([...PARSER.mandatory]));
  });
});

describe('the workbook', () => {
  it('shows what a shift looks at', () => {
    expect(PARTS.map(({ key }) => key)).toEqual([
      'incidents',
      'risk-by-agent',
      'active-contractions',
      'blocked-calls',
      'top-findings',
      'coverage-by-pillar',
    ]);
  });
});

describe('streams and tables', () => {
  const arm = JSON.parse(FILES.find(({ path }) => path === 'azuredeploy.json')?.text ?? '') as Arm;
  const of = (type: string) => arm.resources.filter((resource) => resource.type === type);

  it('streams = table columns = what rows hold', () => {
    const [rule] = of('Microsoft.Insights/dataCollectionRules');
    const { streamDeclarations, dataFlows } = rule?.properties as {
      streamDeclarations: Record<string, { columns: { name: string; type: string }[] }>;
      dataFlows: { streams: string[]; outputStream: string; transformKql: string }[];
    };
    for (const table of Object.values(TABLES)) {
      const wanted = table.columns.map(({ name, type }) => ({ name, type }));
      expect(streamDeclarations[streamName(table)]?.columns).toEqual(wanted);
      const deployed = of('Microsoft.OperationalInsights/workspaces/tables').find(({ name }) =>
        name.includes(tableName(table)),
      )?.properties['schema'] as { columns: { name: string; type: string }[] };
      expect(
        deployed.columns.map(({ name, type }) => ({ name, type: type === 'dateTime' ? 'datetime' : type })),
      ).toEqual(wanted);
      expect(dataFlows.find(({ streams }) => streams.includes(streamName(table)))).toMatchObject({
        outputStream: streamName(table),
        transformKql: 'source',
      });
    }
    expect(rule?.kind).toBe('Direct');
  });

  it('names columns as the service allows', () => {
    const reserved = new Set(['_ResourceId', 'id', '_SubscriptionId', 'TenantId', 'Type', 'UniqueId', 'Title']);
    for (const table of Object.values(TABLES)) {
      const names = table.columns.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      expect(names[0]).toBe('TimeGenerated');
      expect(names.length).toBeLessThanOrEqual(500);
      for (const name of names) {
        expect(name).toMatch(/^[A-Za-z][A-Za-z0-9_]{0,44}$/);
        expect(reserved.has(name), name).toBe(false);
      }
    }
  });
});

describe('infra/sentinel', () => {
  it.each(FILES.map(({ path, text }) => [path, text]))(
    '%s is what the tables and queries make (`-u` writes it)',
    async (path, text) => {
      await expect(text).toMatchFileSnapshot(join(INFRA, path));
    },
  );

  it('holds nothing else', () => {
    const there = readdirSync(INFRA, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(INFRA.length + 1));
    expect(there.filter((path) => path !== 'README.md').sort()).toEqual(FILES.map(({ path }) => path).sort());
  });

  it('has its tables in docs/sentinel.md', () => {
    const path = join(ROOT, 'docs', 'sentinel.md');
    expect(existsSync(path)).toBe(true);
    expect(readFileSync(path, 'utf8')).toContain(tablesDocument());
  });
});
