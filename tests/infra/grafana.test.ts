/** The dashboard and the alert rules speak of metrics that exist, with labels that they have. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { METRICS } from '../../services/runtime/metrics.js';
import type { Definition } from '../../services/runtime/metrics/definitions.js';
import { Metrics } from '../../services/runtime/metrics/metrics.js';

interface Target {
  expr: string;
  legendFormat?: string;
}
interface Panel {
  id: number;
  type: string;
  title: string;
  description?: string;
  targets?: Target[];
  gridPos: { x: number; y: number; w: number; h: number };
}
interface Rule {
  alert: string;
  expr: string;
  for?: string;
  labels: { severity: string };
  annotations: { summary: string; description: string };
}

const dashboard = JSON.parse(readFileSync('infra/grafana/dashboard.json', 'utf8')) as { panels: Panel[]; uid: string };
const rules = (
  parse(readFileSync('infra/grafana/alerts.yaml', 'utf8')) as { groups: { rules: Rule[] }[] }
).groups.flatMap((group) => group.rules);

/** What Prometheus adds to every series. */
const OF_THE_SCRAPE = ['job', 'instance'];
const WORDS = new Set(
  'sum min max by rate increase histogram_quantile le without on bool and or unless avg count up'.split(' '),
);

const known = await everyMetric();

async function everyMetric(): Promise<Map<string, readonly string[]>> {
  const names = new Map<string, readonly string[]>([['up', []]]);
  for (const { name, type, labels } of Object.values<Definition>(METRICS)) {
    if (type === 'histogram')
      for (const part of ['_bucket', '_count', '_sum']) names.set(`${name}${part}`, [...labels, 'le']);
    else names.set(name, labels);
  }
  for (const [, name] of (await new Metrics().text()).matchAll(/^# TYPE ((?:process|nodejs)_\S+) /gm))
    names.set(name ?? '', []);
  return names;
}

/** Names of metrics in an expression, and names of labels beside them. */
function namesIn(expr: string): { metrics: string[]; labels: string[] } {
  const labels: string[] = [];
  const bare = expr
    .replace(/\bby \(([^)]*)\)/g, (_, list: string) => {
      labels.push(...list.split(',').map((label) => label.trim()));
      return ' ';
    })
    .replace(/\{([^}]*)\}/g, (_, selectors: string) => {
      labels.push(...selectors.split(',').map((each) => /^\s*(\w+)/.exec(each)?.[1] ?? ''));
      return ' ';
    })
    .replace(/\[[^\]]*\]|\boffset \d+[smhd]/g, ' ');
  const metrics = [...bare.matchAll(/[a-zA-Z_]\w*/g)]
    .map(([word]) => word)
    .filter((word) => !WORDS.has(word) || word === 'up');
  return { metrics, labels };
}

function expectSound(expr: string, legend = ''): void {
  const { metrics, labels } = namesIn(expr);
  expect(metrics.length, expr).toBeGreaterThan(0);
  for (const metric of metrics) expect([...known.keys()], expr).toContain(metric);
  const there = new Set([...metrics.flatMap((metric) => known.get(metric) ?? []), ...OF_THE_SCRAPE]);
  const shown = [...legend.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, label]) => label ?? '');
  for (const label of [...labels, ...shown]) expect([...there], `${expr} ${legend}`).toContain(label);
  expect(expr.split('(').length, expr).toBe(expr.split(')').length);
}

describe('the dashboard', () => {
  it('shows only what there is', () => {
    const targets = dashboard.panels.flatMap(({ targets: all = [] }) => all);
    expect(targets.length).toBeGreaterThan(20);
    for (const { expr, legendFormat } of targets) expectSound(expr, legendFormat);
  });

  it('shows everything that is counted', () => {
    const text = JSON.stringify(dashboard);
    for (const { name } of Object.values(METRICS)) expect(text.includes(name) ? '' : name).toBe('');
  });

  it('has panels that do not overlap, each with a title and what it means', () => {
    const taken = new Set<string>();
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    for (const { type, title, description, gridPos } of dashboard.panels) {
      expect(title).not.toBe('');
      if (type !== 'row') expect(description ?? '', title).toMatch(/\.$/);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x}/${y}`), title).toBe(false);
          taken.add(`${x}/${y}`);
        }
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    }
  });
});

describe('the alert rules', () => {
  it('ask only for what there is', () => {
    for (const { expr, annotations } of rules) {
      expectSound(expr);
      const asked = namesIn(expr).labels;
      for (const [, label] of `${annotations.summary} ${annotations.description}`.matchAll(/\$labels\.(\w+)/g))
        // A label that is aggregated away would be shown empty.
        expect(expr.includes(' by (') ? asked : [...asked, ...OF_THE_SCRAPE], expr).toContain(label);
    }
  });

  it('have a name of their own, a severity, and say what to do', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { alert, labels, annotations } of rules) {
      expect(alert).toMatch(/^Stepdown[A-Z]\w+$/);
      expect(['page', 'ticket']).toContain(labels.severity);
      expect(annotations.summary).not.toBe('');
      expect(annotations.description).toMatch(/\.$/);
    }
  });
});
