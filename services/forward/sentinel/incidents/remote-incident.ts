/** An incident as the SecurityInsights API tells it, read from JSON that is not ours. Pure. */
import { own } from '../../../runtime/own-key.js';
import { TITLE_MARK } from '../content/rules.js';

export interface RemoteIncident {
  /** Its name: a GUID, the last part of its id. */
  name: string;
  etag: string;
  status: string;
  severity: string;
  title: string;
  classification: string | undefined;
  classificationComment: string | undefined;
  /** Who works on it: the user principal name, else what there is. */
  owner: string | undefined;
  /** ISO 8601. */
  lastModified: string;
  /** The rules whose alerts it is made of, as resource ids. */
  ruleIds: readonly string[];
  /** How many alerts it is made of; 0 where it does not say. */
  alerts: number;
  /** All that was told, to be told back unchanged: a PUT replaces what it leaves out. */
  properties: Readonly<Record<string, unknown>>;
}

export function readRemote(value: unknown): RemoteIncident | undefined {
  const outer = object(value);
  const properties = object(outer?.['properties']);
  const name = text(outer?.['name']);
  const etag = text(outer?.['etag']);
  if (properties === undefined || name === undefined || etag === undefined) return undefined;
  const owner = object(properties['owner']);
  const alerts = object(properties['additionalData'])?.['alertsCount'];
  const rules = properties['relatedAnalyticRuleIds'];
  return {
    name,
    etag,
    status: text(properties['status']) ?? '',
    severity: text(properties['severity']) ?? '',
    title: text(properties['title']) ?? '',
    classification: text(properties['classification']),
    classificationComment: text(properties['classificationComment']),
    owner: text(owner?.['userPrincipalName']) ?? text(owner?.['email']) ?? text(owner?.['assignedTo']),
    lastModified: text(properties['lastModifiedTimeUtc']) ?? '',
    ruleIds: Array.isArray(rules) ? rules.filter((rule): rule is string => typeof rule === 'string') : [],
    alerts: typeof alerts === 'number' ? alerts : 0,
    properties,
  };
}

const MARK = new RegExp(`\\[${TITLE_MARK}([0-9a-f]{8,64})\\]`, 'g');

/** Our id in a title or an alert's name: the last one, because what stands before it may quote anything. */
export function markIn(title: string): string | undefined {
  return [...title.matchAll(MARK)].at(-1)?.[1];
}

/** Our id in the alerts of an incident, whose own title Defender may have changed. */
export function markInAlerts(body: unknown): string | undefined {
  const alerts = object(body)?.['value'];
  if (!Array.isArray(alerts)) return undefined;
  for (const alert of alerts) {
    const properties = object(object(alert)?.['properties']);
    const found = markIn(text(properties?.['alertDisplayName']) ?? '');
    if (found !== undefined) return found;
  }
  return undefined;
}

function object(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Properties that a PUT may carry; the others are the service's own. */
const WRITABLE = [
  'title',
  'description',
  'severity',
  'status',
  'classification',
  'classificationReason',
  'classificationComment',
  'owner',
  'labels',
  'firstActivityTimeUtc',
  'lastActivityTimeUtc',
] as const;

export function writable(properties: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    WRITABLE.flatMap((name) => {
      const value = own(properties, name);
      return value === undefined || value === null ? [] : [[name, value]];
    }),
  );
}
