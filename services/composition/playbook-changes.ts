/** What an edit of playbooks or overrides changed in who may act: entries for the audit stream, whoever edited, and with what. */
import type { AuditEntry } from '../../schemas/audit.js';
import type { CompiledCorrelation } from '../respond/playbook/correlation.js';
import { type CompiledPlaybook, type Setting, settingAt } from '../respond/playbook/types.js';
import { shortHash } from '../runtime/hash.js';

/** What runs now; replaced as a whole. */
export interface RunningPlaybooks {
  playbooks: readonly CompiledPlaybook[];
  correlations: readonly CompiledCorrelation[];
}

export function playbookChanges(
  before: readonly CompiledPlaybook[],
  after: readonly CompiledPlaybook[],
  tenant: string,
  nowMs: number,
): AuditEntry[] {
  const old = new Map(before.map((playbook) => [playbook.id, playbook]));
  const now = new Map(after.map((playbook) => [playbook.id, playbook]));
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((id) => {
    const was = old.get(id);
    const is = now.get(id);
    if (was?.digest === is?.digest) return [];
    const { owner, reason } = is?.override ?? { owner: is?.owner, reason: undefined };
    const outcome = `${was === undefined ? 'there was none' : stateOf(was, nowMs)} → ${is === undefined ? 'it is gone' : stateOf(is, nowMs)}`;
    return [
      {
        schemaVersion: 1,
        id: shortHash(tenant, 'playbook', id, was?.digest ?? '', is?.digest ?? '', String(nowMs)),
        tenant,
        atMs: nowMs,
        by: owner ?? 'files',
        act: 'playbook.change',
        subject: id,
        reason: reason ?? 'its file changed',
        outcome,
      },
    ];
  });
}

function stateOf(playbook: CompiledPlaybook, nowMs: number): string {
  const { mode, agents }: Setting = settingAt(playbook, nowMs);
  const whom = agents === undefined ? '' : ` for ${agents.names.join(', ')}`;
  const { exceptions, allowed, suppressed } = playbook;
  const left = [
    [exceptions.length, 'exceptions'],
    [allowed.length, 'allowed'],
    [suppressed.length, 'suppressions'],
  ].flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`]));
  return [`v${playbook.version} ${mode}${whom}`, ...left].join(', ');
}
