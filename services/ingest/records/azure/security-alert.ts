/**
 * The `SecurityAlert` schema: Sentinel's table by data export, Defender for Cloud's continuous export and its REST
 * objects (the same fields in other capitals), and `SecurityIncident`, whose closing resolves the alerts in it.
 */
import type { Fields } from '../fields.js';
import { type AlertState, alertEvents, alertState, isOurs, type NamedAgent } from './alert.js';
import { type AzureRead, fault, nothing } from './reading.js';

/** Alerts of rules that query our own tables are our own incidents coming back. */
const OUR_TABLES = /\bStepdown(?:Incidents|Findings|Contractions|Decisions)_CL\b/;

export function readSecurityAlert(fields: Fields): AzureRead {
  const alertId = fields.text('systemAlertId', 'vendorOriginalId', 'providerAlertId', 'name', 'id');
  if (alertId === undefined) return fault('/SystemAlertId', 'an alert has a `SystemAlertId`');
  const extended = fields.fields('extendedProperties');
  if (OUR_TABLES.test(extended?.text('Query') ?? '')) return nothing('an alert of our own rules');
  const product =
    fields.text('productName', 'productDisplayName', 'providerName', 'vendorName') ?? 'Microsoft Defender';
  const title = fields.text('alertDisplayName', 'displayName', 'alertName', 'alertType') ?? alertId;
  if (isOurs(title, product)) return nothing('an alert of our own rules');
  const entities = fields.list('entities');
  return alertEvents({
    alertId,
    product,
    title,
    severity: fields.text('alertSeverity', 'severity', 'reportedSeverity'),
    state: alertState(fields.text('status', 'state')),
    timeMs: fields.time(
      'lastUpdateTimeUtc',
      'processingEndTime',
      'processingEndTimeUtc',
      'timeGenerated',
      'timeGeneratedUtc',
      'time',
      'endTime',
      'endTimeUtc',
    ),
    agents: agentsAmong(entities),
    userId: userAmong(entities) ?? extended?.text('End user ID', 'EndUserId', 'Application user ID'),
  });
}

export function readSecurityIncident(fields: Fields): AzureRead {
  const state: AlertState = alertState(fields.text('status'));
  // Open ones are told by their alerts, which name whom they are about.
  if (state !== 'resolved') return nothing('an open incident');
  const timeMs = fields.time('lastModifiedTime', 'closedTime', 'timeGenerated', 'time');
  const title = fields.text('title') ?? 'Incident';
  if (isOurs(title, 'Microsoft Sentinel')) return nothing('an incident of our own rules');
  const reads = fields.values('alertIds', 'relatedAlertIds').flatMap((alertId) =>
    typeof alertId === 'string' && alertId !== ''
      ? [
          alertEvents({
            alertId,
            product: 'Microsoft Sentinel',
            title,
            severity: fields.text('severity'),
            state,
            timeMs,
            agents: [],
            userId: undefined,
          }),
        ]
      : [],
  );
  const events = reads.flatMap((read) => (read.as === 'events' ? read.events : []));
  return events.length === 0
    ? nothing('an incident without alerts')
    : { as: 'events', events, dialect: 'security-alert' };
}

const AGENT_ENTITIES: Readonly<Record<string, readonly string[]>> = {
  'ai-agent': ['agentId', 'aadAgentId', 'id', 'name'],
  'agent-identity': ['agentId', 'objectId', 'id', 'appId'],
  'service-principal': ['servicePrincipalId', 'objectId', 'aadObjectId', 'appId', 'name'],
  serviceprincipal: ['servicePrincipalId', 'objectId', 'aadObjectId', 'appId', 'name'],
  'oauth-application': ['oAuthObjectId', 'objectId', 'oAuthAppId', 'appId', 'name'],
  // Its `AppId` is the number of a product in Defender for Cloud Apps, which is nobody's identity.
  'cloud-application': ['name', 'instanceName'],
};
const SPECIFIC = Object.keys(AGENT_ENTITIES);

/** The most specific kind of entity that is there counts: an application beside the agent is what the agent used. */
function agentsAmong(entities: readonly Fields[]): NamedAgent[] {
  for (const type of SPECIFIC) {
    const agents = entities.flatMap((entity): NamedAgent[] => {
      if (entity.text('type')?.toLowerCase() !== type) return [];
      const id = entity.text(...(AGENT_ENTITIES[type] ?? []));
      const name = entity.text('agentName', 'servicePrincipalName', 'displayName', 'name');
      const blueprint = entity.text('blueprintId', 'agentBlueprintId');
      return id === undefined
        ? []
        : [{ id, ...(name !== undefined && { name }), ...(blueprint !== undefined && { blueprint }) }];
    });
    if (agents.length > 0) return agents;
  }
  return [];
}

function userAmong(entities: readonly Fields[]): string | undefined {
  for (const entity of entities) {
    if (entity.text('type')?.toLowerCase() !== 'account') continue;
    const suffix = entity.text('upnSuffix');
    const name = entity.text('name', 'accountName');
    const id =
      entity.text('aadUserId', 'objectGuid', 'userPrincipalName') ??
      (name !== undefined && suffix !== undefined ? `${name}@${suffix}` : (name ?? entity.text('sid', 'displayName')));
    if (id !== undefined) return id;
  }
  return undefined;
}
