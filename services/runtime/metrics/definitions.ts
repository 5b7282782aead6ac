/**
 * Every metric there is: its name, what it says, and by what it is told apart. `docs/operating.md` lists them from here.
 *
 * Names follow Prometheus: base units, `_total` for what only rises. No label has a value from outside: topics, groups,
 * partitions, playbooks, detectors, controls, routes and codes are as many as the configuration and the program make them;
 * agents, sessions, users and tools are in no label.
 */
export type Kind = 'counter' | 'gauge' | 'histogram';

export interface Definition<L extends string = string, T extends Kind = Kind> {
  readonly name: string;
  readonly type: T;
  readonly help: string;
  readonly labels: readonly L[];
  /** Upper bounds, in the metric's unit. */
  readonly buckets?: readonly number[];
}

const of =
  <const T extends Kind>(type: T, buckets?: readonly number[]) =>
  <const L extends string = never>(name: string, help: string, labels: readonly L[] = []): Definition<L, T> => ({
    name,
    type,
    help,
    labels,
    ...(buckets === undefined ? {} : { buckets }),
  });

const counter = of('counter');
const gauge = of('gauge');
/** Seconds. A decision is answered from memory: tens of microseconds count. */
const fast = of('histogram', [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1]);
/** Seconds. What waits for a disk or a network. */
const slow = of('histogram', [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]);

export const METRICS = {
  build: gauge('stepdown_build_info', 'Always 1; which version runs, on which Node.js.', ['version', 'node']),
  ready: gauge('stepdown_ready', '1 where a service can do its work, else 0; `/readyz` says what hinders it.', [
    'service',
  ]),

  lag: gauge('stepdown_stream_lag_records', 'Records appended and not worked off yet.', [
    'topic',
    'partition',
    'group',
  ]),
  appended: counter('stepdown_records_appended_total', 'Records made durable.', ['topic']),
  handled: counter('stepdown_records_handled_total', 'Records given to a consumer that returned from them.', [
    'topic',
    'group',
  ]),
  appendFailures: counter('stepdown_append_failures_total', 'Appends that were refused or failed, by error code.', [
    'code',
  ]),
  appendSeconds: slow('stepdown_append_duration_seconds', 'From an append until it was durable.'),
  handleSeconds: slow('stepdown_batch_duration_seconds', 'Work on one batch of records, made durable.', [
    'topic',
    'group',
  ]),

  sourceLag: gauge(
    'stepdown_source_lag_records',
    'Records of a source that this process reads and has not made durable yet, over its partitions.',
    ['source'],
  ),
  sourceUp: gauge('stepdown_source_up', '1 while a source is read, 0 while it is connecting or in trouble.', [
    'source',
  ]),
  sourceMissed: gauge(
    'stepdown_source_missed_records',
    'Records that an event hub dropped before they were read, since the start.',
    ['source'],
  ),

  checkpointSeconds: slow(
    'stepdown_checkpoint_duration_seconds',
    'Making outputs, states, timers and position durable together.',
    ['group'],
  ),
  checkpoints: counter(
    'stepdown_checkpoints_total',
    'Checkpoints: `ok`; `lost`, where another worker has written the same states; `failed`.',
    ['group', 'result'],
  ),
  storeSeconds: slow('stepdown_store_duration_seconds', 'Calls of the store.', ['operation']),
  storeFailures: counter('stepdown_store_failures_total', 'Calls of the store that failed, by error code.', [
    'operation',
    'code',
  ]),
  engineUp: gauge(
    'stepdown_engine_up',
    '1 where the stream, the store or the schedule answered when it was asked last.',
    ['engine'],
  ),

  findings: counter('stepdown_findings_total', 'Findings of detectors.', ['detector', 'severity']),
  contractionChanges: counter(
    'stepdown_contraction_changes_total',
    'Records of contractions written by response, by the state they are in; renewals are among them.',
    ['playbook', 'state', 'mode'],
  ),
  incidents: counter('stepdown_incidents_total', 'Incidents opened.', ['severity', 'mode']),
  decisions: counter('stepdown_decisions_total', 'Answers of the decision point.', ['verdict', 'action']),
  deadLetters: counter(
    'stepdown_dead_letters_total',
    'What could not be read or worked on, by the code of its reason.',
    ['code'],
  ),

  contractions: gauge('stepdown_contractions', 'Contractions that have not ended, by state.', ['state', 'mode']),
  inForce: gauge('stepdown_contractions_in_force', 'Active contractions, by playbook and control.', [
    'playbook',
    'control',
    'mode',
  ]),
  held: gauge(
    'stepdown_contractions_held',
    'Contractions that the engine no longer renews and that are kept for their grace (`engineGone: hold`).',
  ),
  effects: gauge(
    'stepdown_effects',
    'Controls of contractions that have not ended, by enforcement point and what is true there.',
    ['point', 'state'],
  ),
  staleSeconds: gauge(
    'stepdown_decision_point_stale_seconds',
    'Age of the newest contraction data the decision point has.',
  ),
  decisionSeconds: fast('stepdown_decision_duration_seconds', 'From a question until its answer.', ['verdict']),
  visibleSeconds: slow(
    'stepdown_contraction_visible_seconds',
    'From the making of a contraction by response until the decision point holds it.',
  ),
  enforcedSeconds: slow(
    'stepdown_report_enforced_seconds',
    'From a reported event or command until all it caused is enforced; `late`: the budget was spent first.',
    ['result'],
  ),
  paused: gauge('stepdown_paused', '1 while a person has paused all contractions.'),
  requestSeconds: slow('stepdown_http_request_duration_seconds', 'Requests to the API.', ['method', 'route', 'status']),

  outboxRecords: gauge('stepdown_outbox_records', 'What waits to be sent: `decision-point`, or the name of a sink.', [
    'outbox',
  ]),
  outboxAgeSeconds: gauge('stepdown_outbox_age_seconds', 'How long the oldest of what waits has waited.', ['outbox']),
  recordsLost: gauge(
    'stepdown_decision_records_lost',
    'Records of the decision point that were given up since its start.',
  ),
} as const;

export type MetricName = keyof typeof METRICS;
