/** A playbook as a file, which observes, and overrides that put it in force. */
import { SESSION } from '../rig.js';

export const PLAYBOOK = `apiVersion: stepdown/v1\nkind: Playbook\n${SESSION.replace('mode: enforce\n', '')}`;
export const OVERRIDES = `apiVersion: stepdown/v1
kind: Overrides
playbooks:
  session: { mode: enforce, reason: tested, owner: ann }
`;
