/**
 * What a workspace needs: tables, a data collection rule with an endpoint of its own, the right to send there, and the
 * content of Sentinel. Types and versions after Microsoft's template reference.
 */
import { type ColumnType, streamName, type Table, tableName } from '../column.js';
import { TABLES } from '../tables.js';
import { HUNTING_QUERIES } from './hunting.js';
import { PARSER } from './parser.js';
import { type AnalyticsRule, analyticsRules } from './rules.js';
import type { ContentSettings } from './settings.js';
import { call, idOf, parameter, propertyOf, type Resource, type Template } from './template.js';
import { workbook, WORKBOOK_ID, WORKBOOK_NAME } from './workbook.js';

const WORKSPACE = 'workspace';
const DESTINATION = 'stepdown';

/** Built-in roles, by their ids. */
export const ROLES = {
  /** Monitoring Metrics Publisher: sends to the rule. */
  publisher: '3913510d-42f4-4e42-8a64-420c390055eb',
  /** Microsoft Sentinel Responder: keeps incidents up to date and reads verdicts. */
  responder: '3e150937-b8fe-4cfb-8069-0eaf05ecd056',
} as const;

export function deployment(settings: ContentSettings): Template {
  const rules = analyticsRules(settings);
  return {
    description:
      'Stepdown in Microsoft Sentinel: tables, data collection rule, analytics rules, hunting queries, workbook, parser.',
    parameters: [
      {
        name: 'workspaceName',
        type: 'string',
        description: 'The Log Analytics workspace that Sentinel is enabled on.',
      },
      {
        name: 'location',
        type: 'string',
        description: 'The region of the workspace; the data collection rule must be there too.',
      },
      {
        name: 'principalId',
        type: 'string',
        description:
          'The object id of the identity that Stepdown runs under. Empty: no roles are assigned, and somebody else has to.',
        default: '',
      },
      {
        name: 'principalType',
        type: 'string',
        description: 'What that identity is.',
        default: 'ServicePrincipal',
        allowed: ['ServicePrincipal', 'User', 'Group'],
      },
      {
        name: 'dataCollectionRuleName',
        type: 'string',
        description: 'The name of the data collection rule.',
        default: 'stepdown',
      },
      { name: 'retentionInDays', type: 'int', description: 'How long rows can be queried.', default: 90 },
    ],
    resources: [
      {
        symbol: WORKSPACE,
        type: 'Microsoft.OperationalInsights/workspaces',
        apiVersion: '2023-09-01',
        name: parameter('workspaceName'),
        existing: true,
      },
      ...Object.values(TABLES).map(tableResource),
      collectionRule(),
      roleAssignment('publisherRole', 'collectionRule', ROLES.publisher),
      roleAssignment('responderRole', WORKSPACE, ROLES.responder),
      parserFunction(),
      ...rules.map(ruleResource),
      ...HUNTING_QUERIES.map(({ id, key, name, description, query }): Resource => ({
        symbol: `hunting${pascal(key)}`,
        type: 'Microsoft.OperationalInsights/workspaces/savedSearches',
        apiVersion: '2020-08-01',
        parent: WORKSPACE,
        name: id,
        properties: {
          category: 'Hunting Queries',
          displayName: name,
          query,
          version: 2,
          tags: [{ name: 'description', value: description }],
        },
        dependsOn: tableSymbols(),
      })),
      {
        symbol: 'workbook',
        type: 'Microsoft.Insights/workbooks',
        apiVersion: '2023-06-01',
        name: call('guid', idOf(WORKSPACE), WORKBOOK_ID),
        location: parameter('location'),
        kind: 'shared',
        properties: {
          displayName: WORKBOOK_NAME,
          serializedData: JSON.stringify(workbook()),
          version: 'Notebook/1.0',
          sourceId: idOf(WORKSPACE),
          category: 'sentinel',
        },
      },
      automationRule(rules),
    ],
    outputs: [
      {
        name: 'endpoint',
        description: 'For `endpoint` of the sink.',
        value: propertyOf('collectionRule', 'endpoints.logsIngestion'),
      },
      {
        name: 'rule',
        description: 'For `rule` of the sink.',
        value: propertyOf('collectionRule', 'immutableId'),
      },
      { name: 'workspace', description: 'For `workspace` of the sink.', value: idOf(WORKSPACE) },
    ],
  };
}

const tableSymbol = ({ noun }: Pick<Table<never>, 'noun'>): string => `table${noun}`;
const tableSymbols = (): string[] => Object.values(TABLES).map(tableSymbol);
const pascal = (key: string): string => key.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** Tables spell one type differently than streams do. */
const tableType = (type: ColumnType): string => (type === 'datetime' ? 'dateTime' : type);

function tableResource(table: (typeof TABLES)[keyof typeof TABLES]): Resource {
  return {
    symbol: tableSymbol(table),
    type: 'Microsoft.OperationalInsights/workspaces/tables',
    apiVersion: '2022-10-01',
    parent: WORKSPACE,
    name: tableName(table),
    properties: {
      plan: 'Analytics',
      retentionInDays: parameter('retentionInDays'),
      schema: {
        name: tableName(table),
        description: table.description,
        columns: table.columns.map(({ name, type, description }) => ({ name, type: tableType(type), description })),
      },
    },
  };
}

