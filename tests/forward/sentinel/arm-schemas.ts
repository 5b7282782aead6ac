/**
 * What Azure takes for each type of resource that is deployed, written from Microsoft's template reference: required
 * properties, closed sets, limits. The published types (published-types.ts) leave most of the limits out, and know neither
 * `kind: Direct` nor versions of 2025.
 */
import { type TSchema, Type } from '@sinclair/typebox';
import { OneOf, Strict } from '../../../schemas/common.js';

const Text = Type.String({ minLength: 1 });
const Guid = Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' });
const Expression = Type.String({ pattern: '^\\[[a-z].*\\]$' });
const Duration = Type.String({ pattern: '^P(\\d+D)?(T(\\d+H)?(\\d+M)?)?$' });
const optional = <T extends TSchema>(schema: T) => Type.Optional(schema);

const Mapping = Strict({
  entityType: OneOf(['Account', 'CloudApplication', 'Host', 'IP', 'URL'], ''),
  fieldMappings: Type.Array(Strict({ identifier: Text, columnName: Text }), { minItems: 1, maxItems: 3 }),
});

const AlertRule = Strict({
  displayName: Text,
  description: optional(Type.String({ maxLength: 5000 })),
  severity: OneOf(['Informational', 'Low', 'Medium', 'High'], ''),
  enabled: Type.Boolean(),
  query: Type.String({ minLength: 1, maxLength: 10_000 }),
  queryFrequency: Duration,
  queryPeriod: Duration,
  triggerOperator: OneOf(['GreaterThan', 'LessThan', 'Equal', 'NotEqual'], ''),
  triggerThreshold: Type.Integer({ minimum: 0, maximum: 10_000 }),
  suppressionEnabled: Type.Boolean(),
  suppressionDuration: Duration,
  tactics: Type.Array(Text),
  techniques: Type.Array(Type.String({ pattern: '^T\\d{4}$' })),
  eventGroupingSettings: Strict({ aggregationKind: OneOf(['SingleAlert', 'AlertPerResult'], '') }),
  entityMappings: Type.Array(Mapping, { maxItems: 10 }),
  customDetails: Type.Record(Type.String({ maxLength: 20 }), Text, { maxProperties: 20 }),
  alertDetailsOverride: Strict({
    alertDisplayNameFormat: Type.String({ maxLength: 256 }),
    alertDescriptionFormat: Type.String({ maxLength: 5000 }),
    alertTacticsColumnName: Text,
    alertSeverityColumnName: Text,
  }),
  incidentConfiguration: Strict({
    createIncident: Type.Boolean(),
    groupingConfiguration: Strict({
      enabled: Type.Boolean(),
      reopenClosedIncident: Type.Boolean(),
      lookbackDuration: Duration,
      matchingMethod: OneOf(['AllEntities', 'AnyAlert', 'Selected'], ''),
      groupByEntities: Type.Array(Text),
      groupByAlertDetails: Type.Array(OneOf(['DisplayName', 'Severity'], '')),
      groupByCustomDetails: Type.Array(Text),
    }),
  }),
});

const Column = (types: readonly string[]) =>
  Strict({
    name: Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_]{0,44}$' }),
    type: OneOf(types, ''),
    description: optional(Text),
  });

const WorkspaceTable = Strict({
  plan: OneOf(['Analytics', 'Basic', 'Auxiliary'], ''),
  retentionInDays: Type.Union([Type.Integer({ minimum: 4, maximum: 730 }), Expression]),
  schema: Strict({
    name: Type.String({ pattern: '_CL$' }),
    description: optional(Text),
    columns: Type.Array(Column(['string', 'int', 'long', 'real', 'boolean', 'dateTime', 'guid', 'dynamic']), {
      minItems: 1,
      maxItems: 500,
    }),
  }),
});

