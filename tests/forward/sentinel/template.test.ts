/** The deployment: Bicep that parses and says what the ARM JSON says, and ARM JSON that Azure can take. */
import { Value } from '@sinclair/typebox/value';
import { beforeAll, describe, expect, it } from 'vitest';
import { armTemplate } from '../../../services/forward/sentinel/content/arm.js';
import { bicepTemplate } from '../../../services/forward/sentinel/content/bicep.js';
import { deployment } from '../../../services/forward/sentinel/content/deployment.js';
import { DEFAULT_SETTINGS } from '../../../services/forward/sentinel/content/settings.js';
import { RESOURCE_TYPES } from './arm-schemas.js';
import { type BicepFile, parseBicep } from './bicep-syntax.js';

const TEMPLATE = deployment(DEFAULT_SETTINGS);
interface ArmResource {
  type: string;
  apiVersion: string;
  name: string;
  kind?: string;
  scope?: string;
  condition?: string;
  dependsOn?: string[];
  properties: Record<string, unknown>;
}
const ARM = armTemplate(TEMPLATE) as {
  parameters: Record<string, unknown>;
  outputs: Record<string, unknown>;
  resources: ArmResource[];
};

describe('ARM JSON', () => {
  it.each(ARM.resources.map((resource, index) => [`${index} ${resource.type}`, resource] as const))(
    'resource %s is as Azure wants it',
    (_name, resource) => {
      const wanted = RESOURCE_TYPES[resource.type];
      expect(wanted, resource.type).toBeDefined();
      if (wanted === undefined) return;
      expect(
        [...Value.Errors(wanted.properties, resource.properties)].map(({ path, message }) => `${path}: ${message}`),
      ).toEqual([]);
      expect(Value.Check(wanted.name, resource.name), resource.name).toBe(true);
      expect(resource.apiVersion).toBe(wanted.apiVersion);
      expect(resource.kind).toBe(wanted.kind);
    },
  );

  it('speaks only of parameters and resources that there are', () => {
    const text = JSON.stringify(ARM);
    for (const [, name = ''] of text.matchAll(/parameters\('(\w+)'\)/g))
      expect(Object.keys(ARM.parameters)).toContain(name);
    const types = new Set([...ARM.resources.map(({ type }) => type), 'Microsoft.OperationalInsights/workspaces']);
    for (const [, type = ''] of text.matchAll(/(?<!subscription|extension)resourceId\('([^']+)'/gi))
      expect(types).toContain(type);
    for (const [, type = ''] of text.matchAll(/extensionResourceId\(resourceId\([^)]*\)[^']*\), '([^']+)'/g))
      expect(types).toContain(type);
  });

  it('balances its brackets, and hides no expression in a text', () => {
    const walk = (value: unknown): void => {
      if (typeof value === 'string' && value.startsWith('[') && !value.startsWith('[[')) {
        let depth = 0;
        for (const character of value.replace(/'(?:[^']|'')*'/g, '')) {
          if (character === '(') depth += 1;
          if (character === ')') depth -= 1;
          expect(depth).toBeGreaterThanOrEqual(0);
        }
        expect(depth, value).toBe(0);
        expect(value.endsWith(']')).toBe(true);
      } else if (typeof value === 'object' && value !== null) Object.values(value).forEach(walk);
    };
    walk(ARM);
  });

  it('gives roles only where an identity was named, and the sender no more than it needs', () => {
    const roles = ARM.resources.filter(({ type }) => type.endsWith('/roleAssignments'));
    expect(roles).toHaveLength(2);
    for (const role of roles) expect(role.condition).toBe("[not(empty(parameters('principalId')))]");
    expect(roles[0]?.scope).toContain('dataCollectionRules');
    expect(JSON.stringify(roles[0]?.properties)).toContain('3913510d-42f4-4e42-8a64-420c390055eb');
  });
});

describe('Bicep', () => {
  let bicep: BicepFile;
  beforeAll(async () => {
    bicep = await parseBicep(bicepTemplate(TEMPLATE));
  });

  it('is Bicep', () => {
    expect(bicep.faults).toEqual([]);
    expect(bicep.parameters).toEqual(Object.keys(ARM.parameters));
    expect(bicep.outputs).toEqual(Object.keys(ARM.outputs));
  });

  it('deploys the resources of the ARM JSON, text by text', () => {
    const deployed = bicep.resources.filter(({ existing }) => !existing);
    expect(deployed.map(({ type, apiVersion }) => `${type}@${apiVersion}`)).toEqual(
      ARM.resources.map(({ type, apiVersion }) => `${type}@${apiVersion}`),
    );
    deployed.forEach((resource, index) => {
      const there = textsOf(ARM.resources[index]?.properties);
      expect(resource.texts).toEqual(expect.arrayContaining(there));
      // Beyond the properties' texts: the name, the kind, the location, and what stands in expressions.
      expect(resource.texts.length - there.length).toBeLessThanOrEqual(
        8 + Object.keys(ARM.resources[index]?.properties ?? {}).length,
      );
    });
  });

  it('finds a broken file', async () => {
    const broken = await parseBicep(bicepTemplate(TEMPLATE).replace("kind: 'Direct'", "kind: 'Direct"));
    expect(broken.faults.length).toBeGreaterThan(0);
  });
});

/** Every literal text in the properties. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return value.startsWith('[') ? [] : [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsOf);
}
