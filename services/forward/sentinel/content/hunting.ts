/** Hunting queries: what no single rule says, for people who look. */
import { CONTRACTIONS_NOW, DECISIONS_ONCE, FINDINGS_ONCE, INCIDENTS_NOW, lines, T } from './kql.js';
import type { EntityMapping } from './rules.js';

export interface HuntingQuery {
  id: string;
  key: string;
  name: string;
  description: string;
  query: string;
  entityMappings: readonly EntityMapping[];
}

const AGENT: EntityMapping = {
  entityType: 'CloudApplication',
  fieldMappings: [{ identifier: 'Name', columnName: 'AgentName' }],
};

export const HUNTING_QUERIES: readonly HuntingQuery[] = [
  {
    id: '2d2c8a3e-7c51-4c39-8f0e-7f5a1b1e2a01',
    key: 'shared-origin',
    name: 'Stepdown: one source, several agents',
    description:
      'Suspicious content from one domain, dataset or tool that reached more than one agent. One poisoned source is one attack, however many incidents it makes.',
    query: lines(
      FINDINGS_ONCE,
      '| where isnotempty(Origin)',
      '| summarize AgentCount = dcount(AgentName), AgentNames = make_set(AgentName, 100), FindingCount = count(),',
      '    FirstSeen = min(EventTime), LastSeen = max(EventTime), AgentName = take_any(AgentName) by Origin',
      '| where AgentCount > 1',
      '| order by AgentCount desc, FindingCount desc',
    ),
    entityMappings: [AGENT],
  },
  {
    id: '2d2c8a3e-7c51-4c39-8f0e-7f5a1b1e2a02',
    key: 'unanswered',
    name: 'Stepdown: grave incidents that restricted nothing',
    description:
      'Incidents of medium or high severity whose playbooks only observed, or that no playbook answered. Candidates for a playbook to be promoted.',
    query: lines(
      INCIDENTS_NOW,
      '| where AlertSeverity in ("High", "Medium") and (Mode == "observe" or ContractionCount == 0) and isempty(MergedInto)',
      '| where Verdict !in ("false", "benign")',
      '| project EventTime, IncidentId, IncidentTitle, AlertSeverity, AgentName, FindingTypes, Playbooks, Verdict',
      '| order by EventTime desc',
    ),
    entityMappings: [AGENT],
  },
  {
    id: '2d2c8a3e-7c51-4c39-8f0e-7f5a1b1e2a03',
    key: 'persistent-attempts',
    name: 'Stepdown: agents that keep trying what is blocked',
    description:
      'Calls that were blocked again and again in one conversation: an agent still under its attacker’s words, or a restriction that is in the way of real work.',
    query: lines(
      DECISIONS_ONCE,
      '| where DecisionVerdict == "block"',
      '| summarize Blocked = count(), FirstBlocked = min(EventTime), LastBlocked = max(EventTime), Actions = make_set(ActionName, 50)',
      '    by AgentName, SessionId',
      '| where Blocked >= 5',
      '| order by Blocked desc',
    ),
    entityMappings: [AGENT],
  },
  {
    id: '2d2c8a3e-7c51-4c39-8f0e-7f5a1b1e2a04',
    key: 'again-after-lift',
    name: 'Stepdown: contracted again soon after a lift',
    description:
      'Targets that were restricted again within a day after a person lifted a restriction. Either the attack went on, or the playbook wants an exception.',
    query: lines(
      `let Now = ${CONTRACTIONS_NOW}`,
      '| extend Target = coalesce(TargetName, UserName);',
      'let Lifted = Now',
      '| where EndReason in ("lifted", "verdict")',
      '| project TargetType, Target, PlaybookId, LiftedAt = EndedAt, LiftedContraction = ContractionId;',
      'Now',
      '| where isnotempty(Target)',
      '| join kind=inner Lifted on TargetType, Target, PlaybookId',
      '| where ContractionId != LiftedContraction and CreatedAt between (LiftedAt .. (LiftedAt + 1d))',
      '| project CreatedAt, LiftedAt, TargetType, Target, PlaybookId, ContractionId, LiftedContraction, Attempts',
      '| order by CreatedAt desc',
    ),
    entityMappings: [],
  },
  {
    id: '2d2c8a3e-7c51-4c39-8f0e-7f5a1b1e2a05',
    key: 'drift',
    name: 'Stepdown: restrictions that do not hold where they should',
    description:
      'Effects at enforcement points that failed, could not be reverted, or were changed by somebody else meanwhile.',
    query: lines(
      CONTRACTIONS_NOW,
      '| mv-expand Effect = Effects',
      '| extend EffectState = tostring(Effect.state), Point = tostring(Effect.point)',
      '| where EffectState in ("failed", "revert_failed", "drifted")',
      '| project EventTime, ContractionId, TargetType, Target = coalesce(TargetName, UserName), ContractionState, Point, EffectState, EndsAtLatest',
      '| order by EventTime desc',
    ),
    entityMappings: [],
  },
  {
    id: '2d2c8a3e-7c51-4c39-8f0e-7f5a1b1e2a06',
    key: 'silence',
    name: 'Stepdown: how late rows arrive, and when none came',
    description:
      'The time from an event to its row, per hour and table. A gap is an outage: of the engine, of the way, or of the attackers.',
    query: lines(
      `union withsource=SourceTable ${T.incidents}, ${T.findings}, ${T.contractions}, ${T.decisions}`,
      '| summarize Rows = dcount(RowId), MedianDelay = percentile((TimeGenerated - EventTime) / 1s, 50), LongestDelay = max((TimeGenerated - EventTime) / 1s)',
      '    by SourceTable, bin(TimeGenerated, 1h)',
      '| order by TimeGenerated desc',
    ),
    entityMappings: [],
  },
];
