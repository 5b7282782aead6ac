/**
 * A deployment as plain data, from which Bicep and ARM JSON are both written, so that the two cannot say different things.
 * Values are JSON with expressions in them.
 */

export type Expression =
  | { expression: 'parameter'; name: string }
  /** The id of another resource of this deployment. */
  | { expression: 'id'; of: string }
  /** A property that another resource has once it is deployed. */
  | { expression: 'property'; of: string; path: string }
  | { expression: 'call'; name: 'guid' | 'format' | 'string' | 'subscriptionResourceId'; arguments: readonly Value[] };
export type Value = string | number | boolean | Expression | readonly Value[] | { readonly [name: string]: Value };

export interface Parameter {
  name: string;
  type: 'string' | 'int' | 'bool';
  description: string;
  default?: Value;
  allowed?: readonly string[];
}

export interface Resource {
  /** Names it within the deployment. */
  symbol: string;
  type: string;
  apiVersion: string;
  name: Value;
  /** It exists already, and is only pointed at. */
  existing?: boolean;
  /** The resource it is a part of, e.g. a table of a workspace. */
  parent?: string;
  /** The resource it is put on, e.g. a rule on a workspace. */
  scope?: string;
  /** Deployed only where this parameter is not empty. */
  onlyWith?: string;
  location?: Value;
  kind?: string;
  properties?: Value;
  dependsOn?: readonly string[];
}

export interface Output {
  name: string;
  description: string;
  value: Expression;
}

export interface Template {
  description: string;
  parameters: readonly Parameter[];
  resources: readonly Resource[];
  outputs: readonly Output[];
}

export const parameter = (name: string): Expression => ({ expression: 'parameter', name });
export const idOf = (of: string): Expression => ({ expression: 'id', of });
export const propertyOf = (of: string, path: string): Expression => ({ expression: 'property', of, path });
export const call = (name: Extract<Expression, { expression: 'call' }>['name'], ...args: Value[]): Expression => ({
  expression: 'call',
  name,
  arguments: args,
});

export function isExpression(value: Value): value is Expression {
  return typeof value === 'object' && !Array.isArray(value) && 'expression' in value;
}
