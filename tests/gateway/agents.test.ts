/** An agent that several services see has a document of each; who asks is shown one agent. */
import { expect, it } from 'vitest';
import type { TelemetryEvent } from '../../schemas/event.js';
import { scopedByStream } from '../../services/composition/machines.js';
import { createDetectMachine } from '../../services/detect/machine.js';
import { Stepper } from '../../services/runtime/stepper.js';
import { Rig } from './rig.js';

const call = (agent: string, service: string, n: number): TelemetryEvent => ({
  schemaVersion: 1,
  kind: 'tool.call',
  id: `${agent}-${service}-${n}`,
  tenant: 'default',
  timeMs: 1_000_000 + n,
  receivedAtMs: 1_000_000 + n,
  streamKey: `default/${service}`,
  agent: { id: agent },
  session: { id: `${agent}-${service}` },
  trust: n > 2 ? 'authenticated' : 'claimed',
  source: { dialect: 'native' },
  tool: `search_${service}`,
  toolCallId: `${service}-${n}`,
  arguments: { q: n },
});

it('shows it once, with all that was seen of it anywhere', async () => {
  const stepper = new Stepper({ machine: scopedByStream(createDetectMachine({ clock: 'wall' })) });
  const events = [
    ...[1, 2, 3, 4].map((n) => call('shared', 'mail', n)),
    ...[1, 2].map((n) => call('shared', 'chat', n)),
    call('shared-not', 'mail', 1),
  ];
  for (const event of events) stepper.feed(event);
  const rig = await Rig.start({ pipeline: false });
  try {
    const { states } = stepper.snapshot();
    await rig.drivers.store.write(states.map(([key, value]) => ({ key, value })));
    const { body } = await rig.call<{ items: { id: string; events: number }[] }>('GET', '/v1/agents');
    expect(body.items.map(({ id }) => id).sort()).toEqual(['shared', 'shared-not']);
    expect((await rig.call('GET', '/v1/agents/shared')).body).toMatchObject({
      id: 'shared',
      events: 6,
      sessions: 2,
      tools: ['search_chat', 'search_mail'],
      trust: 'authenticated',
      firstSeenMs: 1_000_001,
      lastSeenMs: 1_000_004,
      mode: 'learning',
    });
    expect((await rig.call('GET', '/v1/agents/nobody')).status).toBe(404);
  } finally {
    await rig.end();
  }
});
