import { describe, expect, it } from 'vitest';
import { toOcsf } from '../../services/forward/ocsf.js';
import { incident } from './incident.js';

const PRODUCT = { version: '0.1.0' };

describe('OCSF Detection Finding', () => {
  it.each([
    ['new', incident('a', 1), { activity_id: 1, type_uid: 200401, status_id: 1, is_alert: true }],
    ['changed', incident('a', 3), { activity_id: 2, type_uid: 200402, status_id: 2, is_alert: true }],
    [
      'closed',
      incident('a', 4, { status: 'closed', verdict: { value: 'false', by: 'ann', reason: 'a test', atMs: 2 } }),
      { activity_id: 3, type_uid: 200403, status_id: 4, is_alert: false, verdict_id: 1, verdict: 'False Positive' },
    ],
  ])('says what became of a %s incident', (_name, given, wanted) => {
    expect(toOcsf(given, PRODUCT)).toMatchObject({ class_uid: 2004, category_uid: 2, ...wanted });
  });

  it('has every attribute that the class requires, with whole milliseconds', () => {
    const record = toOcsf(incident('a', 1, { updatedAtMs: 1_000_000.75 }), PRODUCT);
    for (const name of [
      'activity_id',
      'category_uid',
      'class_uid',
      'finding_info',
      'metadata',
      'severity_id',
      'time',
      'type_uid',
    ])
      expect(record).toHaveProperty(name);
    expect(record).toMatchObject({
      time: 1_000_001,
      severity_id: 4,
      metadata: { uid: 'a:1', version: '1.7.0', product: { vendor_name: 'Stepdown' } },
      finding_info: { uid: 'a', attacks: [{ technique: { uid: 'AML.T0051.001' } }] },
    });
  });

  it('names the AI profile only where a model is known', () => {
    expect(toOcsf(incident('a'), PRODUCT)['ai_model']).toBeUndefined();
    const withModel = toOcsf(
      incident('a', 1, { entities: [{ tenant: 'default', type: 'model', id: 'gpt-x' }] }),
      PRODUCT,
    );
    expect(withModel).toMatchObject({
      ai_model: { name: 'gpt-x' },
      metadata: { profiles: ['incident', 'ai_operation'] },
    });
  });

  it('gives the same bytes for the same version', () => {
    expect(JSON.stringify(toOcsf(incident('a', 2), PRODUCT))).toBe(JSON.stringify(toOcsf(incident('a', 2), PRODUCT)));
  });
});
