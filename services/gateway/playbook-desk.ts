/** Playbooks as people at a console handle them. What does it stands with response and its files; types only. */
import type { Contraction } from '../../schemas/contraction.js';
import type { Verdict } from '../../schemas/decision.js';
import type { Explanation, PlaybookExplanation } from '../../schemas/explanation.js';
import type { Finding } from '../../schemas/finding.js';
import type { TestStep } from '../../schemas/playbook-test.js';

export interface PlaybookView {
  id: string;
  title: string;
  version: number;
  description: string;
  owner: string | undefined;
  tags: readonly string[];
  falsePositives: readonly string[];
  /** As it runs now. */
  mode: 'observe' | 'enforce' | 'off';
  /** Enforced for these alone; undefined: for all. */
  agents: readonly string[] | undefined;
  /** Who set it so; undefined: it is as it ships. */
  setBy: { owner: string; reason: string; untilMs: number | undefined } | undefined;
  target: string;
  limits: {
    targets: number | undefined;
    fleetPercent: number | undefined;
    contractions: { most: number; perMs: number } | undefined;
    over: 'requireApproval' | 'observe';
  };
  exceptions: readonly { reason: string; untilMs: number | undefined }[];
  /** Names of its tests that can be simulated. */
  scenarios: readonly string[];
}

/** What a playbook contracted, or would have, since a time. */
export interface PlaybookRecord {
  sinceMs: number;
  contractions: number;
  /** Contractions by agent. */
  agents: Record<string, number>;
  /** Different targets, in all and at the same time. */
  targets: number;
  targetsAtOnce: number;
  agentsAtOnce: number;
  /** Most within the time of its limit; undefined: it has none. */
  mostInTime: number | undefined;
  containedMs: number;
  /** What people said of its incidents. */
  verdicts: { true: number; false: number; benign: number };
  /** What speaks against letting it act. */
  objections: readonly string[];
}

export interface ModeChange {
  id: string;
  mode: 'observe' | 'enforce';
  agents?: readonly string[];
  reason: string;
  owner: string;
  expiresAtMs?: number;
}

export interface ExceptionRequest {
  /** Default: the first of the incident's. */
  playbookId?: string;
  incidentId: string;
  /** CEL; default: the type of the incident's first finding, and its agent. */
  when?: string;
  reason: string;
  owner: string;
  expiresAtMs: number;
  /** Nothing is written. */
  dryRun: boolean;
}

export interface ExceptionOutcome {
  playbookId: string;
  when: string;
  expiresAtMs: number;
  written: boolean;
  /** Of the findings that are kept, on which the playbook acted: how many of other incidents, and how many of those it would have left alone. */
  elsewhere: { fired: number; hidden: number };
}

export interface Simulation {
  scenario: string;
  moments: readonly {
    step: TestStep;
    nowMs: number;
    answer: Verdict | undefined;
    contractions: readonly Contraction[];
    explanations: readonly Explanation[];
  }[];
}

/** A playbook's text to begin from; nothing is written. */
export interface Draft {
  id: string;
  text: string;
  /** What the check says of it; no errors. */
  diagnostics: readonly { severity: 'error' | 'warning'; code: string; message: string }[];
  tests: readonly { test: string; passed: boolean }[];
}

/** What a version would have done. */
export interface PlayedVersion extends Omit<PlaybookRecord, 'sinceMs' | 'verdicts'> {
  version: number;
}

/** A playbook as it runs and another version of it, both acting alone, on the findings that are kept. */
export interface VersionDiff {
  sinceMs: number;
  /** How many findings both were given; the oldest are left out where there are more. */
  findings: number;
  before: PlayedVersion;
  after: PlayedVersion;
  /** How many findings they answer otherwise. */
  changed: number;
  /** The newest of those. */
  changes: readonly {
    finding: Pick<Finding, 'id' | 'type' | 'eventId' | 'agentId' | 'sessionId' | 'timeMs' | 'confidence'>;
    before: PlaybookExplanation['outcome'];
    after: PlaybookExplanation['outcome'];
  }[];
}

/** Each throws `not-found` for an id that is none, `input-refused` for what cannot be compiled. */
export interface PlaybookDesk {
  list(): PlaybookView[];
  one(id: string): PlaybookView;
  record(id: string, sinceMs: number): Promise<PlaybookRecord>;
  /** Throws `conflict` where this process is not the only one that reads overrides. */
  setMode(change: ModeChange): PlaybookView;
  /** The same. */
  except(request: ExceptionRequest): Promise<ExceptionOutcome>;
  /** A template, or one that would have met an incident. */
  draft(id: string, incidentId: string | undefined): Promise<Draft>;
  diff(id: string, text: string, sinceMs: number): Promise<VersionDiff>;
  simulate(id: string, test: string | undefined, mode: 'configured' | 'enforce' | 'observe'): Simulation;
}
