/** A playbook whose contractions are over after a few seconds. */
export const LASTS_S = 6;
export const SHORT_PLAYBOOK = `apiVersion: stepdown/v1
kind: Playbook
id: short
title: Ends soon
version: 1
mode: enforce
trigger: {finding: injection.indirect}
target: session
contract: [{tool.block: {tools: [send_*]}}]
revert: {until: sessionEnd, max: ${LASTS_S}s}
incident: {severity: high}
`;
