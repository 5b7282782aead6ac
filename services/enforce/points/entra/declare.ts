/** What Entra carries out, by what is configured: a control is declared only where what it needs is there. */
import type { PointControl, PointDeclaration } from '../../../../schemas/enforcement.js';
import type { Config } from '../../../runtime/config.js';

export type EntraConfig = Extract<Config['enforce']['points'][number], { type: 'entra' }>;

/** Said on the contraction and in playbook checks. */
export const IRREVERSIBLE = {
  risk: 'what the risk of the service principal was before it was confirmed as compromised',
  sessions: 'sessions that were revoked: people sign in again',
  roles: 'app role assignments come back with new ids, and scopes in another order',
} as const;

export function declareEntra(config: EntraConfig): PointDeclaration {
  const { groups, policies, propagationMs } = config;
  /** Nothing in Entra expires by itself: a live engine must take it back. */
  const held = { selfExpiring: false, engineGone: 'hold', propagationMs } as const;
  const exact = { ...held, reversible: true };
  const controls: PointControl[] = [];
  if (groups.mfa !== undefined || groups.passwordless !== undefined || groups.phishingResistant !== undefined)
    controls.push({ ...exact, control: 'auth.strength', targets: ['user'] });
  if (groups.reauthenticate !== undefined)
    controls.push({
      ...(config.revokeSessions ? { ...held, reversible: false, irreversible: IRREVERSIBLE.sessions } : exact),
      control: 'auth.reauthenticate',
      targets: ['user'],
    });
  if (config.disableBy === 'account' || policies.blockAgents !== undefined)
    controls.push({
      ...(config.confirmCompromised ? { ...held, reversible: false, irreversible: IRREVERSIBLE.risk } : exact),
      control: 'agent.disable',
      targets: ['agent'],
    });
  if (config.narrow)
    controls.push({
      ...held,
      reversible: false,
      irreversible: IRREVERSIBLE.roles,
      control: 'scope.narrow',
      targets: ['agent'],
    });
  return { point: config.name, kind: 'entra', controls };
}
