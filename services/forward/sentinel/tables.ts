/**
 * The four tables, once: row serializers, the streams of the data collection rule, the tables of the workspace, the symbols
 * that queries are checked against and the tables in docs/sentinel.md are all made from this.
 *
 * A column may be added; one that is taken away or changes its type breaks the queries of whoever wrote some, so it
 * needs a new table. Long because it is one list: apart, a table's columns could not be read beside each other. Names: a letter first, at most 45 letters, digits and underscores, none of the reserved ones.
 */
import type { Contraction } from '../../../schemas/contraction.js';
import type { Decision } from '../../../schemas/decision.js';
import type { EntityType } from '../../../schemas/entity.js';
import type { Finding } from '../../../schemas/finding.js';
import type { Incident } from '../../../schemas/incident.js';
import { deliveryId } from '../sink.js';
import { type Alerting, severityName } from './alerting.js';
import { columnsOf, type Table } from './column.js';
import { tacticsOf } from './tactics.js';

/** Rises with every change of what a column means; a reader can tell rows apart by it. */
export const ROW_SCHEMA_VERSION = 1;

/** What every row knows beside its record. */
export interface RowContext {
  /** When it is sent. */
  sentAtMs: number;
  version: string;
  /** Where people reach the engine's API, without a slash at the end. */
  publicUrl?: string;
}

export interface IncidentSource extends RowContext {
  record: Incident;
  alerting: Alerting;
}
export interface FindingSource extends RowContext {
  record: Finding;
}
export interface ContractionSource extends RowContext {
  record: Contraction;
}
export interface DecisionSource extends RowContext {
  record: Decision;
}
type AnySource = RowContext & { record: { tenant: string } };

/** ISO 8601 in UTC, as the service wants it. */
const time = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : new Date(ms).toISOString();
const some = <T>(items: readonly T[]): readonly T[] | undefined => (items.length === 0 ? undefined : items);
const link = (base: string | undefined, path: string): string | undefined =>
  base === undefined ? undefined : `${base.replace(/\/+$/, '')}${path}`;
const idsOf = (incident: Incident, type: EntityType): string[] =>
  incident.entities.filter((entity) => entity.type === type).map(({ id }) => id);

/** What stands first in every table. */
function common<S extends AnySource>(eventTime: (record: S['record']) => number, id: (record: S['record']) => string) {
  return columnsOf<S>()([
    [
      'TimeGenerated',
      'datetime',
      'fact',
      'the time of sending',
      'When the row was sent. Rules look back by it.',
      (s) => time(s.sentAtMs),
    ],
    ['EventTime', 'datetime', 'fact', 'the record’s own time', 'When it happened.', (s) => time(eventTime(s.record))],
    [
      'RowId',
      'string',
      'fact',
      'id and version',
      'The same for every repeat of a row: keep one of each.',
      (s) => id(s.record),
    ],
    ['RowSchema', 'int', 'fact', '–', 'Which description of these columns the row follows.', () => ROW_SCHEMA_VERSION],
    ['StepdownVersion', 'string', 'fact', '–', 'The program that sent it.', (s) => s.version],
    ['StepdownTenant', 'string', 'fact', 'tenant', 'Whose data it is, as Stepdown divides it.', (s) => s.record.tenant],
  ]);
}

/** What stands last in every table; the serializer fills them. */
const MARKS = [
  [
    'Truncated',
    'dynamic',
    'fact',
    '–',
    'Columns that were too long for the service and were cut; each says so at its end.',
    () => undefined,
  ],
  [
    'Redacted',
    'dynamic',
    'fact',
    '–',
    'Columns of which something was masked, hashed or left out before sending.',
    () => undefined,
  ],
] as const;

