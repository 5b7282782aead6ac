/** The deployment: Bicep that parses and says what the ARM JSON says, and ARM JSON that Azure can take. */
import { Value } from '@sinclair/typebox/value';
import { beforeAll, describe, expect, it } from 'vitest';
import { armTemplate } from '../../../services/forward/sentinel/content/arm.js';
import { bicepTemplate } from '../../../services/forward/sentinel/content/bicep.js';
import { deployment } from '../../../services/forward/sentinel/content/deployment.js';
import { DEFAULT_SETTINGS } from '../../../services/forward/sentinel/content/settings.js';
import { RESOURCE_TYPES } from './arm-schemas.js';
import { type BicepFile, parseBicep } from './bicep-syntax.js';
import { faultsOf, hasPath, publishedVersion } from './published-types.js';

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

/** Words of ours in sets that are published as open: the kind with an endpoint of its own, and streams that we declare. */
const BEYOND = [/^\/kind: "Direct" /, /^\/properties\/dataFlows\/\d\/streams\/0: "Custom-Stepdown\w+_CL" /];

describe('the published types of Azure’s APIs', () => {
  const own = ({ type }: ArmResource) => type;
  it.each(ARM.resources.map((resource, index) => [`${index} ${own(resource)}`, resource] as const))(
    'resource %s holds against them',
    (_name, resource) => {
      const found = faultsOf(resource as ArmResource & Record<string, unknown>);
      expect(found.filter((fault) => !BEYOND.some((known) => known.test(fault)))).toEqual([]);
    },
  );

  it('are of the version that is deployed, but for Sentinel’s own, which are newer', () => {
    const newer = ARM.resources.filter(({ type, apiVersion }) => publishedVersion(type) !== apiVersion);
    expect(new Set(newer.map(own))).toEqual(
      new Set(['Microsoft.SecurityInsights/alertRules', 'Microsoft.SecurityInsights/automationRules']),
    );
  });

  it('have what the outputs read', () => {
    for (const path of ['properties.endpoints.logsIngestion', 'properties.immutableId'])
      expect(hasPath('Microsoft.Insights/dataCollectionRules', path), path).toBe(true);
    expect(hasPath('Microsoft.Insights/dataCollectionRules', 'properties.endpoints.logIngestion')).toBe(false);
  });

  it.each([
    ['a misspelt property', { queryFrequencies: 'PT5M' }, '/properties/queryFrequencies: there is no such property'],
    ['a severity that there is none of', { severity: 'Critical' }, '/properties/severity: "Critical" is none of'],
    ['a number as text', { triggerThreshold: '0' }, '/properties/triggerThreshold: no integer'],
    ['an entity that there is none of', { entityMappings: [{ entityType: 'Agent', fieldMappings: [] }] }, 'is none of'],
    ['what is read only', { lastModifiedUtc: '2026-01-01' }, '/properties/lastModifiedUtc: cannot be set'],
  ])('find %s', (_name, change, fault) => {
    const rule = ARM.resources.find(({ type }) => type.endsWith('/alertRules')) as ArmResource;
    const changed = { ...rule, properties: { ...rule.properties, ...change } };
    expect(faultsOf(changed).join('\n')).toContain(fault);
    const { enabled: _enabled, ...without } = rule.properties;
    expect(faultsOf({ ...rule, properties: without })).toEqual(['/properties/enabled: is missing']);
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
