/** The least that this engine must be allowed in the directory, by what is configured; documented in docs/entra.md. */
import type { EntraConfig } from './declare.js';

export interface Permission {
  /** Application permissions of Microsoft Graph of which one is enough, the least first. */
  anyOf: readonly string[];
  why: string;
}

/** For the running engine. */
export function permissionsOf(config: EntraConfig): readonly Permission[] {
  const { groups, policies } = config;
  const named = [groups.mfa, groups.passwordless, groups.phishingResistant, groups.reauthenticate].some(
    (id) => id !== undefined,
  );
  const byPolicy = config.disableBy === 'policy' && policies.blockAgents !== undefined;
  return [
    ...(byPolicy
      ? [
          { anyOf: ['Policy.Read.All'], why: 'read our own Conditional Access policy' },
          {
            anyOf: ['Policy.ReadWrite.ConditionalAccess'],
            why: 'put service principals into our own policy, and take them out',
          },
        ]
      : []),
    ...(config.disableBy === 'account'
      ? [
          {
            anyOf: ['AgentIdentity.EnableDisable.All', 'Application.ReadWrite.All'],
            why: 'disable and enable the service principals of agents (the first covers agent identities only)',
          },
        ]
      : []),
    ...(named ? [{ anyOf: ['GroupMember.ReadWrite.All'], why: 'change the members of our own groups' }] : []),
    ...(named ? [{ anyOf: ['User.ReadBasic.All', 'User.Read.All'], why: 'find users by their names' }] : []),
    ...(groups.reauthenticate !== undefined && config.revokeSessions
      ? [{ anyOf: ['User.RevokeSessions.All'], why: 'revoke the sessions of users' }]
      : []),
    ...(config.confirmCompromised
      ? [
          {
            anyOf: ['IdentityRiskyServicePrincipal.ReadWrite.All'],
            why: 'confirm service principals as compromised, and dismiss it',
          },
        ]
      : []),
    ...(config.narrow
      ? [
          { anyOf: ['DelegatedPermissionGrant.ReadWrite.All'], why: 'narrow delegated permissions' },
          { anyOf: ['AppRoleAssignment.ReadWrite.All'], why: 'withdraw app roles and give them back' },
        ]
      : []),
    ...(config.narrow || byPolicy || config.disableBy === 'account' || config.agentIds === 'app-id'
      ? [
          {
            anyOf: ['Application.Read.All', 'Application.ReadWrite.All'],
            why: 'read service principals and their roles',
          },
        ]
      : []),
  ];
}

/** For whoever runs `stepdown entra bootstrap`, once. */
export const BOOTSTRAP_PERMISSIONS: readonly Permission[] = [
  { anyOf: ['Policy.Read.All'], why: 'see whether our policies are there' },
  { anyOf: ['Policy.ReadWrite.ConditionalAccess'], why: 'create our policies' },
  { anyOf: ['Group.ReadWrite.All'], why: 'create our groups' },
  {
    anyOf: ['Application.ReadWrite.All'],
    why: 'create the placeholder that keeps the policy for agents from being empty',
  },
];
