/** What the baseline policy's `inventory` says of agents, models, MCP servers, endpoints, and users who ask in series by order. */
import type { BaselinePolicy } from '../../schemas/baseline.js';
import { compileGlob } from '../policy/glob.js';
import type { InventoryKind, Scope } from './types.js';

/** `undefined`: there is no inventory, and nothing is judged by it. */
export function inventoryOf(policy: BaselinePolicy | undefined): NonNullable<Scope['listed']> | undefined {
  const inventory = policy?.inventory;
  if (inventory === undefined) return undefined;
  const patterns: Record<InventoryKind, readonly string[] | undefined> = {
    agent: inventory.agents,
    model: inventory.models,
    server: inventory.servers,
    endpoint: inventory.endpoints,
    evaluator: inventory.evaluators,
  };
  const matchers = Object.fromEntries(
    Object.entries(patterns).map(([kind, globs]) => [kind, globs?.map((pattern) => compileGlob(pattern))]),
  ) as Record<InventoryKind, ((name: string) => boolean)[] | undefined>;
  return (kind, name) => matchers[kind]?.some((matches) => matches(name));
}
