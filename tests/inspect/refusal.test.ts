import { describe, expect, test } from 'vitest';
import { saysDenied } from '../../services/inspect/refusal.js';

describe('a result that is a refusal', () => {
  test.each([
    'HTTP/1.1 403 Forbidden\n{"error":"insufficient_scope"}',
    'Access denied',
    'Error: permission denied',
    '{"error": "Forbidden"}',
    '{"status": 401, "message": "Unauthorized"}',
    'You do not have permission to open this vault.',
    'The role is not authorized to perform iam:ListUsers',
    'EACCES: permission denied, open "/etc/shadow"',
  ])('%s', (text) => {
    expect(saysDenied({ text })).toBe(true);
  });
  test.each([
    'ok',
    'Room 403, third floor',
    'Pets are not allowed in this hotel.',
    'Error: no such file',
    '404 not found',
    `The access log shows that access was denied ${'x'.repeat(400)}`,
    'Access is granted',
    'You have not read this mail yet',
  ])('not: %s', (text) => {
    expect(saysDenied({ text })).toBe(false);
  });
  test('an error of that kind', () => {
    expect(saysDenied({ errorType: 'PermissionError' })).toBe(true);
    expect(saysDenied({ errorType: 'timeout' })).toBe(false);
  });
});
