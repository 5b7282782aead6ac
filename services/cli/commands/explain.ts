/** `stepdown explain`: why something was done about an event, an incident or a contraction, and why something was not. */
import type { Command } from 'commander';
import type { Contraction } from '../../../schemas/contraction.js';
import type { Decision } from '../../../schemas/decision.js';
import type { Explanation } from '../../../schemas/explanation.js';
import type { Finding } from '../../../schemas/finding.js';
import type { Incident } from '../../../schemas/incident.js';
import { FINDING_TYPES } from '../../detect/detectors/table.js';
import { configuredPlaybooks } from '../../respond/playbook/files/configured.js';
import { StepdownError } from '../../runtime/errors.js';
import type { CommandLine, Runner } from '../command-line.js';
import type { EngineClient } from '../engine-client.js';
import { EXIT } from '../exit.js';
import { explanationText, quietText, type Subject } from '../explanation-text.js';

/** Explanations one answer shows. */
const SHOWN = 50;

export function addExplain(program: Command, run: Runner): void {
  program
    .command('explain')
    .description('why something was done about an event, finding, incident or contraction, and why something was not')
    .argument('<id>', 'of an event, a finding, an incident or a contraction')
    .addHelpText(
      'after',
      `
Each playbook that listens is shown with what it asked and what it saw: its trigger, mode, hours, condition part by
part, exceptions, allowlist, cooldown, caps. What passed is marked PASS, what held it back FAIL. They are the values of
that moment, kept with the finding, whatever the playbooks say now.

Example:
  stepdown explain 5f2c`,
    )
    .action(
      run(async (cli, id: string) => {
        const engine = await cli.engine();
        const subject = await subjectOf(engine, id);
        cli.show(subject, () =>
          subject.explanations.length === 0 && subject.findings.length === 0
            ? quietText(subject, listeners(cli), cli)
            : explanationText(subject, listeners(cli), cli),
        );
        return subject.kind === 'nothing' ? EXIT.notFound : EXIT.ok;
      }),
    );
}

async function orNothing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof StepdownError && error.code === 'not-found') return undefined;
    throw error;
  }
}

async function explanationsOf(engine: EngineClient, findingIds: readonly string[]): Promise<Explanation[]> {
  const found = await Promise.all(
    findingIds
      .slice(-SHOWN)
      .map((id) => orNothing(engine.get<Explanation>(`/v1/explanations/${encodeURIComponent(id)}`))),
  );
  return found.filter((each) => each !== undefined);
}

/** Tried in turn: what an id is of is not said by the id. */
async function subjectOf(engine: EngineClient, id: string): Promise<Subject> {
  const contraction = await orNothing(engine.one<Contraction>('/v1/contractions', id, { state: 'all' }));
  if (contraction)
    return {
      kind: 'contraction',
      id: contraction.id,
      contraction,
      findings: [],
      explanations: await explanationsOf(engine, contraction.findingIds),
    };
  const incident = await orNothing(engine.one<Incident>('/v1/incidents', id));
  if (incident) {
    // The primary copy fires most playbooks; copies on other entities, those on a risk.
    const own = await explanationsOf(
      engine,
      incident.findings.map((each) => each.id),
    );
    return { kind: 'incident', id: incident.id, incident, findings: [], explanations: own };
  }
  const finding = await orNothing(engine.one<Finding>('/v1/findings', id));
  if (finding)
    return {
      kind: 'finding',
      id: finding.id,
      findings: [finding],
      explanations: await engine.list<Explanation>('/v1/explanations', { event: finding.eventId }, SHOWN),
    };
  const explanations = await engine.list<Explanation>('/v1/explanations', { event: id }, SHOWN);
  const findings = (await engine.list<Finding>('/v1/findings', {}, 1_000)).filter(({ eventId }) => eventId === id);
  const decision = await orNothing(engine.get<Decision>(`/v1/decisions/${encodeURIComponent(id)}`));
  const known = explanations.length > 0 || findings.length > 0 || decision !== undefined;
  return { kind: known ? 'event' : 'nothing', id, findings, explanations, ...(decision ? { decision } : {}) };
}

/** Playbooks as they are now, for saying that none listens. */
function listeners(cli: CommandLine): (type: string) => string[] {
  const { playbooks } = configuredPlaybooks(cli.config, { nowMs: cli.nowMs(), findingTypes: FINDING_TYPES });
  return (type) =>
    playbooks
      .filter(({ shipped: { trigger } }) => trigger.kind === 'finding' && trigger.matches(type))
      .map(({ id }) => id);
}