const CollectionRule = Strict({
  description: optional(Text),
  streamDeclarations: Type.Record(
    Type.String({ pattern: '^Custom-' }),
    Strict({
      columns: Type.Array(Column(['string', 'int', 'long', 'real', 'boolean', 'dynamic', 'datetime']), { minItems: 1 }),
    }),
  ),
  destinations: Strict({
    logAnalytics: Type.Array(Strict({ workspaceResourceId: Expression, name: Text }), { minItems: 1 }),
  }),
  dataFlows: Type.Array(
    Strict({
      streams: Type.Array(Type.String({ pattern: '^Custom-' }), { minItems: 1 }),
      destinations: Type.Array(Text, { minItems: 1 }),
      transformKql: optional(Text),
      outputStream: Type.String({ pattern: '^(Custom|Microsoft)-' }),
    }),
    { minItems: 1, maxItems: 10 },
  ),
});

const SavedSearch = Strict({
  category: Text,
  displayName: Text,
  query: Text,
  version: Type.Integer(),
  functionAlias: optional(Type.String({ pattern: '^[A-Za-z_]\\w*$' })),
  functionParameters: optional(Text),
  tags: optional(Type.Array(Strict({ name: Text, value: Type.String({ maxLength: 1024 }) }))),
});

const Action = Type.Union([
  Strict({
    order: Type.Integer(),
    actionType: Type.Literal('ModifyProperties'),
    actionConfiguration: Strict({ labels: Type.Array(Strict({ labelName: Text })) }),
  }),
  Strict({
    order: Type.Integer(),
    actionType: Type.Literal('AddIncidentTask'),
    actionConfiguration: Strict({
      title: Type.String({ maxLength: 150 }),
      description: Type.String({ maxLength: 3000 }),
    }),
  }),
]);

const AutomationRule = Strict({
  displayName: Type.String({ maxLength: 500 }),
  order: Type.Integer({ minimum: 1, maximum: 1000 }),
  triggeringLogic: Strict({
    isEnabled: Type.Boolean(),
    triggersOn: OneOf(['Incidents', 'Alerts'], ''),
    triggersWhen: OneOf(['Created', 'Updated'], ''),
    conditions: Type.Array(
      Strict({
        conditionType: Type.Literal('Property'),
        conditionProperties: Strict({
          propertyName: Type.Literal('IncidentRelatedAnalyticRuleIds'),
          operator: OneOf(['Contains', 'Equals'], ''),
          propertyValues: Type.Array(Expression, { minItems: 1 }),
        }),
      }),
    ),
  }),
  actions: Type.Array(Action, { minItems: 1, maxItems: 20 }),
});

const RoleAssignment = Strict({ roleDefinitionId: Expression, principalId: Expression, principalType: Expression });

const Workbook = Strict({
  displayName: Text,
  serializedData: Text,
  version: Type.Literal('Notebook/1.0'),
  sourceId: Expression,
  category: Type.Literal('sentinel'),
});

interface Wanted {
  apiVersion: string;
  properties: TSchema;
  name: TSchema;
  kind?: string;
}

export const RESOURCE_TYPES: Readonly<Record<string, Wanted>> = {
  'Microsoft.OperationalInsights/workspaces/tables': {
    apiVersion: '2022-10-01',
    properties: WorkspaceTable,
    name: Expression,
  },
  'Microsoft.OperationalInsights/workspaces/savedSearches': {
    apiVersion: '2020-08-01',
    properties: SavedSearch,
    name: Expression,
  },
  'Microsoft.Insights/dataCollectionRules': {
    apiVersion: '2023-03-11',
    properties: CollectionRule,
    name: Expression,
    kind: 'Direct',
  },
  'Microsoft.Insights/workbooks': { apiVersion: '2023-06-01', properties: Workbook, name: Expression, kind: 'shared' },
  'Microsoft.Authorization/roleAssignments': { apiVersion: '2022-04-01', properties: RoleAssignment, name: Expression },
  'Microsoft.SecurityInsights/alertRules': {
    apiVersion: '2025-09-01',
    properties: AlertRule,
    name: Guid,
    kind: 'Scheduled',
  },
  'Microsoft.SecurityInsights/automationRules': { apiVersion: '2025-09-01', properties: AutomationRule, name: Guid },
};
