/** What a condition may look at, with CEL's types and the values each can have. */
import { PILLARS, SEVERITIES, TRUSTS } from '../../../schemas/common.js';
import type { ConditionContext } from './types.js';

/** What a condition may look at, with CEL's types. The same names as {@link ConditionContext}. */
export const CONDITION_FIELDS = {
  finding: {
    id: 'string',
    type: 'string',
    title: 'string',
    detector: 'string',
    confidence: 'double',
    severity: 'string',
    trust: 'string',
    pillar: 'string',
    tool: 'string',
    model: 'string',
    origin: 'string',
    learning: 'bool',
    observed: 'string',
    value: 'double',
    sampleSize: 'double',
    atlas: 'list<string>',
    owasp: 'list<string>',
    predicted: 'list<map<string, dyn>>',
    facts: 'map<string, dyn>',
  },
  risk: { entity: 'double', session: 'double', agent: 'double', user: 'double', corroboration: 'double' },
  session: { id: 'string' },
  agent: { id: 'string', blueprint: 'string' },
  user: { id: 'string' },
  alert: { id: 'string', title: 'string', state: 'string' },
} as const satisfies Record<keyof ConditionContext, Record<string, string>>;

/** Between which numbers a field lies. */
export const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  'finding.confidence': [0, 1],
  'risk.entity': [0, 100],
  'risk.session': [0, 100],
  'risk.agent': [0, 100],
  'risk.user': [0, 100],
  'risk.corroboration': [0, 100],
  'finding.sampleSize': [0, Infinity],
};
/** The only texts a field may have. */
export const CHOICES: Readonly<Record<string, readonly string[]>> = {
  'finding.severity': SEVERITIES,
  'finding.trust': TRUSTS,
  'finding.pillar': PILLARS,
  'alert.state': ['new', 'active', 'resolved'],
};
