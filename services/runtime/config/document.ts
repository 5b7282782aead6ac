/** `docs/configuration.md`, made from the keys. */
import { variableName } from './environment.js';
import type { Keys, SectionKey, Shape } from './shape.js';

const INTRODUCTION = `# Configuration

One file, \`stepdown.yaml\`; every key is optional. It is found at \`--config FILE\`, else where \`STEPDOWN_CONFIG\` says, else in the
working folder. Each key can also be set by an environment variable (named beside it), which wins over the file; an option
of the command line wins over both. \`stepdown config check\` says what is wrong with a configuration and where,
\`stepdown config show\` what it amounts to, secrets apart.

- Durations are written \`250ms\`, \`90s\`, \`15m\`, \`1h30m\`, \`7d\`; sizes \`64KiB\`, \`16MiB\`, \`10GB\`.
- Paths are relative to the file's folder; those from variables and options to the working folder.
- In variables, lists are separated by commas, or written as YAML: \`[{type: console}]\`. An empty variable is not set.
- Unknown keys, wrong values and unknown \`STEPDOWN_…\` variables are refused, all of them at once, each with its place.

\`\`\`yaml
# An example: keep telemetry for two weeks, tell a webhook of incidents.
retention:
  telemetry: 14d
  content: 2d
forward:
  sinks:
    - type: file
      path: ./incidents.ndjson
    - type: webhook
      url: https://hooks.contoso.example/stepdown
      secret: a-long-random-text-of-your-own
\`\`\`
`;

/** The whole document, ending in a line break. */
export function configurationDocument(keys: Keys): string {
  const plain = Object.entries(keys).filter(([, shape]) => shape.kind !== 'section');
  const sections = Object.entries(keys).filter((entry): entry is [string, SectionKey] => entry[1].kind === 'section');
  const parts = [INTRODUCTION, '## General\n', table(rows(Object.fromEntries(plain), []), true)];
  for (const [name, section] of sections) {
    parts.push(
      `## \`${name}\`\n`,
      `${section.description}\n`,
      table(rows(section.keys, [name]), true),
      ...details(section.keys, [name]),
    );
  }
  return `${parts.join('\n').trimEnd()}\n`;
}

interface Row {
  key: string;
  value: string;
  fallback: string;
  variable: string;
  meaning: string;
}

function rows(keys: Keys, path: readonly string[]): Row[] {
  return Object.entries(keys).flatMap(([name, shape]) => {
    const here = [...path, name];
    if (shape.kind === 'section') return rows(shape.keys, here);
    return [
      {
        key: here.join('.'),
        value: valueOf(shape),
        fallback: fallbackOf(shape),
        variable: variableName(here),
        meaning: shape.description,
      },
    ];
  });
}

/** What stands in lists of variants is described below the table of its section. */
function details(keys: Keys, path: readonly string[]): string[] {
  return Object.entries(keys).flatMap(([name, shape]) => {
    if (shape.kind === 'section') return details(shape.keys, [...path, name]);
    if (shape.kind !== 'list' || shape.item.kind !== 'variant') return [];
    return Object.entries(shape.item.variants).flatMap(([type, section]) => [
      `### \`${[...path, name].join('.')}\`: \`type: ${type}\`\n`,
      `${section.description}\n`,
      table(rows(section.keys, []), false),
    ]);
  });
}

function table(all: readonly Row[], variables: boolean): string {
  const head = variables
    ? '| key | value | default | meaning | variable |\n|---|---|---|---|---|'
    : '| key | value | default | meaning |\n|---|---|---|---|';
  const lines = all.map(
    ({ key, value, fallback, meaning, variable }) =>
      `| \`${key}\` | ${value} | ${fallback} | ${meaning} |${variables ? ` \`${variable}\` |` : ''}`,
  );
  return `${[head, ...lines].join('\n')}\n`;
}

function valueOf(shape: Shape): string {
  switch (shape.kind) {
    case 'choice':
      return shape.choices.map((each) => `\`${each}\``).join(', ');
    case 'flag':
      return '`true`, `false`';
    case 'number':
      return shape.maximum === Number.MAX_SAFE_INTEGER
        ? shape.minimum === 0
          ? 'number'
          : `number from ${shape.minimum}`
        : `${shape.minimum} to ${shape.maximum}`;
    case 'duration':
      return shape.minimum === '0' ? 'duration' : `duration from \`${shape.minimum}\``;
    case 'text':
      return shape.secret === true ? 'text, secret' : shape.secret === 'path' ? 'address, its path secret' : 'text';
    case 'list':
      return shape.item.kind === 'variant'
        ? 'list, see below'
        : `list of ${shape.item.kind === 'path' ? 'paths' : 'texts'}`;
    case 'path':
    case 'size':
    case 'variant':
    case 'section':
      return shape.kind;
  }
}

function fallbackOf(shape: Shape): string {
  switch (shape.kind) {
    case 'list':
      return shape.default.length === 0 ? 'empty' : `\`${JSON.stringify(shape.default)}\``;
    case 'text':
      if (shape.required) return 'must be given';
      if (shape.shownDefault !== undefined) return shape.shownDefault;
      return shape.default === undefined ? '–' : `\`${shape.default}\``;
    case 'flag':
    case 'number':
    case 'choice':
    case 'duration':
    case 'size':
    case 'path':
      return shape.default === undefined ? '–' : `\`${String(shape.default)}\``;
    case 'variant':
    case 'section':
      return '–';
  }
}
