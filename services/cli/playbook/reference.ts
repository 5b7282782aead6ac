/** The language reference, made from the schemas: every key, what may stand there, and what it means. */
import type { TSchema } from '@sinclair/typebox';
import { Correlation } from '../../../schemas/correlation.js';
import { Overrides } from '../../../schemas/overrides.js';
import { Playbook } from '../../../schemas/playbook.js';
import { CHOICES, CONDITION_FIELDS, RANGES } from '../../respond/playbook/condition-fields.js';
import { CONDITION_FUNCTIONS } from '../../respond/playbook/condition-functions.js';
import { DIAGNOSTIC_CODES } from '../../respond/playbook/diagnostic.js';

const FORMATS: Readonly<Record<string, string>> = {
  'stepdown-duration': 'duration',
  'stepdown-time': 'time with zone',
  'stepdown-zone': 'IANA zone',
};

type Properties = Readonly<Record<string, TSchema>>;
const propertiesOf = (schema: TSchema): Properties | undefined => schema['properties'] as Properties | undefined;
const recordOf = (schema: TSchema): TSchema | undefined =>
  Object.values((schema['patternProperties'] ?? {}) as Properties)[0];

function bounds(schema: TSchema): string {
  const above = schema['exclusiveMinimum'] as number | undefined;
  const low = above === undefined ? (schema['minimum'] as number | undefined) : `>${above}`;
  const high = schema['maximum'] as number | undefined;
  if (low === undefined && high === undefined) return '';
  return ` ${low === undefined ? '' : String(low)}…${high === undefined ? '' : String(high)}`;
}

/** What may stand there, in a few words. */
function typeText(schema: TSchema): string {
  if (Array.isArray(schema['anyOf'])) {
    const branches = schema['anyOf'] as TSchema[];
    return [...new Set(branches.map(typeText))].join(' or ');
  }
  if ('const' in schema) return `\`${String(schema['const'])}\``;
  if (Array.isArray(schema['enum'])) return (schema['enum'] as string[]).map((value) => `\`${value}\``).join(' ');
  if (schema['type'] === 'array') return `list of ${typeText(schema['items'] as TSchema)}`;
  if (recordOf(schema)) return 'map by name';
  const properties = propertiesOf(schema);
  if (properties) return Object.keys(properties).length <= 3 ? `{${Object.keys(properties).join(', ')}}` : 'map';
  const format = FORMATS[String(schema['format'])];
  if (format !== undefined) return format;
  if (schema['type'] === 'integer') return `whole number${bounds(schema)}`;
  if (schema['type'] === 'number') return `number${bounds(schema)}`;
  return schema['type'] === 'boolean' ? '`true` `false`' : schema['type'] === undefined ? 'anything' : 'text';
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replace(/\s+/g, ' ').trim();

function rows(schema: TSchema, path: string, depth: number): string[] {
  if (depth > 7) return [];
  const required = new Set((schema['required'] ?? []) as string[]);
  return Object.entries(propertiesOf(schema) ?? {}).flatMap(([name, property]) => {
    const here = path === '' ? name : `${path}.${name}`;
    const needed = required.has(name) ? '**' : '';
    return [
      `| ${needed}\`${here}\`${needed} | ${cell(typeText(property))} | ${cell(String(property.description ?? ''))} |`,
      ...inside(property, here, depth + 1),
    ];
  });
}

/** The keys inside whatever stands there: of a map, of each form, of the entries of a list. */
function inside(schema: TSchema, path: string, depth: number): string[] {
  if (Array.isArray(schema['anyOf']))
    return [...new Set((schema['anyOf'] as TSchema[]).flatMap((branch) => inside(branch, path, depth)))];
  if (schema['type'] === 'array') return inside(schema['items'] as TSchema, `${path}[]`, depth);
  const record = recordOf(schema);
  if (record) return inside(record, `${path}.NAME`, depth);
  return propertiesOf(schema) ? rows(schema, path, depth) : [];
}

const TABLE = '| key | what may stand there | meaning |\n|---|---|---|';

export function referenceDocument(): string {
  const fields = Object.entries(CONDITION_FIELDS).flatMap(([root, names]) =>
    Object.entries(names).map(([name, type]) => {
      const path = `${root}.${name}`;
      const range = RANGES[path];
      const values =
        CHOICES[path]?.map((value) => `\`${value}\``).join(' ') ?? (range ? `${range[0]}…${range[1]}` : '');
      return `| \`${path}\` | ${cell(type)} | ${values} |`;
    }),
  );
  return `# Language reference

Made by \`stepdown playbook reference\` from the schemas; CI compares. Bold keys are needed. How to write one: [playbooks](../playbooks.md).

## Playbook

${TABLE}
${rows(Playbook, '', 0).join('\n')}

## Correlation

${TABLE}
${rows(Correlation, '', 0).join('\n')}

## Overrides

${TABLE}
${rows(Overrides, '', 0).join('\n')}

## What a condition may look at

| field | type | values |
|---|---|---|
${fields.join('\n')}

\`params.NAME\` and \`lists.NAME\` beside these. Functions: ${CONDITION_FUNCTIONS.map(([signature]) => `\`${signature}\``).join(', ')}, and CEL's own but \`matches\`.

## What the check says

| code | meaning |
|---|---|
${Object.entries(DIAGNOSTIC_CODES)
  .map(([code, meaning]) => `| ${code} | ${meaning} |`)
  .join('\n')}
`;
}
