/** What each playbook contained in a replay: how often, whom, for how long, how many at once, and where its caps held it. */
import type { Contraction } from '../../../schemas/contraction.js';

export interface PlaybookCount {
  contractions: number;
  /** Contractions by agent. */
  agents: Record<string, number>;
  targets: number;
  /** Targets contracted at the same time, at most. */
  atOnce: number;
  /** Contractions that would have waited for a person, or been only recorded, beyond the playbook's limits. */
  beyondLimits: number;
  /** Time contained, all contractions together, milliseconds. */
  containedMs: number;
}

interface Open {
  playbook: string;
  target: string;
  sinceMs: number | undefined;
}

export class ContainmentCount {
  readonly #enforced: boolean;

  /** @param enforced every playbook was to enforce, so that one that only observes was held back by a cap */
  constructor(enforced = false) {
    this.#enforced = enforced;
  }

  readonly #counts = new Map<string, { count: PlaybookCount; targets: Set<string> }>();
  readonly #open = new Map<string, Open>();
  readonly #waited = new Set<string>();

  take(contraction: Contraction): void {
    const { id, playbook, target, state, createdAtMs, endedAtMs, history } = contraction;
    const name = playbook?.id ?? 'by hand';
    const targetName = `${target.type}:${target.id}`;
    const { count, targets } = this.#of(name);
    let open = this.#open.get(id);
    if (open === undefined) {
      if (this.#waited.has(id) || state === 'ended') return;
      open = { playbook: name, target: targetName, sinceMs: undefined };
      this.#open.set(id, open);
      count.contractions += 1;
      const agent = contraction.agentId ?? (target.type === 'agent' ? target.id : '(unknown)');
      count.agents[agent] = (count.agents[agent] ?? 0) + 1;
      targets.add(targetName);
      count.targets = targets.size;
      if (state === 'awaiting_approval' || (this.#enforced && contraction.mode === 'observe')) count.beyondLimits += 1;
    }
    if (state === 'active' && open.sinceMs === undefined) {
      open.sinceMs = history.findLast(({ to }) => to === 'active')?.atMs ?? createdAtMs;
      const live = [...this.#open.values()].filter((each) => each.playbook === name && each.sinceMs !== undefined);
      count.atOnce = Math.max(count.atOnce, new Set(live.map((each) => each.target)).size);
    }
    if (endedAtMs === undefined) return;
    if (open.sinceMs !== undefined) count.containedMs += endedAtMs - open.sinceMs;
    this.#open.delete(id);
    this.#waited.add(id);
  }

  /** By playbook id. */
  counts(): Record<string, PlaybookCount> {
    return Object.fromEntries(
      [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, { count }]) => [id, count]),
    );
  }

  #of(playbook: string): { count: PlaybookCount; targets: Set<string> } {
    let known = this.#counts.get(playbook);
    if (known === undefined) {
      const count = { contractions: 0, agents: {}, targets: 0, atOnce: 0, beyondLimits: 0, containedMs: 0 };
      this.#counts.set(playbook, (known = { count, targets: new Set() }));
    }
    return known;
  }
}
