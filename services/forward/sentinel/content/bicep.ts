/** Writes a template as Bicep. Pure. */
import { type Expression, isExpression, type Parameter, type Resource, type Template, type Value } from './template.js';

export function bicepTemplate({ description, parameters, resources, outputs }: Template): string {
  return `${[
    `metadata description = ${text(description)}`,
    parameters.map(parameterOf).join('\n\n'),
    resources.map(resourceOf).join('\n\n'),
    outputs
      .map(
        ({ name, description: what, value }) =>
          `@description(${text(what)})\noutput ${name} string = ${expression(value, 0)}`,
      )
      .join('\n\n'),
  ].join('\n\n')}\n`;
}

function parameterOf({ name, type, description, default: fallback, allowed }: Parameter): string {
  return [
    `@description(${text(description)})`,
    ...(allowed === undefined ? [] : [`@allowed(${written(allowed, 0)})`]),
    `param ${name} ${type}${fallback === undefined ? '' : ` = ${written(fallback, 0)}`}`,
  ].join('\n');
}

function resourceOf(resource: Resource): string {
  const { symbol, type, apiVersion, existing, onlyWith, parent, scope, name, location, kind, properties, dependsOn } =
    resource;
  const condition = onlyWith === undefined ? '' : `if (!empty(${onlyWith})) `;
  const entries: [string, string][] = [
    ...(parent === undefined ? [] : [['parent', parent] as [string, string]]),
    ...(scope === undefined ? [] : [['scope', scope] as [string, string]]),
    ['name', written(name, 1)],
    ...(location === undefined ? [] : [['location', written(location, 1)] as [string, string]]),
    ...(kind === undefined ? [] : [['kind', written(kind, 1)] as [string, string]]),
    ...(properties === undefined ? [] : [['properties', written(properties, 1)] as [string, string]]),
    ...(dependsOn === undefined || dependsOn.length === 0
      ? []
      : [['dependsOn', `[\n${dependsOn.map((each) => `    ${each}`).join('\n')}\n  ]`] as [string, string]]),
  ];
  return `resource ${symbol} '${type}@${apiVersion}' ${existing === true ? 'existing ' : ''}= ${condition}{\n${entries.map(([key, value]) => `  ${key}: ${value}`).join('\n')}\n}`;
}

function written(value: Value, depth: number): string {
  if (typeof value === 'string') return text(value);
  if (typeof value !== 'object') return String(value);
  if (isExpression(value)) return expression(value, depth);
  const indent = '  '.repeat(depth + 1);
  const close = '  '.repeat(depth);
  if (Array.isArray(value)) {
    const items = (value as readonly Value[]).map((item) => `${indent}${written(item, depth + 1)}`);
    return items.length === 0 ? '[]' : `[\n${items.join('\n')}\n${close}]`;
  }
  const entries = Object.entries(value).map(([name, item]) => `${indent}${key(name)}: ${written(item, depth + 1)}`);
  return entries.length === 0 ? '{}' : `{\n${entries.join('\n')}\n${close}}`;
}

function expression(value: Expression, depth: number): string {
  switch (value.expression) {
    case 'parameter':
      return value.name;
    case 'id':
      return `${value.of}.id`;
    case 'property':
      return `${value.of}.properties.${value.path}`;
    case 'call':
      return `${value.name}(${value.arguments.map((each) => written(each, depth)).join(', ')})`;
  }
}

/** Plain texts in one line; queries, which have many, between triple quotes, where nothing is escaped. */
function text(value: string): string {
  if (value.includes('\n')) {
    if (value.includes("'''")) throw new Error('a text with three quotes cannot be written in several lines');
    return `'''\n${value}'''`;
  }
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('${', '\\${')}'`;
}

function key(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : `'${name}'`;
}