export const INCIDENTS: Table<IncidentSource> = {
  noun: 'Incidents',
  description: 'One row per incident and version that was sent; the highest RecordVersion is how it stands.',
  columns: [
    ...common<IncidentSource>(({ updatedAtMs }) => updatedAtMs, deliveryId),
    ...columnsOf<IncidentSource>()([
      [
        'RecordVersion',
        'int',
        'fact',
        'version',
        'Rises with every state of the incident.',
        ({ record }) => record.version,
      ],
      ['IncidentId', 'string', 'fact', 'id', 'One attack keeps one id for life.', ({ record }) => record.id],
      ['IncidentTitle', 'string', 'text', 'title', 'What a person reads first.', ({ record }) => record.title],
      ['IncidentStatus', 'string', 'fact', 'status', 'new, active or closed.', ({ record }) => record.status],
      [
        'AlertSeverity',
        'string',
        'fact',
        'severity',
        'Informational, Low, Medium or High.',
        ({ record }) => severityName(record.severity),
      ],
      [
        'AlertReason',
        'string',
        'fact',
        'what was sent before',
        'Why a rule alerts on this row: `first` or `severity`; empty: no rule does.',
        ({ alerting }) => alerting.reason,
      ],
      [
        'AlertId',
        'string',
        'fact',
        'id and severity',
        'Names the alert: an incident alerts at most once per severity.',
        ({ alerting }) => alerting.id,
      ],
      [
        'SeverityPath',
        'string',
        'fact',
        'what was sent before',
        'Each severity to which it rose, in order, e.g. `Medium, High`; the first decides which rule has it for life.',
        ({ alerting }) => alerting.path.join(', '),
      ],
      ['Mode', 'string', 'fact', 'mode', '`observe`: nothing was restricted; `enforce`.', ({ record }) => record.mode],
      [
        'OpenedAt',
        'datetime',
        'fact',
        'openedAtMs',
        'When the incident began.',
        ({ record }) => time(record.openedAtMs),
      ],
      ['ClosedAt', 'datetime', 'fact', 'closedAtMs', 'When it was closed.', ({ record }) => time(record.closedAtMs)],
      [
        'Verdict',
        'string',
        'fact',
        'verdict.value',
        'What a person judged: true, false or benign.',
        ({ record }) => record.verdict?.value,
      ],
      ['VerdictBy', 'string', 'person', 'verdict.by', 'Who judged.', ({ record }) => record.verdict?.by],
      ['VerdictReason', 'string', 'text', 'verdict.reason', 'Why.', ({ record }) => record.verdict?.reason],
      [
        'MergedInto',
        'string',
        'fact',
        'mergedInto',
        'The incident it turned out to belong to.',
        ({ record }) => record.mergedInto,
      ],
      [
        'AgentName',
        'string',
        'fact',
        'entities',
        'The first agent of the story; an entity of the alert (CloudApplication).',
        ({ record }) => idsOf(record, 'agent')[0],
      ],
      [
        'UserName',
        'string',
        'person',
        'entities',
        'The first user of the story; an entity of the alert (Account).',
        ({ record }) => idsOf(record, 'user')[0],
      ],
      [
        'Agents',
        'dynamic',
        'fact',
        'entities',
        'Every agent that the attack reached.',
        ({ record }) => some(idsOf(record, 'agent')),
      ],
      ['Users', 'dynamic', 'person', 'entities', 'Every user.', ({ record }) => some(idsOf(record, 'user'))],
      [
        'Sessions',
        'dynamic',
        'fact',
        'entities',
        'Every conversation.',
        ({ record }) => some(idsOf(record, 'session')),
      ],
      [
        'TraceIds',
        'dynamic',
        'fact',
        'traceIds',
        'W3C trace ids, to find it in traces.',
        ({ record }) => some(record.traceIds),
      ],
      [
        'FindingCount',
        'int',
        'fact',
        'findings',
        'How many findings make it up.',
        ({ record }) => record.findings.length,
      ],
      [
        'FindingTypes',
        'dynamic',
        'fact',
        'findings[].type',
        'Their types, each once.',
        ({ record }) => some([...new Set(record.findings.map(({ type }) => type))]),
      ],
      [
        'Confidence',
        'real',
        'fact',
        'findings[].confidence',
        'Of the surest finding, 0 to 1.',
        ({ record }) => record.findings.reduce((highest, { confidence }) => Math.max(highest, confidence), 0),
      ],
      [
        'Findings',
        'dynamic',
        'text',
        'findings',
        'Id, type, title, severity, confidence, time, agent and session of each.',
        ({ record }) => some(record.findings.map(({ timeMs, ...rest }) => ({ ...rest, time: time(timeMs) }))),
      ],
      [
        'ContractionCount',
        'int',
        'fact',
        'contractionIds',
        'How many restrictions it led to.',
        ({ record }) => record.contractionIds.length,
      ],
      [
        'ContractionIds',
        'dynamic',
        'fact',
        'contractionIds',
        'Which; see StepdownContractions_CL.',
        ({ record }) => some(record.contractionIds),
      ],
      [
        'Playbooks',
        'dynamic',
        'fact',
        'playbooks',
        'Name and version of each playbook that acted.',
        ({ record }) => some(record.playbooks.map(({ name, version }) => `${name} v${version}`)),
      ],
      ['AtlasTechniques', 'dynamic', 'fact', 'atlas', 'MITRE ATLAS techniques.', ({ record }) => some(record.atlas)],
      [
        'OwaspRisks',
        'dynamic',
        'fact',
        'owasp',
        'OWASP Agentic Security Initiative risks.',
        ({ record }) => some(record.owasp),
      ],
      [
        'Pillars',
        'dynamic',
        'fact',
        'pillars',
        'Zero Trust pillars that were hit.',
        ({ record }) => some(record.pillars),
      ],
      [
        'AttackTactics',
        'string',
        'fact',
        'findings, atlas',
        'MITRE ATT&CK tactics, comma separated, and only where a finding proves one.',
        ({ record }) => tacticsOf(record).join(', ') || undefined,
      ],
      [
        'Timeline',
        'dynamic',
        'text',
        'timeline',
        'What happened, in order.',
        ({ record }) => some(record.timeline.map(({ atMs, ...rest }) => ({ time: time(atMs), ...rest }))),
      ],
      [
        'TimelineDropped',
        'int',
        'fact',
        'timelineDropped',
        'Lines left out of it.',
        ({ record }) => record.timelineDropped,
      ],
      [
        'DigestOf',
        'string',
        'fact',
        'digestOf.playbookId',
        'On a digest: the playbook whose incidents it stands for.',
        ({ record }) => record.digestOf?.playbookId,
      ],
      ['HeldBack', 'int', 'fact', 'digestOf.heldBack', 'How many of them.', ({ record }) => record.digestOf?.heldBack],
      [
        'ExplainLink',
        'string',
        'fact',
        'gateway.publicUrl',
        'The incident in the engine’s API.',
        ({ record, publicUrl }) => link(publicUrl, `/v1/incidents/${encodeURIComponent(record.id)}`),
      ],
      [
        'ExplainCommand',
        'string',
        'fact',
        'id',
        'Tells the whole story.',
        ({ record }) => `stepdown incidents show ${record.id}`,
      ],
      [
        'LiftCommand',
        'string',
        'fact',
        'id',
        'Judges it as a false alarm, which lifts its restrictions.',
        ({ record }) => `stepdown incidents close ${record.id} --verdict false --reason "…"`,
      ],
      ...MARKS,
    ]),
  ],
};

