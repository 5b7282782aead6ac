/** How often detectors and playbooks were right, by the verdicts people gave. Pure. */
import type { Incident } from '../../schemas/incident.js';

export interface Precision {
  kind: 'playbook' | 'finding';
  name: string;
  true: number;
  false: number;
  benign: number;
  /** Share of real attacks among the judged; `null`: none was judged. */
  precision: number | null;
  /** 95% interval (Wilson 1927). */
  low: number | null;
  high: number | null;
  unjudged: number;
}

/** Wilson's interval for a share of `hits` in `of`, at 95%. */
export function wilson(hits: number, of: number): { low: number; high: number } {
  const z = 1.959964;
  const share = hits / of;
  const middle = (share + z ** 2 / (2 * of)) / (1 + z ** 2 / of);
  const half = (z / (1 + z ** 2 / of)) * Math.sqrt((share * (1 - share)) / of + z ** 2 / (4 * of ** 2));
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

/** Each incident counts once for every playbook and every type of finding in it. */
export function precisionOf(incidents: readonly Incident[]): Precision[] {
  const rows = new Map<string, Precision>();
  for (const incident of incidents) {
    if (incident.mergedInto !== undefined || incident.digestOf !== undefined) continue;
    const names = [
      ...new Set(incident.playbooks.map(({ id }) => `playbook ${id}`)),
      ...new Set(incident.findings.map(({ type }) => `finding ${type}`)),
    ];
    for (const key of names) {
      const [kind = '', name = ''] = key.split(' ');
      const row = rows.get(key) ?? {
        kind: kind as Precision['kind'],
        name,
        true: 0,
        false: 0,
        benign: 0,
        precision: null,
        low: null,
        high: null,
        unjudged: 0,
      };
      if (incident.verdict === undefined) row.unjudged += 1;
      else row[incident.verdict.value] += 1;
      rows.set(key, row);
    }
  }
  return [...rows.values()]
    .map((row) => {
      const judged = row.true + row.false + row.benign;
      return judged === 0 ? row : { ...row, precision: row.true / judged, ...wilson(row.true, judged) };
    })
    .sort((a, b) => (a.kind === b.kind ? a.name.localeCompare(b.name) : a.kind < b.kind ? 1 : -1));
}
