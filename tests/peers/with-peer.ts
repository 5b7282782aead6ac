/** Tests that need a real server: skipped with the reason where it cannot run here, failed for the same reason in CI. */
import { describe, expect, it } from 'vitest';

/**
 * @param missing why the server cannot run here; `undefined`: it can
 * @param body the tests that need it
 */
export function describeWithPeer(name: string, missing: string | undefined, body: () => void): void {
  if (missing === undefined) {
    describe(name, body);
    return;
  }
  describe(name, () => {
    if (process.env['CI'] === 'true') {
      it('has the server it needs', () => expect.fail(missing));
      return;
    }
    console.log(`skipped: ${name}: ${missing}`);
    it.skip(`needs a server: ${missing}`, () => undefined);
  });
}
