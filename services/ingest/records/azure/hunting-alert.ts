/**
 * Defender XDR's streaming API: `AdvancedHunting-AlertInfo` is an alert without whom it is about (and without a state:
 * the stream never tells that it is resolved), `AdvancedHunting-AlertEvidence` a row per entity of it.
 */
import type { Fields } from '../fields.js';
import { alertEvents, type NamedAgent } from './alert.js';
import { type AzureRead, fault, nothing } from './reading.js';

export function readAlertInfo(fields: Fields): AzureRead {
  const alertId = fields.text('AlertId');
  if (alertId === undefined) return fault('/properties/AlertId', 'an alert has an `AlertId`');
  return read(fields, alertId, [], undefined);
}

export function readAlertEvidence(fields: Fields): AzureRead {
  const alertId = fields.text('AlertId');
  if (alertId === undefined) return fault('/properties/AlertId', 'a row of evidence names its alert in `AlertId`');
  const type = (fields.text('EntityType') ?? '').toLowerCase().replace(/[\s_-]/g, '');
  const more = fields.fields('AdditionalFields');
  switch (type) {
    case 'user':
    case 'account': {
      const user = fields.text('AccountObjectId', 'AccountUpn', 'AccountSid', 'AccountName');
      return user === undefined ? nothing('evidence without a name') : read(fields, alertId, [], user);
    }
    case 'aiagent':
    case 'serviceprincipal':
    case 'oauthapplication':
    case 'cloudapplication': {
      const id =
        more?.text('AgentId', 'ServicePrincipalId', 'OAuthObjectId', 'ObjectId') ??
        fields.text('OAuthApplicationId', 'ApplicationId', 'Application');
      const name = more?.text('AgentName', 'Name', 'DisplayName') ?? fields.text('Application');
      return id === undefined
        ? nothing('evidence without a name')
        : read(fields, alertId, [{ id, ...(name !== undefined && { name }) }], undefined);
    }
    default:
      return nothing(`evidence of type ${type || 'none'}`);
  }
}

function read(fields: Fields, alertId: string, agents: readonly NamedAgent[], userId: string | undefined): AzureRead {
  return alertEvents({
    alertId,
    product: fields.text('ServiceSource', 'DetectionSource') ?? 'Microsoft Defender XDR',
    title: fields.text('Title') ?? alertId,
    severity: fields.text('Severity'),
    state: 'new',
    timeMs: fields.time('Timestamp', 'time'),
    agents,
    userId,
  });
}
