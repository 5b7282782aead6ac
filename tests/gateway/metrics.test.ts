/** What `/metrics` says of a gateway that has decided, was told of contractions, and was asked for things. */
import { afterEach, describe, expect, it } from 'vitest';
import { Metrics } from '../../services/runtime/metrics.js';
import { asks, contraction, Rig } from './rig.js';

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.end();
  rig = undefined;
});

async function scrape(of: Rig, token: string | null = of.token()) {
  const response = await fetch(`${of.url}/metrics`, {
    headers: token === null ? {} : { authorization: `Bearer ${token}` },
  });
  const text = await response.text();
  const value = (series: string): number | undefined => {
    const line = text.split('\n').find((each) => each.startsWith(`${series} `));
    return line === undefined ? undefined : Number(line.slice(series.length + 1));
  };
  return { status: response.status, type: response.headers.get('content-type'), text, value };
}

describe('GET /metrics', () => {
  it('counts what is in force by playbook and control, and lets go of what has ended', async () => {
    rig = await Rig.start({ gateway: { metrics: new Metrics() } });
    const two = contraction([{ control: 'tool.block' }, { control: 'session.suspend' }]);
    const effect = { id: 'e', control: 0, point: 'entra', selfExpiring: false, reversible: true, updatedAtMs: 1 };
    two.effects.push({ ...effect, state: 'applied' }, { ...effect, id: 'f', state: 'drifted' });
    const waiting = contraction([{ control: 'tool.block' }], { state: 'awaiting_approval' });
    const manual = contraction([{ control: 'tool.block' }, { control: 'tool.block', tools: ['x'] }], {
      mode: 'observe',
    });
    delete manual.playbook;
    await rig.contract(two, waiting, manual);
    await rig.knows(manual.id, 1);
    const first = await scrape(rig);
    expect(first.value('stepdown_contractions{state="active",mode="enforce"}')).toBe(1);
    expect(first.value('stepdown_contractions{state="awaiting_approval",mode="enforce"}')).toBe(1);
    const inForce = (control: string) =>
      `stepdown_contractions_in_force{playbook="indirect-injection",control="${control}",mode="enforce"}`;
    expect(first.value(inForce('tool.block'))).toBe(1);
    expect(first.value(inForce('session.suspend'))).toBe(1);
    expect(first.value('stepdown_contractions_in_force{playbook="manual",control="tool.block",mode="observe"}')).toBe(
      1,
    );
    expect(first.value('stepdown_contraction_visible_seconds_count')).toBe(3);
    expect(first.value('stepdown_effects{point="entra",state="applied"}')).toBe(1);
    expect(first.value('stepdown_effects{point="entra",state="drifted"}')).toBe(1);
    await rig.contract({ ...two, version: 2, state: 'ended', endReason: 'quiet' });
    await rig.knows(two.id, 0);
    const second = await scrape(rig);
    expect(second.value(inForce('session.suspend'))).toBeUndefined();
    expect(second.value('stepdown_contractions{state="active",mode="enforce"}')).toBeUndefined();
  });

  it('times decisions, reports and requests, by route and not by path', async () => {
    rig = await Rig.start({ gateway: { metrics: new Metrics() } });
    await rig.call('POST', '/access/v1/evaluation', asks('send_money'));
    await rig.call('GET', '/v1/contractions/of-nobody');
    await rig.call('GET', '/nowhere/%zz');
    const { value, text } = await scrape(rig);
    expect(value('stepdown_decision_duration_seconds_count{verdict="allow"}')).toBe(1);
    const request = (method: string, route: string, status: number) =>
      `stepdown_http_request_duration_seconds_count{method="${method}",route="${route}",status="${status}"}`;
    expect(value(request('POST', '/access/v1/evaluation', 200))).toBe(1);
    expect(value(request('GET', '/v1/contractions/:id', 404))).toBe(1);
    expect(text).toContain('route="none"');
    expect(text).not.toContain('of-nobody');
    expect(text).not.toContain('nowhere');
    expect(value('stepdown_decision_point_stale_seconds')).toBeGreaterThanOrEqual(0);
    expect(value('stepdown_outbox_records{outbox="decision-point"}')).toBeGreaterThanOrEqual(0);
    expect(value('stepdown_paused')).toBe(0);
  });

  it('is for who may read, and not for agents', async () => {
    rig = await Rig.start({ gateway: { metrics: new Metrics() } });
    expect((await scrape(rig, null)).status).toBe(401);
    expect((await scrape(rig, rig.token('agent-token'))).status).toBe(403);
    const { status, type } = await scrape(rig);
    expect(status).toBe(200);
    expect(type).toContain('text/plain; version=0.0.4');
  });
});
