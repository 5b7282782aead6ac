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
      return shape.secret === true ? HIDDEN : shape.secret === 'path' ? originOf(String(value)) : value;
    default:
      return value;
  }
}

/** An address without what may be as good as a password. A path of one slash or, as Redis has it, a number tells nothing. */
function originOf(address: string): string {
  if (!URL.canParse(address)) return HIDDEN;
  const { protocol, host, pathname, search, hash } = new URL(address);
  const tells = !/^\/?\d{0,3}$/.test(pathname) || search !== '' || hash !== '';
  return `${protocol}//${host}${tells ? `/${HIDDEN}` : pathname}`;
}
