/** The configuration without its secrets. */
import { type Keys, resolvedName, type Shape } from '../runtime/config/shape.js';

const HIDDEN = '[hidden]';

export function shownConfig(values: object, keys: Keys): Record<string, unknown> {
  const given = values as Record<string, unknown>;
  const shown: Record<string, unknown> = {};
  for (const [name, shape] of Object.entries(keys)) {
    const at = resolvedName(name, shape);
    if (given[at] !== undefined) shown[at] = shownValue(given[at], shape);
  }
  return shown;
}

function shownValue(value: unknown, shape: Shape): unknown {
  switch (shape.kind) {
    case 'section':
      return shownConfig(value as object, shape.keys);
    case 'list':
      return (value as unknown[]).map((item) => shownValue(item, shape.item));
    case 'variant': {
      const type = (value as { type: string }).type;
      const section = shape.variants[type];
      return section === undefined ? HIDDEN : { type, ...shownConfig(value as object, section.keys) };
    }
    case 'text':
      return shape.secret ? HIDDEN : value;
    default:
      return value;
  }
}