export const FINDINGS: Table<FindingSource> = {
  noun: 'Findings',
  description: 'One row per finding: what a detector states, with evidence.',
  columns: [
    ...common<FindingSource>(
      ({ timeMs }) => timeMs,
      ({ id }) => id,
    ),
    ...columnsOf<FindingSource>()([
      ['FindingId', 'string', 'fact', 'id', 'The same statement always has the same id.', ({ record }) => record.id],
      ['FindingType', 'string', 'fact', 'type', 'Dotted name; see docs/findings.md.', ({ record }) => record.type],
      ['FindingTitle', 'string', 'text', 'title', 'What a person reads first.', ({ record }) => record.title],
      ['Detector', 'string', 'fact', 'detector', 'What stated it.', ({ record }) => record.detector],
      [
        'AlertSeverity',
        'string',
        'fact',
        'severity',
        'Informational, Low, Medium or High.',
        ({ record }) => severityName(record.severity),
      ],
      ['Confidence', 'real', 'fact', 'confidence', 'A calibrated probability.', ({ record }) => record.confidence],
      ['AgentName', 'string', 'fact', 'agentId', 'The agent.', ({ record }) => record.agentId],
      ['Blueprint', 'string', 'fact', 'blueprint', 'The kind of agent.', ({ record }) => record.blueprint],
      ['SessionId', 'string', 'fact', 'sessionId', 'The conversation.', ({ record }) => record.sessionId],
      ['UserName', 'string', 'person', 'userId', 'Whose conversation.', ({ record }) => record.userId],
      ['Tool', 'string', 'fact', 'tool', 'The tool.', ({ record }) => record.tool],
      ['Model', 'string', 'fact', 'model', 'The model.', ({ record }) => record.model],
      ['TraceId', 'string', 'fact', 'traceId', 'W3C trace id.', ({ record }) => record.traceId],
      ['Trust', 'string', 'fact', 'trust', 'How the identities were established.', ({ record }) => record.trust],
      [
        'Origin',
        'string',
        'evidence',
        'origin',
        'Where the suspicious content came from.',
        ({ record }) => record.origin,
      ],
      [
        'Observed',
        'string',
        'evidence',
        'evidence.observed',
        'What was seen.',
        ({ record }) => String(record.evidence.observed),
      ],
      [
        'Expected',
        'string',
        'evidence',
        'evidence.expected',
        'What the agent’s own past makes likely.',
        ({ record }) => (record.evidence.expected === undefined ? undefined : String(record.evidence.expected)),
      ],
      [
        'SampleSize',
        'real',
        'fact',
        'evidence.sampleSize',
        'How much that rests on.',
        ({ record }) => record.evidence.sampleSize,
      ],
      [
        'EvidenceText',
        'string',
        'evidence',
        'evidence.span.text',
        'The suspicious span.',
        ({ record }) => record.evidence.span?.text,
      ],
      [
        'ContentHash',
        'string',
        'fact',
        'evidence.contentHash',
        'SHA-256 of the text the span is in.',
        ({ record }) => record.evidence.contentHash,
      ],
      [
        'EventIds',
        'dynamic',
        'fact',
        'evidence.eventIds',
        'The events it rests on.',
        ({ record }) => some(record.evidence.eventIds),
      ],
      [
        'Facts',
        'dynamic',
        'content',
        'evidence.facts',
        'Whatever else the detector noted.',
        ({ record }) => record.evidence.facts,
      ],
      [
        'Predicted',
        'dynamic',
        'content',
        'predicted',
        'Calls that the attacker wants next.',
        ({ record }) => record.predicted,
      ],
      ['AtlasTechniques', 'dynamic', 'fact', 'atlas', 'MITRE ATLAS techniques.', ({ record }) => some(record.atlas)],
      [
        'OwaspRisks',
        'dynamic',
        'fact',
        'owasp',
        'OWASP Agentic Security Initiative risks.',
        ({ record }) => some(record.owasp),
      ],
      ['Pillar', 'string', 'fact', 'pillar', 'Zero Trust pillar.', ({ record }) => record.pillar],
      [
        'Learning',
        'boolean',
        'fact',
        'learning',
        'The agent’s baseline was still being learned.',
        ({ record }) => record.learning ?? false,
      ],
      ...MARKS,
    ]),
  ],
};

