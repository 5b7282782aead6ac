/**
 * Alerts as Microsoft Graph has them: `security/alerts_v2` (Defender XDR), and the older `security/alerts`.
 * `https://learn.microsoft.com/graph/api/resources/security-alert`.
 */
import type { Fields } from '../fields.js';
import { alertEvents, alertState, isOurs, type NamedAgent } from './alert.js';
import { type AzureRead, fault, nothing } from './reading.js';

export function readGraphAlert(fields: Fields): AzureRead {
  const alertId = fields.text('id', 'providerAlertId');
  if (alertId === undefined) return fault('/id', 'an alert has an `id`');
  const vendor = fields.fields('vendorInformation');
  const source = fields.text('productName', 'serviceSource') ?? vendor?.text('provider', 'vendor');
  const title = fields.text('title', 'alertDisplayName') ?? alertId;
  if (isOurs(title, `${source ?? ''} ${fields.text('detectionSource') ?? ''}`))
    return nothing('an alert of our own rules');
  const evidence = fields.list('evidence');
  return alertEvents({
    alertId,
    product: source ?? 'Microsoft Defender XDR',
    title,
    severity: fields.text('severity'),
    state: alertState(fields.text('status')),
    timeMs: fields.time(
      'lastUpdateDateTime',
      'lastModifiedDateTime',
      'resolvedDateTime',
      'createdDateTime',
      'eventDateTime',
      'time',
    ),
    agents: agentsIn(evidence),
    userId: userIn(evidence) ?? fields.list('userStates')[0]?.text('aadUserId', 'userPrincipalName', 'accountName'),
  });
}

/** By `@odata.type`, most specific first; the fields that name the thing. */
const AGENT_EVIDENCE: readonly (readonly [type: string, ids: readonly string[], names: readonly string[]])[] = [
  ['aiagentevidence', ['agentId'], ['agentName', 'displayName']],
  [
    'serviceprincipalevidence',
    ['servicePrincipalObjectId', 'appId', 'servicePrincipalName'],
    ['servicePrincipalName', 'displayName'],
  ],
  ['oauthapplicationevidence', ['objectId', 'appId'], ['displayName']],
  ['cloudapplicationevidence', ['displayName'], ['displayName']],
];

function typeOf(evidence: Fields): string {
  return (evidence.text('@odata.type') ?? '').toLowerCase().split('.').at(-1) ?? '';
}

function agentsIn(evidence: readonly Fields[]): NamedAgent[] {
  for (const [type, ids, names] of AGENT_EVIDENCE) {
    const agents = evidence.flatMap((each): NamedAgent[] => {
      const id = typeOf(each) === type ? each.text(...ids) : undefined;
      const name = each.text(...names);
      return id === undefined ? [] : [{ id, ...(name !== undefined && { name }) }];
    });
    if (agents.length > 0) return agents;
  }
  return [];
}

function userIn(evidence: readonly Fields[]): string | undefined {
  for (const each of evidence) {
    const account = each.fields('userAccount');
    const id = account?.text('azureAdUserId', 'userPrincipalName', 'userSid', 'accountName');
    if (id !== undefined) return id;
  }
  return undefined;
}
