/** Writes a template as ARM JSON, as the Bicep compiler lays it out. Pure. */
import { type Expression, isExpression, type Parameter, type Resource, type Template, type Value } from './template.js';

export function armTemplate(template: Template): Record<string, unknown> {
  const write = writer(template);
  return {
    $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
    contentVersion: '1.0.0.0',
    metadata: { description: template.description },
    parameters: Object.fromEntries(template.parameters.map((each) => [each.name, write.parameter(each)])),
    resources: template.resources.filter(({ existing }) => existing !== true).map((each) => write.resource(each)),
    outputs: Object.fromEntries(
      template.outputs.map(({ name, description, value }) => [
        name,
        { type: 'string', metadata: { description }, value: `[${write.expression(value)}]` },
      ]),
    ),
  };
}

function writer(template: Template) {
  const bySymbol = new Map(template.resources.map((each) => [each.symbol, each]));
  const find = (symbol: string): Resource => {
    const found = bySymbol.get(symbol);
    if (found === undefined) throw new Error(`the template has no resource ${symbol}`);
    return found;
  };

  /** A value inside an expression. */
  const inner = (value: Value): string => {
    if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    if (isExpression(value)) return expression(value);
    throw new Error('lists and objects do not stand in expressions');
  };

  const resourceId = (resource: Resource): string => {
    const { type, name, parent, scope } = resource;
    if (scope !== undefined) {
      return `extensionResourceId(${resourceId(find(scope))}, '${type}', ${inner(name)})`;
    }
    const names = parent === undefined ? [name] : [find(parent).name, name];
    return `resourceId('${type}', ${names.map(inner).join(', ')})`;
  };

  const expression = (value: Expression): string => {
    switch (value.expression) {
      case 'parameter':
        return `parameters('${value.name}')`;
      case 'id':
        return resourceId(find(value.of));
      case 'property': {
        const { apiVersion } = find(value.of);
        return `reference(${resourceId(find(value.of))}, '${apiVersion}').${value.path}`;
      }
      case 'call':
        return `${value.name}(${value.arguments.map(inner).join(', ')})`;
    }
  };

  const json = (value: Value): unknown => {
    if (typeof value === 'string') return value.startsWith('[') ? `[${value}` : value;
    if (typeof value !== 'object') return value;
    if (isExpression(value)) return `[${expression(value)}]`;
    if (Array.isArray(value)) return (value as readonly Value[]).map(json);
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, json(item)]));
  };

  return {
    expression,
    parameter: ({ type, description, default: fallback, allowed }: Parameter) => ({
      type,
      ...(fallback === undefined ? {} : { defaultValue: json(fallback) }),
      ...(allowed === undefined ? {} : { allowedValues: allowed }),
      metadata: { description },
    }),
    resource: (resource: Resource): Record<string, unknown> => {
      const { type, apiVersion, name, parent, scope, onlyWith, location, kind, properties } = resource;
      const needs = new Set([...(resource.dependsOn ?? []), ...mentioned(properties), ...mentioned(name)]);
      if (parent !== undefined) needs.add(parent);
      if (scope !== undefined) needs.add(scope);
      const dependsOn = [...needs].filter((symbol) => find(symbol).existing !== true);
      return {
        ...(onlyWith === undefined ? {} : { condition: `[not(empty(parameters('${onlyWith}')))]` }),
        type,
        apiVersion,
        ...(scope === undefined ? {} : { scope: `[${resourceId(find(scope))}]` }),
        name: parent === undefined ? json(name) : `[format('{0}/{1}', ${inner(find(parent).name)}, ${inner(name)})]`,
        ...(location === undefined ? {} : { location: json(location) }),
        ...(kind === undefined ? {} : { kind }),
        ...(properties === undefined ? {} : { properties: json(properties) }),
        ...(dependsOn.length === 0 ? {} : { dependsOn: dependsOn.map((symbol) => `[${resourceId(find(symbol))}]`) }),
      };
    },
  };
}

/** Symbols of the resources that a value speaks of. */
function mentioned(value: Value | undefined): string[] {
  if (value === undefined || typeof value !== 'object') return [];
  if (Array.isArray(value)) return (value as readonly Value[]).flatMap(mentioned);
  if (isExpression(value)) {
    const expression = value;
    if (expression.expression === 'call') return expression.arguments.flatMap(mentioned);
    return expression.expression === 'parameter' ? [] : [expression.of];
  }
  return Object.values(value as Record<string, Value>).flatMap(mentioned);
}
