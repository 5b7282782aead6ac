import { describe, expect, it } from 'vitest';
import { CONFIG_KEYS, variableName } from '../../../services/runtime/config.js';
import { configurationDocument } from '../../../services/runtime/config/document.js';
import { leaves } from '../../../services/runtime/config/environment.js';
import { parseYaml } from '../../../services/runtime/yaml.js';

describe('docs/configuration.md', () => {
  it('is what the keys say (`npx vitest run tests/runtime/config -u` writes it)', async () => {
    await expect(configurationDocument(CONFIG_KEYS)).toMatchFileSnapshot('../../../docs/configuration.md');
  });

  it('names every key and its variable', () => {
    const text = configurationDocument(CONFIG_KEYS);
    for (const { path } of leaves(CONFIG_KEYS)) {
      expect(text).toContain(`| \`${path.join('.')}\` |`);
      expect(text).toContain(`\`${variableName(path)}\``);
    }
  });

  it('gives no two keys the same variable', () => {
    const names = leaves(CONFIG_KEYS).map(({ path }) => variableName(path));
    expect(new Set(names).size).toBe(names.length);
  });

  it('has an example that can be read', () => {
    const example = /```yaml\n([\s\S]*?)```/.exec(configurationDocument(CONFIG_KEYS))?.[1] ?? '';
    expect(parseYaml(example).ok).toBe(true);
  });
});
