/** Drafts of playbooks: an empty one with everything in its place, and one that would have met an incident. Pure. */
import type { Incident } from '../../../schemas/incident.js';

const headOf = (id: string, title: string, schema?: string): string => `${
  schema === undefined ? '' : `# yaml-language-server: $schema=${schema}\n`
}apiVersion: stepdown/v1
kind: Playbook
id: ${id}
title: ${JSON.stringify(title)}`;

/** @param schema where the JSON Schema lies, for editors */
export function templatePlaybook(id: string, schema?: string): string {
  return `${headOf(id, 'Say in one line what happens', schema)}
description: >
  What the adversary does, what is contracted, until when.
  To tune: what to change where it is wrong.
version: 1
owner: you@contoso.example
tags: [atlas.AML.T0051.001, owasp.ASI01, pillar.applications]
falsePositives: [What looks like it and is not]
params: { minConfidence: 0.8 }
# docs/findings.md lists the findings; or {risk: {entity: session, above: 80}}, or {alert: {title: 'Suspicious*'}}.
trigger: { finding: injection.indirect, by: session }
when: finding.confidence >= params.minConfidence && !finding.learning
target: session
contract:
  - tool.requireApproval: { tools: predicted, orElse: { effects: [send, pay, share, delete] }, timeout: 10m }
revert: { until: sessionEnd, max: 24h, atMax: { active: page } }
limits: { targets: 50, fleetPercent: 20, over: requireApproval }
incident: { severity: medium }
tests:
  - name: what it does
    timeline:
      - finding: { type: injection.indirect }
        expect: { contractions: 1, incidents: 1 }
      - call: { tool: send_mail, effects: [send] }
        expect: { answer: needs_approval }
      - call: { tool: read_inbox, effects: [read] }
        expect: { answer: allow }
      - at: 1h
        session: ended
        expect: { active: 0 }
  - name: what it leaves alone
    timeline:
      - finding: { type: injection.indirect, confidence: 0.79 }
        expect: { contractions: 0, incidents: 0 }
`;
}

const SIDE_EFFECTS = '[send, pay, share, delete, execute, authenticate]';
/** Findings that a test repeats; an incident may have hundreds. */
const REPEATED = 10;

/**
 * A playbook that would have met the incident: on the types of its findings, from a little below the confidence of the
 * surest on, and with the incident as its first test.
 */
export function playbookFromIncident(id: string, incident: Incident, schema?: string): string {
  const findings = [...incident.findings].sort((a, b) => a.timeMs - b.timeMs);
  const surest = Math.max(...findings.map(({ confidence }) => confidence));
  const telling = findings.filter(({ confidence }) => confidence >= Math.min(surest, 0.5));
  const types = [...new Set(telling.map(({ type }) => type))];
  // Not as sure as this one was: the next of its kind may be less plain.
  const least = Math.min(0.8, Math.floor(surest * 100) / 100);
  const [first] = findings;
  const sessions = [...new Set(findings.map(({ sessionId }) => sessionId))];
  const agents = [...new Set(findings.map(({ agentId }) => agentId))];
  const steps = findings.slice(0, REPEATED).map(({ type, confidence, severity, timeMs, sessionId, agentId }, at) => {
    const seconds = Math.round((timeMs - (first?.timeMs ?? timeMs)) / 1000);
    return `      - ${at === 0 || seconds === 0 ? '' : `at: ${seconds}s\n        `}finding: { type: ${type}, confidence: ${confidence}, severity: ${severity}, session: session-${sessions.indexOf(sessionId) + 1}, agent: agent-${agents.indexOf(agentId) + 1} }`;
  });
  const tags = [
    ...incident.atlas.map((each) => `atlas.${each}`),
    ...incident.owasp.map((each) => `owasp.${each}`),
    ...incident.pillars.map((each) => `pillar.${each}`),
  ];
  return `${headOf(id, `Like incident ${incident.id.slice(0, 12)}: ${incident.title}`, schema)}
description: >
  Proposed from incident ${incident.id}. Read it, narrow it, and play it to your history before you promote it.
  To tune: raise minConfidence where it fires on ordinary work.
version: 1
tags: [${tags.join(', ')}]
params: { minConfidence: ${least} }
trigger: { finding: [${types.join(', ')}], by: session }
when: finding.confidence >= params.minConfidence
target: session
contract:
  - tool.requireApproval: { tools: predicted, orElse: { effects: ${SIDE_EFFECTS} }, timeout: 10m }
revert: { until: sessionEnd, max: 24h, atMax: { active: page } }
limits: { targets: 50, fleetPercent: 20, over: requireApproval }
incident: { severity: ${incident.severity} }
tests:
  - name: incident ${incident.id.slice(0, 12)}
    timeline:
${steps.join('\n')}
      - expect: { incidents: 1 }
  - name: not sure enough
    timeline:
      - finding: { type: ${types[0] ?? 'injection.indirect'}, confidence: ${Math.max(0, least - 0.01).toFixed(2)} }
        expect: { contractions: 0, incidents: 0 }
`;
}
