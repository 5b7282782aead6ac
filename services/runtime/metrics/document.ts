/** `docs/metrics.md`, made from the definitions. */
import { type Definition, METRICS } from './definitions.js';

const INTRODUCTION = `# Metrics

Every process offers these to Prometheus: on the API's port at \`/metrics\`, with a token of who may read; and without a token on
\`metrics.host\`:\`metrics.port\` where that is set (see [configuration.md](configuration.md)). Beside them stand what Node.js says of
itself: \`process_…\` and \`nodejs_…\`, of which \`nodejs_eventloop_lag_p99_seconds\` tells of work that blocks.

A process shows what it does itself: lag and checkpoints where \`detect\` and \`respond\` run, decisions where the gateway runs.
No label has a value that comes from outside; there are no series per agent, session, user or tool.

\`infra/grafana/dashboard.json\` shows them, \`infra/grafana/alerts.yaml\` says when to call somebody.
`;

export function metricsDocument(): string {
  const rows = Object.values<Definition>(METRICS).map(
    ({ name, type, labels, help }) =>
      `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ') || '–'} | ${help} |`,
  );
  return [INTRODUCTION, '| metric | type | labels | meaning |', '|---|---|---|---|', ...rows, ''].join('\n');
}
