/**
 * Entra ID Protection: risky users, service principals and agents, and the detections behind them. Each update is an
 * `auth` event; and, because its risk has a state of its own, an `alert` that playbooks can wait for the end of.
 *
 * An administrator's (or our own) "confirmed compromised" is no detection: it tells that somebody has acted already. It
 * opens no alert, or an effect of ours would come back as the reason for the next (no loop feeds itself).
 */
import { shortHash } from '../../../runtime/hash.js';
import type { Fields } from '../fields.js';
import { type AzureRead, clipped, defined, fault, type NativeEvent } from './reading.js';

const PRODUCT = 'Microsoft Entra ID Protection';
const OVER: ReadonlySet<string> = new Set(['none', 'confirmedsafe', 'remediated', 'dismissed']);
const SEVERITIES: Readonly<Record<string, string>> = { low: 'low', medium: 'medium', high: 'high' };

export type RiskSubject = 'user' | 'service principal' | 'agent';

/** `detection`: one cause of a risk, with an id of its own; else the subject's risk as a whole. */
export function riskReader(subject: RiskSubject, detection: boolean): (fields: Fields) => AzureRead {
  return (fields) => {
    const state = fields.text('riskState');
    const who = idOf(fields, subject, detection);
    if (who === undefined) return fault('/properties/id', `a risky ${subject} has an id`);
    if (state === undefined) return fault('/properties/riskState', 'a risk has a `riskState`');
    const id = fields.text('id') ?? who;
    const level = fields.text('riskLevel')?.toLowerCase();
    const detail = fields.text('riskDetail');
    const name = fields.text('servicePrincipalDisplayName', 'agentDisplayName', 'displayName', 'userDisplayName');
    const over = OVER.has(state.toLowerCase());
    const byHand = /^adminconfirmed\w*compromised$/i.test(detail ?? '');
    const timeMs = fields.time(
      'riskLastUpdatedDateTime',
      'riskLastModifiedDateTime',
      'lastUpdatedDateTime',
      'detectedDateTime',
      'activityDateTime',
      'time',
      'timeGenerated',
    );
    const user = subject === 'user' ? { id: clipped(who) } : undefined;
    const blueprint = fields.text('blueprintId');
    const base = {
      ...(subject !== 'user' && {
        agent: {
          id: clipped(who),
          ...(name !== undefined && { name }),
          ...(blueprint !== undefined && blueprint !== who && { blueprint: clipped(blueprint) }),
        },
      }),
      ...defined({ user, timeMs }),
    };
    const update = shortHash('entra:risk', subject, id, state, level ?? '', String(timeMs ?? ''));
    const what = fields.text('riskEventType', 'riskType');
    const known = timeMs !== undefined;
    const events: NativeEvent[] = [
      {
        kind: 'auth',
        ...(known && { id: `${update}:auth` }),
        ...base,
        outcome: over ? 'success' : state.toLowerCase() === 'confirmedcompromised' ? 'denied' : 'failure',
        notice: true,
        method: PRODUCT,
        reason: [`${subject} risk ${level ?? 'unknown'}`, state, what, detail === 'none' ? undefined : detail]
          .filter((part) => part !== undefined)
          .join(', '),
        ...defined({ host: fields.text('ipAddress') }),
      },
    ];
    if (over || !byHand)
      events.push({
        kind: 'alert',
        ...(known && { id: `${update}:alert` }),
        ...base,
        alertId: clipped(`entra:risk:${detection ? 'detection:' : ''}${id}`),
        product: PRODUCT,
        title: `Risky ${subject}${what === undefined ? '' : `: ${what}`}`,
        ...defined({ severity: SEVERITIES[level ?? ''] }),
        state: over ? 'resolved' : 'active',
      });
    return { as: 'events', events, dialect: 'entra' };
  };
}

function idOf(fields: Fields, subject: RiskSubject, detection: boolean): string | undefined {
  // A detection's own id is not its subject's.
  const own = detection ? [] : ['id'];
  switch (subject) {
    case 'user':
      return fields.text('userId', ...own, 'userPrincipalName');
    case 'service principal':
      return fields.text('servicePrincipalId', ...own, 'appId');
    case 'agent':
      return fields.text('agentId', ...own);
  }
}
