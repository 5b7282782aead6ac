/** What playbooks contained, as a table. */
import type { PlaybookCount } from '../backtest/containment-count.js';
import { table } from '../table.js';
import type { Terminal } from '../terminal.js';
import { length } from '../time.js';

export function countsText(playbooks: Readonly<Record<string, PlaybookCount>>, terminal: Terminal): string {
  const rows = Object.entries(playbooks);
  if (rows.length === 0) return 'No playbook would have contracted anything.';
  return table(
    [
      { title: 'PLAYBOOK', value: ([id]) => id, whole: true },
      { title: 'CONTRACTIONS', value: ([, { contractions }]) => String(contractions), align: 'right' },
      { title: 'TARGETS', value: ([, { targets }]) => String(targets), align: 'right' },
      { title: 'AT ONCE', value: ([, { atOnce }]) => String(atOnce), align: 'right' },
      { title: 'BEYOND CAPS', value: ([, { beyondLimits }]) => String(beyondLimits), align: 'right' },
      { title: 'CONTAINED', value: ([, { containedMs }]) => length(containedMs), align: 'right' },
      {
        title: 'AGENTS',
        value: ([, { agents }]) =>
          Object.entries(agents)
            .sort((a, b) => b[1] - a[1])
            .map(([agent, count]) => `${agent} ${count}`)
            .join(', '),
        min: 16,
      },
    ],
    rows,
    terminal,
  );
}
