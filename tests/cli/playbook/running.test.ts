import { expect, it } from 'vitest';
import { asRunning, type Listed } from '../../../services/cli/playbook/running.js';

const listed = (id: string, more: Partial<Listed> = {}): Listed => ({
  ...{ id, title: id, version: 1, mode: 'observe', agents: undefined, since: undefined, file: `${id}.yaml` },
  ...more,
});

it('shows what runs, and says which the files have otherwise', () => {
  const inFiles = [listed('same'), listed('typo-in-overrides'), listed('not-taken-up'), listed('for-some')];
  const running = [
    { id: 'same', title: 'same', version: 1, mode: 'observe' as const },
    { ...listed('typo-in-overrides'), mode: 'enforce' as const, setBy: { owner: 'ann', reason: 'quiet weeks' } },
    { id: 'for-some', title: 'for-some', version: 1, mode: 'observe' as const, agents: ['pilot-*'] },
    { id: 'file-is-gone', title: 'gone', version: 3, mode: 'enforce' as const },
  ].map(({ agents, ...each }) => ({ ...each, ...(agents === undefined ? {} : { agents }) }));
  const { rows, differing } = asRunning(inFiles, running);
  expect(rows.map(({ id, mode, since, file }) => [id, mode, since, file])).toEqual([
    ['same', 'observe', undefined, 'same.yaml'],
    ['typo-in-overrides', 'enforce', 'ann: quiet weeks', 'typo-in-overrides.yaml'],
    ['for-some', 'observe', undefined, 'for-some.yaml'],
    ['file-is-gone', 'enforce', undefined, undefined],
  ]);
  expect(differing).toEqual(['typo-in-overrides', 'for-some', 'file-is-gone', 'not-taken-up']);
  expect(asRunning(inFiles, undefined)).toEqual({ rows: inFiles, differing: [] });
});