export const CONTRACTIONS: Table<ContractionSource> = {
  noun: 'Contractions',
  description:
    'One row per contraction and change of state, length or effect; the highest RecordVersion is how it stands.',
  columns: [
    ...common<ContractionSource>(
      ({ history, createdAtMs }) => history.at(-1)?.atMs ?? createdAtMs,
      ({ id, version }) => `${id}:${version}`,
    ),
    ...columnsOf<ContractionSource>()([
      [
        'RecordVersion',
        'int',
        'fact',
        'version',
        'Rises with every change; not every version is sent.',
        ({ record }) => record.version,
      ],
      ['ContractionId', 'string', 'fact', 'id', 'The restriction.', ({ record }) => record.id],
      [
        'ContractionState',
        'string',
        'fact',
        'state',
        'proposed, awaiting_approval, active, ending or ended.',
        ({ record }) => record.state,
      ],
      ['Mode', 'string', 'fact', 'mode', '`observe`: it is recorded and touches nothing.', ({ record }) => record.mode],
      ['TargetType', 'string', 'fact', 'target.type', 'What is restricted.', ({ record }) => record.target.type],
      [
        'TargetName',
        'string',
        'fact',
        'target.id',
        'Which one, where it is no person.',
        ({ record }) => (record.target.type === 'user' ? undefined : record.target.id),
      ],
      [
        'UserName',
        'string',
        'person',
        'target.id',
        'Which one, where it is a person.',
        ({ record }) => (record.target.type === 'user' ? record.target.id : undefined),
      ],
      [
        'ControlNames',
        'dynamic',
        'fact',
        'controls[].control',
        'Which restrictions, e.g. tool.block.',
        ({ record }) => some([...new Set(record.controls.map(({ control }) => control))]),
      ],
      ['Controls', 'dynamic', 'text', 'controls', 'The restrictions in full.', ({ record }) => record.controls],
      [
        'PlaybookId',
        'string',
        'fact',
        'playbook.id',
        'The playbook that made it.',
        ({ record }) => record.playbook?.id,
      ],
      [
        'PlaybookVersion',
        'int',
        'fact',
        'playbook.version',
        'At which version.',
        ({ record }) => record.playbook?.version,
      ],
      [
        'ManualBy',
        'string',
        'person',
        'manual.by',
        'The person who made it by hand.',
        ({ record }) => record.manual?.by,
      ],
      ['IncidentId', 'string', 'fact', 'incidentId', 'The incident it belongs to.', ({ record }) => record.incidentId],
      ['FindingIds', 'dynamic', 'fact', 'findingIds', 'What it answers.', ({ record }) => some(record.findingIds)],
      ['CreatedAt', 'datetime', 'fact', 'createdAtMs', 'When it was made.', ({ record }) => time(record.createdAtMs)],
      [
        'LeaseUntil',
        'datetime',
        'fact',
        'leaseUntilMs',
        'Until when points keep it without hearing from the engine; renewals are not sent.',
        ({ record }) => time(record.leaseUntilMs),
      ],
      [
        'EndsAtLatest',
        'datetime',
        'fact',
        'maxAtMs',
        'It never lasts beyond this without a person.',
        ({ record }) => time(record.maxAtMs),
      ],
      [
        'EndsWhen',
        'string',
        'fact',
        'until.kind',
        'What ends it before: quiet, session-end, alert-resolved, verdict or time.',
        ({ record }) => record.until.kind,
      ],
      ['Attempts', 'int', 'fact', 'attempts', 'Calls it has stopped so far.', ({ record }) => record.attempts],
      ['EndedAt', 'datetime', 'fact', 'endedAtMs', 'When it ended.', ({ record }) => time(record.endedAtMs)],
      ['EndReason', 'string', 'fact', 'endReason', 'Why.', ({ record }) => record.endReason],
      [
        'Effects',
        'dynamic',
        'fact',
        'effects',
        'Each control at each enforcement point, and its state there.',
        ({ record }) =>
          some(
            record.effects.map(({ point, control, state, reversible, selfExpiring }) => ({
              point,
              control,
              state,
              reversible,
              selfExpiring,
            })),
          ),
      ],
      [
        'LastChange',
        'string',
        'text',
        'history',
        'What happened last, by whom and why.',
        ({ record }) => lastChange(record),
      ],
      [
        'LiftCommand',
        'string',
        'fact',
        'id',
        'Ends it now.',
        ({ record }) => (record.state === 'ended' ? undefined : `stepdown contractions lift ${record.id} --reason "…"`),
      ],
      ...MARKS,
    ]),
  ],
};

