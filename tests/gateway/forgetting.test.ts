import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { forgetIn } from '../../services/gateway/forgetting.js';
import { asks, contraction, Rig } from './rig.js';

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.end();
  rig = undefined;
});

const EMMA = 'emma@contoso.example';

describe('forgetting in a value', () => {
  it('leaves no mention, and gives the same value back where there was none', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(EMMA, 'a b/c%', 'u-12345'), (value, id) => {
        const around = { value, user: { id }, text: `about ${id}, and`, [`user/${encodeURIComponent(id)}`]: [id] };
        const after = JSON.stringify(forgetIn(around, id, 'forgotten-1'));
        expect(after).not.toContain(id);
        expect(after).not.toContain(encodeURIComponent(id));
        if (!JSON.stringify(value).includes(id) && !JSON.stringify(value).includes(encodeURIComponent(id)))
          expect(forgetIn(value, id, 'forgotten-1')).toBe(value);
      }),
    );
  });

  it('does not tear short ids out of other words', () => {
    expect(forgetIn({ id: 'al', text: 'also' }, 'al', 'f')).toEqual({ id: 'f', text: 'also' });
  });
});

describe('forgetting a user', () => {
  it('takes the person out of streams and documents, keeps the story, and says what remains', async () => {
    rig = await Rig.start({
      onCommand: (signal) => {
        if (signal.command.do !== 'lift') return { records: [], outcome: { ok: true, message: '' } };
        return {
          records: [
            { kind: 'contraction', contraction: { ...onEmma, version: 2, state: 'ended', endReason: 'lifted' } },
          ],
          outcome: { ok: true, message: 'lifted' },
        };
      },
    });
    const onEmma = contraction([{ control: 'tool.block' }], { target: { tenant: 'default', type: 'user', id: EMMA } });
    await rig.contract(onEmma);
    const told = { agent: { id: 'mailer' }, session: { id: 's1' } };
    await rig.call('POST', '/v1/events', [
      { ...told, kind: 'prompt', user: { id: EMMA }, text: 'my salary is 5000' },
      { ...told, kind: 'prompt', user: { id: 'bob' }, text: `ask ${EMMA} about lunch` },
    ]);
    await rig.call(
      'POST',
      '/access/v1/evaluation',
      asks('look', { context: { user: EMMA }, arguments: { who: EMMA } }),
    );
    await expect.poll(async () => (await rig?.topic('decisions'))?.length).toBe(1);
    await rig.drivers.store.write([
      {
        key: `risk/default/user/${encodeURIComponent(EMMA)}`,
        value: { entity: { tenant: 'default', type: 'user', id: EMMA }, score: 5, timeMs: 1, contributions: [] },
      },
      {
        key: 'incident/default/i1',
        value: {
          id: 'i1',
          title: `Attack on ${EMMA}`,
          entities: [{ tenant: 'default', type: 'user', id: EMMA }],
          findings: [1],
          updatedAtMs: 1,
        },
      },
    ]);

    expect(
      (
        await rig.call('DELETE', `/v1/users/${encodeURIComponent(EMMA)}`, undefined, {
          token: rig.token('agent-token'),
        })
      ).status,
    ).toBe(403);
    const { status, body } = await rig.call<{
      pseudonym: string;
      lifted: number;
      documents: number;
      records: Record<string, number>;
      remaining: unknown[];
    }>('DELETE', `/v1/users/${encodeURIComponent(EMMA)}?reason=asked`);
    expect(status).toBe(200);
    expect(body.lifted).toBe(1);
    expect(body.records).toMatchObject({ telemetry: 3, decisions: 1 });
    expect(body.remaining.length).toBeGreaterThan(0);

    for (const topic of ['telemetry', 'decisions', 'audit', 'signals', 'approvals'] as const)
      expect(JSON.stringify(await rig.topic(topic)), topic).not.toContain(EMMA);
    const events = await rig.topic('telemetry');
    expect(events[0]).toMatchObject({ kind: 'prompt', user: { id: body.pseudonym } });
    expect(events[0]).not.toHaveProperty('text');
    expect(events[1]).toMatchObject({ user: { id: 'bob' }, text: `ask ${body.pseudonym} about lunch` });
    expect((await rig.call('GET', '/v1/incidents/i1')).body).toMatchObject({
      title: `Attack on ${body.pseudonym}`,
      findings: [1],
    });
    expect((await rig.call('GET', `/v1/risk/user/${encodeURIComponent(EMMA)}`)).status).toBe(404);
    expect(await rig.topic('audit')).toContainEqual(
      expect.objectContaining({ act: 'user.forget', subject: body.pseudonym, reason: 'asked', by: 'first admin' }),
    );

    // Nor can it be read from the file.
    const { dataDir } = rig;
    await rig.close();
    expect(readFileSync(join(dataDir, 'stepdown.db')).includes('my salary is 5000')).toBe(false);
    await rig.open();
  });
});

describe('users under pseudonyms', () => {
  it('are known by no other name: told, asked about, contained, looked up, forgotten', async () => {
    const targets: unknown[] = [];
    rig = await Rig.start({
      ingest: { userIds: 'pseudonym' },
      onCommand: (signal) => {
        if (signal.command.do === 'contain') targets.push(signal.command.target);
        return { records: [], outcome: { ok: true, message: '' } };
      },
    });
    const told = { agent: { id: 'mailer' }, session: { id: 's1' } };
    await rig.call('POST', '/v1/events', [{ ...told, kind: 'prompt', user: { id: EMMA }, text: 'hello' }]);
    await rig.call('POST', '/access/v1/evaluation', asks('look', { context: { user: EMMA } }));
    await rig.call('POST', '/v1/contractions', {
      target: { type: 'user', id: EMMA },
      controls: [{ control: 'tool.block' }],
      forMs: 60_000,
      reason: 'odd',
    });
    await expect.poll(async () => (await rig?.topic('decisions'))?.length).toBe(1);
    const [event] = await rig.topic('telemetry');
    const name = (event as { user: { id: string } }).user.id;
    expect(name).toMatch(/^user-[0-9a-f]{32}$/);
    expect(await rig.topic('decisions')).toMatchObject([{ userId: name }]);
    expect(targets).toMatchObject([{ type: 'user', id: name }]);
    await rig.drivers.store.write([
      { key: `risk/default/user/${name}`, value: { entity: { id: name }, score: 5, timeMs: 1, contributions: [] } },
    ]);
    expect((await rig.call('GET', `/v1/risk/user/${encodeURIComponent(EMMA)}`)).status).toBe(200);
    const { body } = await rig.call<{ pseudonym: string }>('DELETE', `/v1/users/${encodeURIComponent(EMMA)}`);
    expect((await rig.topic('telemetry'))[0]).toMatchObject({ user: { id: body.pseudonym } });
    expect(JSON.stringify(await rig.topic('decisions'))).not.toContain(name);
  });
});
