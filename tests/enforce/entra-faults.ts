/**
 * Every request that a contraction makes of Graph, each with every fault at that place: the contraction comes into force, is taken back, and
 * the tenant is as it was. The point's clock is moved on as long as it asks for.
 */
import { expect } from 'vitest';
import type { Control } from '../../schemas/control.js';
import type { EntraConfig } from '../../services/enforce/points/entra/declare.js';
import type { Observation, Outcome } from '../../services/enforce/point.js';
import type { Misbehaviour } from '../peers/https-peer.js';
import { directory, EntraRig, guid, soon } from './entra-rig.js';

interface Cycle {
  config: Partial<EntraConfig>;
  control: Control;
  target: { type: 'agent' | 'user'; id: string };
  /** Besides what can be compared: what was declared not to come back. */
  seen?: (rig: EntraRig) => boolean;
}
const agent = { type: 'agent' as const, id: 'a1' };
export const CYCLES: Readonly<Record<string, Cycle>> = {
  'our policy blocks an agent': { config: {}, control: { control: 'agent.disable' }, target: agent },
  'an account is disabled': {
    config: { disableBy: 'account' },
    control: { control: 'agent.disable' },
    target: agent,
  },
  'an agent is confirmed as compromised': {
    config: { disableBy: 'account', confirmCompromised: true },
    control: { control: 'agent.disable' },
    target: agent,
    seen: (rig) => rig.directory.risk.get(guid(1)) === 'confirmedCompromised',
  },
  'a user is asked for more': {
    config: {},
    control: { control: 'auth.strength', level: 'mfa' },
    target: { type: 'user', id: 'u1@contoso.example' },
  },
  'a user signs in again, sessions revoked': {
    config: { revokeSessions: true },
    control: { control: 'auth.reauthenticate', withinMs: 0 },
    target: { type: 'user', id: guid(101) },
    seen: (rig) => (rig.directory.users.get(guid(101))?.sessionsRevoked ?? 0) > 0,
  },
  'grants and roles are narrowed': {
    config: {},
    control: { control: 'scope.narrow', scopes: ['Mail.Read'] },
    target: agent,
  },
  'grants and roles are narrowed to nothing': {
    config: {},
    control: { control: 'scope.narrow', scopes: [] },
    target: agent,
  },
};

const graphError = (status: number, code: string): Misbehaviour => ({
  status,
  body: { error: { code, message: `${code} (as told by the test)` } },
});
export const FAULTS: Readonly<Record<string, Misbehaviour>> = {
  'the answer is lost after it was done': 'reset-afterwards',
  'the connection breaks before': 'reset',
  '429 without Retry-After': graphError(429, 'TooManyRequests'),
  '429 with Retry-After': { status: 429, headers: { 'retry-after': '3' } },
  '500': graphError(500, 'InternalServerError'),
  '503': graphError(503, 'ServiceUnavailable'),
  '504 from something in between': { status: 504, headers: { 'content-type': 'text/html' }, body: '<html>' },
  '403, and the permission is given afterwards': graphError(403, 'Authorization_RequestDenied'),
  '404 of a copy that does not know it': graphError(404, 'Request_ResourceNotFound'),
  '409': graphError(409, 'Request_Conflict'),
  '412': graphError(412, 'PreconditionFailed'),
  '401': graphError(401, 'InvalidAuthenticationToken'),
  'a page with 200': { raw: 'HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 13\r\n\r\n<html></html>' },
};

const MAX_TRIES = 12;

async function until(rig: EntraRig, done: () => Promise<Outcome>): Promise<Outcome> {
  for (let tries = 0; ; tries += 1) {
    const outcome = await done();
    if (outcome.kind === 'done' || tries >= MAX_TRIES) return outcome;
    rig.aheadMs += ('afterMs' in outcome ? outcome.afterMs : undefined) ?? 61_000;
  }
}

/** Applies, looks, reverts, looks; gives what was seen. */
export async function live(
  rig: EntraRig,
  { control, target, seen }: Cycle,
  id: string,
  between: () => void = () => undefined,
): Promise<void> {
  const before = JSON.stringify(rig.directory.essence());
  const order = () => rig.order(id, control, target);
  const look = async (): Promise<Observation | undefined> => {
    let found: Observation | undefined;
    for (let tries = 0; tries < 4 && (found === undefined || found.kind === 'unknown'); tries += 1) {
      found = (await rig.point.observe([order()], soon()))[0];
      rig.aheadMs += 5_000;
    }
    return found;
  };
  expect(await until(rig, () => rig.point.apply(order(), soon()))).toMatchObject({ kind: 'done' });
  const changed = JSON.stringify(rig.directory.essence()) !== before || seen?.(rig) === true;
  expect(changed, 'it is in force').toBe(true);
  expect(await look()).toEqual({ kind: 'in-place' });
  between();
  expect(await until(rig, () => rig.point.revert(order(), soon()))).toMatchObject({ kind: 'done' });
  expect(await look()).toEqual({ kind: 'absent' });
  expect(JSON.stringify(rig.directory.essence()), 'the tenant is as it was').toBe(before);
  expect([...rig.shelf.documents], 'the books are empty').toEqual([]);
}

/** Every `stride`-th combination of request and fault, from `offset` on. Gives how many there were. */
export async function everyFault(cycle: Cycle, stride: number, offset: number): Promise<number> {
  const rig = await EntraRig.open(cycle.config);
  rig.settlingMs = 90_000;
  rig.graph.now = rig.now;
  try {
    rig.newPoint();
    await live(rig, cycle, 'clean');
    const requests = rig.graph.peer.requests.length;
    let combination = 0;
    let lived = 0;
    for (let at = 0; at < requests; at += 1)
      for (const [name, fault] of Object.entries(FAULTS)) {
        if (combination++ % stride !== offset) continue;
        lived += 1;
        rig.graph.directory = directory();
        await rig.point.close();
        rig.aheadMs += 1_000_000;
        rig.newPoint();
        let left = at;
        let said = '';
        rig.graph.peer.always = ({ method, path }) => {
          if (left-- !== 0) return undefined;
          said = `${method} ${path}`;
          return fault;
        };
        try {
          await live(rig, cycle, `e${combination}`);
        } catch (error) {
          throw new Error(
            `${name} at request ${at} (${said}): ${error instanceof Error ? error.message : String(error)}`,
            {
              cause: error,
            },
          );
        }
      }
    return lived;
  } finally {
    await rig.close();
  }
}
