import type { Order } from '../../services/enforce/point.js';
import { WebhookPoint } from '../../services/enforce/points/webhook/webhook.js';
import { enforcementPointSuite } from '../conformance/enforcement-point.js';
import { EnforcementPeer } from '../peers/enforcement-point.js';
import { EntraRig } from './entra-rig.js';
import { declared } from './simulation.js';

const order = (effect: string): Order => ({
  effectId: `${effect}/0/point`,
  contractionId: effect,
  sequence: 1,
  target: { tenant: 'default', type: 'agent', id: 'a1' },
  control: { control: 'agent.disable' },
  reason: 'because',
  expiresAtMs: Date.now() + 300_000,
  expiresInMs: 300_000,
});

enforcementPointSuite({
  name: 'webhook',
  order,
  open: async () => {
    const peer = await EnforcementPeer.start();
    const again = () =>
      new WebhookPoint({
        declaration: declared(true),
        url: peer.url,
        secret: peer.secret,
        ca: peer.ca,
        now: () => Date.now(),
        version: '1',
      });
    return { point: again(), again, close: () => peer.stop() };
  },
});

for (const disableBy of ['policy', 'account'] as const)
  enforcementPointSuite({
    name: `entra, by ${disableBy}`,
    order,
    open: async () => {
      const rig = await EntraRig.open({ disableBy });
      return { point: rig.point, again: () => rig.newPoint(), close: () => rig.close() };
    },
  });
