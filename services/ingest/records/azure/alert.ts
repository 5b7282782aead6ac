/** What alerts of several schemas have alike: their states, and one event for each agent that they name. */
import { shortHash } from '../../../runtime/hash.js';
import { type AzureRead, clipped, defined, type NativeEvent } from './reading.js';

export type AlertState = 'new' | 'active' | 'resolved';

const RESOLVED: ReadonlySet<string> = new Set(['resolved', 'dismissed', 'closed', 'suppressed']);
const NEW: ReadonlySet<string> = new Set(['new', 'newalert', 'unknown', '']);

/** Absent: new. A word that is not known yet counts as active: nothing is ended by what is not understood. */
export function alertState(status: string | undefined): AlertState {
  const word = (status ?? '').toLowerCase().replace(/[\s_-]/g, '');
  return RESOLVED.has(word) ? 'resolved' : NEW.has(word) ? 'new' : 'active';
}

/** As infra/sentinel titles what our own rules raise. */
const OUR_TITLE = /\[stepdown:[^\]]+\]\s*$/;

/** Our own incidents come back as alerts of Sentinel: they must not be the reason for more. */
export function isOurs(title: string, product: string): boolean {
  return /sentinel/i.test(product) && OUR_TITLE.test(title);
}

export interface NamedAgent {
  id: string;
  name?: string;
  blueprint?: string;
}

export interface ReadAlert {
  alertId: string;
  product: string;
  title: string;
  severity: string | undefined;
  state: AlertState;
  /** Of this update, so that a later one can be told from an earlier. */
  timeMs: number | undefined;
  agents: readonly NamedAgent[];
  userId: string | undefined;
}

/** More agents than this in one alert are a list of everything, not a lead. */
const MAX_AGENTS = 20;

export function alertEvents(alert: ReadAlert): AzureRead {
  const { alertId, product, title, severity, state, timeMs, userId } = alert;
  const named = new Map(alert.agents.slice(0, MAX_AGENTS).map((agent) => [agent.id, agent]));
  const subjects: (NamedAgent | undefined)[] = named.size === 0 ? [undefined] : [...named.values()];
  const events = subjects.map((agent): NativeEvent => ({
    kind: 'alert',
    // Without a time two updates of one state cannot be told apart: the position does.
    ...(timeMs !== undefined && {
      id: shortHash('alert', alertId, state, severity ?? '', String(timeMs), agent?.id ?? ''),
    }),
    alertId: clipped(alertId),
    product,
    title,
    state,
    ...defined({
      severity: severity?.toLowerCase(),
      timeMs,
      agent: agent && {
        id: clipped(agent.id),
        ...(agent.name !== undefined && { name: agent.name }),
        ...(agent.blueprint !== undefined && { blueprint: clipped(agent.blueprint) }),
      },
      user: userId === undefined ? undefined : { id: clipped(userId) },
    }),
  }));
  return { as: 'events', events, dialect: 'security-alert' };
}
