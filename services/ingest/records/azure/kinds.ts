/** Every kind of Azure record that is read, by the name that its envelope gives, else by its shape. */
import { Fields } from '../fields.js';
import { readApplicationInsights } from './application-insights.js';
import { readAudit } from './audit.js';
import { readGraphAlert } from './graph-alert.js';
import { readAlertEvidence, readAlertInfo } from './hunting-alert.js';
import { type AzureRead, type AzureReader, nothing } from './reading.js';
import { riskReader } from './risk.js';
import { readSecurityAlert, readSecurityIncident } from './security-alert.js';
import { readSignIn } from './sign-in.js';

/** Categories of diagnostic settings, and tables of data export (`Type`): the same things by two names. */
const NAMED: readonly (readonly [RegExp, AzureReader])[] = [
  [/sign-?in(?:logs?|events?)?$/, readSignIn],
  [/risky(?:users?|signins)$/, riskReader('user', false)],
  [/riskyserviceprincipals?$/, riskReader('service principal', false)],
  [/risky(?:agents?|agentidentit(?:y|ies))$/, riskReader('agent', false)],
  [/userriskevents?$/, riskReader('user', true)],
  [/serviceprincipalriskevents?$/, riskReader('service principal', true)],
  [/agentriskevents?$/, riskReader('agent', true)],
  [/^auditlogs?$/, readAudit],
  [/^securityalerts?$/, readSecurityAlert],
  [/^securityincidents?$/, readSecurityIncident],
  [/alertinfo$/, readAlertInfo],
  [/alertevidence$/, readAlertEvidence],
  [/^app(?:dependencies|requests)$/, readApplicationInsights],
];

/** By shape, for what comes without an envelope: objects of Graph and of Defender for Cloud. */
const SHAPED: readonly (readonly [(fields: Fields) => boolean, AzureReader])[] = [
  [(f) => /^#microsoft\.graph\.(?:security\.)?alert$/i.test(f.text('@odata.type') ?? ''), readGraphAlert],
  [(f) => f.has('systemAlertId') || (f.has('alertDisplayName') && f.has('status')), readSecurityAlert],
  [
    (f) =>
      f.has('status') &&
      f.has('severity') &&
      f.has('title') &&
      (f.has('evidence') || f.has('vendorInformation') || f.has('serviceSource') || f.has('providerAlertId')),
    readGraphAlert,
  ],
  [(f) => f.has('incidentNumber') && f.has('alertIds'), readSecurityIncident],
  [(f) => f.has('riskState') && f.has('agentId') && f.has('riskEventType'), riskReader('agent', true)],
  [
    (f) => f.has('riskState') && f.has('servicePrincipalId') && f.has('riskEventType'),
    riskReader('service principal', true),
  ],
  [(f) => f.has('riskState') && f.has('userId') && f.has('riskEventType'), riskReader('user', true)],
  [(f) => f.has('riskState') && (f.has('agentDisplayName') || f.has('blueprintId')), riskReader('agent', false)],
  [(f) => f.has('riskState') && f.has('servicePrincipalType'), riskReader('service principal', false)],
  [(f) => f.has('riskState') && f.has('userPrincipalName') && !f.has('appId'), riskReader('user', false)],
  [(f) => f.has('activityDisplayName') && (f.has('initiatedBy') || f.has('targetResources')), readAudit],
  [
    (f) => f.has('appId') && (f.has('conditionalAccessStatus') || (f.has('status') && f.has('createdDateTime'))),
    readSignIn,
  ],
];

function readerOf(fields: Fields): AzureReader | undefined {
  for (const name of [fields.outer('category'), fields.outer('type'), fields.outer('table')]) {
    if (name === undefined) continue;
    const word = name.toLowerCase().replace(/^advancedhunting-/, '');
    const found = NAMED.find(([pattern]) => pattern.test(word));
    if (found) return found[1];
  }
  return SHAPED.find(([fits]) => fits(fields))?.[1];
}

/** One record of an envelope, or one object by itself. Of a kind that is not read: nothing, with its name. */
export function readAzure(record: Record<string, unknown>): AzureRead {
  const fields = new Fields(record);
  const reader = readerOf(fields);
  return reader === undefined ? nothing(kindName(fields)) : reader(fields);
}

/** Whether an object without an envelope is a record of Azure's, of a kind that is read or not, rather than a native event. */
export function isAzure(record: Record<string, unknown>): boolean {
  if ('category' in record && ('properties' in record || 'operationName' in record || 'resourceId' in record))
    return true;
  return readerOf(new Fields(record)) !== undefined;
}

function kindName(fields: Fields): string {
  return (
    fields.outer('category') ?? fields.outer('type') ?? fields.outer('operationName') ?? 'a record without a category'
  );
}