export const DECISIONS: Table<DecisionSource> = {
  noun: 'Decisions',
  description: 'One row per decision; by default only what was blocked or had to be approved.',
  columns: [
    ...common<DecisionSource>(
      ({ timeMs }) => timeMs,
      ({ id }) => id,
    ),
    ...columnsOf<DecisionSource>()([
      ['DecisionId', 'string', 'fact', 'id', 'The answer.', ({ record }) => record.id],
      [
        'DecisionVerdict',
        'string',
        'fact',
        'verdict',
        'allow, needs_approval or block.',
        ({ record }) => record.verdict,
      ],
      [
        'ActionKind',
        'string',
        'fact',
        'action.kind',
        'tool, model, retrieval, message or result.',
        ({ record }) => record.action.kind,
      ],
      [
        'ActionName',
        'string',
        'fact',
        'action.name',
        'Its name, without arguments.',
        ({ record }) => record.action.name,
      ],
      ['AgentName', 'string', 'fact', 'agentId', 'Who asked.', ({ record }) => record.agentId],
      ['SessionId', 'string', 'fact', 'sessionId', 'In which conversation.', ({ record }) => record.sessionId],
      ['UserName', 'string', 'person', 'userId', 'For whom.', ({ record }) => record.userId],
      ['TraceId', 'string', 'fact', 'trace.traceId', 'W3C trace id.', ({ record }) => record.trace?.traceId],
      [
        'ContractionIds',
        'dynamic',
        'fact',
        'contractions',
        'The restrictions that made it so.',
        ({ record }) => some(record.contractions),
      ],
      [
        'Playbooks',
        'dynamic',
        'fact',
        'playbooks',
        'The playbooks behind them.',
        ({ record }) => some(record.playbooks),
      ],
      [
        'FindingIds',
        'dynamic',
        'fact',
        'findings',
        'The findings behind those.',
        ({ record }) => some(record.findings),
      ],
      [
        'WouldBeVerdict',
        'string',
        'fact',
        'wouldBe.verdict',
        'What it would be if observing playbooks enforced.',
        ({ record }) => record.wouldBe?.verdict,
      ],
      ['ReasonCode', 'string', 'fact', 'reason.code', 'Why, as a word.', ({ record }) => record.reason.code],
      ['ReasonText', 'string', 'text', 'reason.text', 'Why, as a sentence.', ({ record }) => record.reason.text],
      [
        'NotChecked',
        'dynamic',
        'fact',
        'notChecked',
        'What was not looked at, and why.',
        ({ record }) => some(record.notChecked),
      ],
      [
        'StalenessMs',
        'real',
        'fact',
        'staleMs',
        'Age of the newest knowledge it rests on.',
        ({ record }) => record.staleMs,
      ],
      ['Point', 'string', 'fact', 'point', 'The decision point.', ({ record }) => record.point],
      ...MARKS,
    ]),
  ],
};

function lastChange({ history }: Contraction): string | undefined {
  const last = history.at(-1);
  return last === undefined ? undefined : `${last.to} by ${last.by}: ${last.reason}`;
}

export const TABLES = {
  incident: INCIDENTS,
  finding: FINDINGS,
  contraction: CONTRACTIONS,
  decision: DECISIONS,
} as const;
