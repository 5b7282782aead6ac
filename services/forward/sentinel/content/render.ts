/** Every file of infra/sentinel, from the tables and queries. Pure. */
import { streamName, tableName } from '../column.js';
import { TABLES } from '../tables.js';
import { armTemplate } from './arm.js';
import { bicepTemplate } from './bicep.js';
import { deployment } from './deployment.js';
import { HUNTING_QUERIES } from './hunting.js';
import { huntingYaml, parserYaml, ruleYaml } from './rule-yaml.js';
import { analyticsRules } from './rules.js';
import type { ContentSettings } from './settings.js';
import { workbook } from './workbook.js';

export interface RenderedFile {
  /** Relative to the folder it goes to. */
  path: string;
  text: string;
}

/** Values for the deployment's parameters; what is left out keeps its default, or is asked for by `az`. */
export type ParameterValues = Readonly<Record<string, string | number>>;

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

export function rendered(settings: ContentSettings, values: ParameterValues): RenderedFile[] {
  const template = deployment(settings);
  return [
    { path: 'main.bicep', text: bicepTemplate(template) },
    { path: 'azuredeploy.json', text: json(armTemplate(template)) },
    {
      path: 'main.parameters.json',
      text: json({
        $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#',
        contentVersion: '1.0.0.0',
        parameters: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }])),
      }),
    },
    ...analyticsRules(settings).map((rule) => ({ path: `rules/${rule.key}.yaml`, text: ruleYaml(rule) })),
    ...HUNTING_QUERIES.map((query) => ({ path: `hunting/${query.key}.yaml`, text: huntingYaml(query) })),
    { path: 'parser/ASimAlertEventStepdown.yaml', text: parserYaml() },
    { path: 'workbook.json', text: json(workbook()) },
  ];
}

/** The tables of docs/sentinel.md. */
export function tablesDocument(): string {
  return Object.values(TABLES)
    .map((table) =>
      [
        `### ${tableName(table)}`,
        '',
        `${table.description} Stream \`${streamName(table)}\`.`,
        '',
        '| column | type | class | from | what it says |',
        '|---|---|---|---|---|',
        ...table.columns.map(
          ({ name, type, class: kind, from, description }) =>
            `| \`${name}\` | ${type} | ${kind} | ${from === '–' ? from : `${from}`} | ${description.replaceAll('|', '\\|')} |`,
        ),
        '',
      ].join('\n'),
    )
    .join('\n');
}
