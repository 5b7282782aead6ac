/** A control in a few words, as it is written on the command line. */
import type { Control } from '../../schemas/control.js';
import { length } from './time.js';

export function controlText(control: Control): string {
  switch (control.control) {
    case 'tool.block':
    case 'tool.requireApproval':
      return withParts(control.control, selected(control));
    case 'scope.narrow':
      return withParts(control.control, control.scopes);
    case 'auth.strength':
    case 'sandbox.require':
      return withParts(control.control, [control.level]);
    case 'auth.reauthenticate':
      return withParts(control.control, [length(control.withinMs)]);
    case 'egress.allow':
      return withParts(control.control, control.domains);
    case 'model.deny':
      return withParts(control.control, control.models);
    case 'data.mask':
      return withParts(control.control, control.what);
    case 'generation.guard':
      return withParts(control.control, [
        ...(control.denyToolUse ? ['no-tools'] : []),
        ...(control.maxOutputTokens === undefined ? [] : [String(control.maxOutputTokens)]),
      ]);
    case 'rate.limit':
      return withParts(control.control, [`${control.calls}/${length(control.perMs)}`, ...selected(control)]);
    case 'session.suspend':
    case 'agent.disable':
      return control.control;
  }
}

function selected({
  tools = [],
  effects = [],
  destinations = [],
}: {
  tools?: string[];
  effects?: string[];
  destinations?: string[];
}): string[] {
  return [...tools, ...effects.map((effect) => `effect:${effect}`), ...destinations.map((to) => `to:${to}`)];
}

function withParts(name: string, parts: readonly string[]): string {
  return parts.length === 0 ? name : `${name}=${parts.join(',')}`;
}