function collectionRule(): Resource {
  const tables = Object.values(TABLES);
  return {
    symbol: 'collectionRule',
    type: 'Microsoft.Insights/dataCollectionRules',
    apiVersion: '2023-03-11',
    name: parameter('dataCollectionRuleName'),
    location: parameter('location'),
    kind: 'Direct',
    properties: {
      description: 'Takes what Stepdown sends: one stream per table, nothing changed on the way.',
      streamDeclarations: Object.fromEntries(
        tables.map((table) => [
          streamName(table),
          { columns: table.columns.map(({ name, type }) => ({ name, type })) },
        ]),
      ),
      destinations: { logAnalytics: [{ workspaceResourceId: idOf(WORKSPACE), name: DESTINATION }] },
      dataFlows: tables.map((table) => ({
        streams: [streamName(table)],
        destinations: [DESTINATION],
        transformKql: 'source',
        outputStream: streamName(table),
      })),
    },
    dependsOn: tableSymbols(),
  };
}

function roleAssignment(symbol: string, scope: string, role: string): Resource {
  return {
    symbol,
    type: 'Microsoft.Authorization/roleAssignments',
    apiVersion: '2022-04-01',
    scope,
    onlyWith: 'principalId',
    name: call('guid', idOf(scope), parameter('principalId'), role),
    properties: {
      roleDefinitionId: call('subscriptionResourceId', 'Microsoft.Authorization/roleDefinitions', role),
      principalId: parameter('principalId'),
      principalType: parameter('principalType'),
    },
  };
}

function parserFunction(): Resource {
  return {
    symbol: 'parser',
    type: 'Microsoft.OperationalInsights/workspaces/savedSearches',
    apiVersion: '2020-08-01',
    parent: WORKSPACE,
    name: PARSER.id,
    properties: {
      category: 'ASIM',
      displayName: PARSER.name,
      query: PARSER.query,
      functionAlias: PARSER.alias,
      functionParameters: PARSER.parameters,
      version: 2,
    },
    dependsOn: tableSymbols(),
  };
}

function ruleResource(rule: AnalyticsRule): Resource {
  const { id, key, displayName, description, severity, query, queryFrequency, queryPeriod } = rule;
  return {
    symbol: `rule${pascal(key)}`,
    type: 'Microsoft.SecurityInsights/alertRules',
    apiVersion: '2025-09-01',
    scope: WORKSPACE,
    name: id,
    kind: 'Scheduled',
    properties: {
      displayName,
      description,
      severity,
      enabled: true,
      query,
      queryFrequency,
      queryPeriod,
      triggerOperator: 'GreaterThan',
      triggerThreshold: 0,
      suppressionEnabled: false,
      suppressionDuration: 'PT5H',
      // Which tactics an incident has is said by each result; a rule that claimed some would claim them for all.
      tactics: [],
      techniques: [],
      eventGroupingSettings: { aggregationKind: 'AlertPerResult' },
      entityMappings: rule.entityMappings.map(({ entityType, fieldMappings }) => ({
        entityType,
        fieldMappings: fieldMappings.map((each) => ({ ...each })),
      })),
      customDetails: { ...rule.customDetails },
      alertDetailsOverride: { ...rule.alertDetailsOverride },
      incidentConfiguration: {
        createIncident: rule.incidentConfiguration.createIncident,
        groupingConfiguration: { ...rule.incidentConfiguration.groupingConfiguration },
      },
    },
    dependsOn: tableSymbols(),
  };
}

const AUTOMATION_ID = '4c6e9a0b-2f5d-4a61-9a5b-8f3e1d2c7a01';

/** Marks our incidents and writes down what is to be done, so that whoever takes one over knows how. */
function automationRule(rules: readonly AnalyticsRule[]): Resource {
  return {
    symbol: 'automation',
    type: 'Microsoft.SecurityInsights/automationRules',
    apiVersion: '2025-09-01',
    scope: WORKSPACE,
    name: AUTOMATION_ID,
    properties: {
      displayName: 'Stepdown: label incidents and say how they are worked on',
      order: 100,
      triggeringLogic: {
        isEnabled: true,
        triggersOn: 'Incidents',
        triggersWhen: 'Created',
        conditions: [
          {
            conditionType: 'Property',
            conditionProperties: {
              propertyName: 'IncidentRelatedAnalyticRuleIds',
              operator: 'Contains',
              propertyValues: rules.map(({ key }) => idOf(`rule${pascal(key)}`)),
            },
          },
        ],
      },
      actions: [
        {
          order: 1,
          actionType: 'ModifyProperties',
          actionConfiguration: { labels: [{ labelName: 'Stepdown' }] },
        },
        {
          order: 2,
          actionType: 'AddIncidentTask',
          actionConfiguration: {
            title: 'Read the story',
            description:
              'The custom detail ExplainCommand tells what happened, in order: findings with their evidence, restrictions, attempts, reverts.',
          },
        },
        {
          order: 3,
          actionType: 'AddIncidentTask',
          actionConfiguration: {
            title: 'Judge it by closing it',
            description:
              'Closed as false positive or benign positive, the restrictions on the agents are lifted at once and the verdict is kept. Closed as true positive, they end by their own conditions. LiftCommand does the same from a shell.',
          },
        },
      ],
    },
  };
}
