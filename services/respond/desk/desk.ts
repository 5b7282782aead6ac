/** Playbooks as people at a console handle them: the set that runs, the ledger it wrote, and the overrides file. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Contraction } from '../../../schemas/contraction.js';
import { keyPart } from '../../../schemas/entity.js';
import type { Explanation } from '../../../schemas/explanation.js';
import type { Finding } from '../../../schemas/finding.js';
import type { Incident } from '../../../schemas/incident.js';
import type { Config } from '../../runtime/config.js';
import { StepdownError } from '../../runtime/errors.js';
import { nearest } from '../../runtime/nearness.js';
import type { Store } from '../../runtime/store/types.js';
import { fleetSize } from '../fleet.js';
import { endedKey, fleetKey, incidentKey, liveKey } from '../keys.js';
import { contextOf } from '../match.js';
import type { CompiledCorrelation } from '../playbook/correlation.js';
import { describeDiagnostic } from '../playbook/diagnostic.js';
import { playbookPaths } from '../playbook/files/configured.js';
import { readOverridesText, replaceOverridesText } from '../playbook/files/overrides.js';
import { readSources } from '../playbook/files/read.js';
import { compilePlaybooks, inMode, type LoadedPlaybooks } from '../playbook/load.js';
import { PlayedPlaybook, type Outcome } from '../playbook/comparison.js';
import { playbookFromIncident, templatePlaybook } from '../playbook/draft.js';
import { addException, promote } from '../playbook/promotion.js';
import { objectionsTo, recordOf } from '../playbook/record.js';
import { simulate, testPlaybook } from '../playbook/rehearsal.js';
import { type CompiledPlaybook, settingAt } from '../playbook/types.js';
import type { FleetState } from '../states.js';

export interface DeskOptions {
  config: Pick<Config, 'respond' | 'tenant'>;
  store: Store;
  now: () => number;
  findingTypes: readonly string[];
  /** What runs. */
  running: () => { playbooks: readonly CompiledPlaybook[]; correlations: readonly CompiledCorrelation[] };
  /** Takes up what was written. */
  reload: () => void;
  /** Whether this process is the only one that reads the overrides file it would write. */
  alone: boolean;
}

/** Findings that an exception is held against, the newest. */
const LOOKED_THROUGH = 20_000;
const PAGE = 1_000;
/** Findings played to two versions at a stretch. */
const SLICE = 100;
/** Findings that are shown of those that two versions answer otherwise. */
const SHOWN = 200;
const NO_SCORES = { entityBefore: 0, entity: 0, session: 0, agent: 0, user: 0, corroboration: 0 };

const untilOf = (expiresAtMs: number) => (Number.isFinite(expiresAtMs) ? expiresAtMs : undefined);

export class Desk {
  readonly #options: DeskOptions;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  list() {
    return this.#options.running().playbooks.map((playbook) => this.#view(playbook));
  }

  one(id: string) {
    return this.#view(this.#find(id));
  }

  async record(id: string, sinceMs: number) {
    const { now } = this.#options;
    const { limits } = settingAt(this.#find(id), now());
    const [contractions, incidents, fleet] = await Promise.all([
      this.#contractionsOf(id, sinceMs),
      this.#incidentsOf(id, sinceMs),
      this.#fleet(),
    ]);
    const record = recordOf(contractions, incidents, limits, now());
    return { sinceMs, ...record, objections: objectionsTo(record, limits, fleet) };
  }

  setMode(change: {
    id: string;
    mode: 'observe' | 'enforce';
    agents?: readonly string[];
    reason: string;
    owner: string;
    expiresAtMs?: number;
  }) {
    const { id, ...rest } = change;
    this.#find(id);
    this.#write((before) => promote(before, { playbookId: id, ...rest }));
    return this.one(id);
  }

  async except(request: {
    playbookId?: string;
    incidentId: string;
    when?: string;
    reason: string;
    owner: string;
    expiresAtMs: number;
    dryRun: boolean;
  }) {
    const { incidentId, reason, owner, expiresAtMs, dryRun } = request;
    const incident = await this.#incident(incidentId);
    const playbookId = request.playbookId ?? incident.exception?.playbookId ?? incident.playbooks[0]?.id;
    if (playbookId === undefined)
      throw new StepdownError('conflict', 'No playbook acted in this incident', { mend: 'name one' });
    this.#find(playbookId);
    const when = request.when ?? incident.exception?.when ?? conditionOf(incident);
    const edit = (before: string) => addException(before, { playbookId, when, reason, owner, expiresAtMs });
    const compiled = this.#compiled(edited(() => edit(this.#before())));
    const exception = compiled.playbooks.find(({ id }) => id === playbookId)?.exceptions.at(-1);
    if (exception === undefined)
      throw new StepdownError('input-refused', `${playbookId} cannot be compiled; see its file`);
    const own = new Set(incident.findings.map(({ id }) => id));
    const elsewhere = { fired: 0, hidden: 0 };
    for (const finding of await this.#firingsOf(playbookId)) {
      if (own.has(finding.id)) continue;
      elsewhere.fired += 1;
      const outcome = exception.condition.evaluate(contextOf(finding, NO_SCORES));
      if ('matched' in outcome && outcome.matched) elsewhere.hidden += 1;
    }
    if (!dryRun) this.#write(edit);
    return { playbookId, when, expiresAtMs, written: !dryRun, elsewhere };
  }

  simulate(id: string, test: string | undefined, mode: 'configured' | 'enforce' | 'observe') {
    const { playbooks, correlations } = this.#options.running();
    const of = this.#find(id);
    const timelines = of.tests.filter(({ timeline }) => timeline !== undefined);
    const found = timelines.find(({ name }) => test === undefined || name.startsWith(test));
    if (found === undefined)
      throw new StepdownError('not-found', `${id} has no such scenario`, {
        mend: timelines.length === 0 ? 'it has none' : `it has: ${timelines.map(({ name }) => name).join('; ')}`,
      });
    const set = mode === 'configured' ? playbooks : playbooks.map((each) => inMode(each, mode));
    return { scenario: found.name, moments: simulate(set, correlations, { test: found, of }) };
  }

  async draft(id: string, incidentId: string | undefined) {
    const text =
      incidentId === undefined ? templatePlaybook(id) : playbookFromIncident(id, await this.#incident(incidentId));
    const made = this.#version(id, text, undefined);
    const diagnostics = made.diagnostics.map(({ severity, code, message }) => ({ severity, code, message }));
    const tests = made.playbook.tests.map((each) => {
      const { test, passed } = testPlaybook(made.playbook, each);
      return { test, passed };
    });
    return { id, text, diagnostics, tests };
  }

  /** Both read the overrides as they are. */
  async diff(id: string, text: string, sinceMs: number) {
    const { config, running } = this.#options;
    const { correlations } = running();
    const now = this.#find(id);
    const { playbook } = this.#version(id, text, this.#before());
    const { riskHalfLifeMs, leaseMs, incidentsPerPlaybookPerHour } = config.respond;
    const options = { riskHalfLifeMs, leaseMs, incidentsPerPlaybookPerHour };
    const [before, after] = [now, playbook].map((each) => new PlayedPlaybook(each, correlations, options)) as [
      PlayedPlaybook,
      PlayedPlaybook,
    ];
    const findings = await this.#findingsSince(sinceMs);
    const changes: { finding: Finding; before: Outcome; after: Outcome }[] = [];
    for (const [at, finding] of findings.entries()) {
      const outcomes = { before: before.take(finding), after: after.take(finding) };
      if (outcomes.before !== outcomes.after) changes.push({ finding, ...outcomes });
      if (at % SLICE === SLICE - 1) await nextTurn();
    }
    const fleet = await this.#fleet();
    const endMs = findings.at(-1)?.timeMs ?? sinceMs;
    return {
      sinceMs,
      findings: findings.length,
      before: before.until(endMs, fleet),
      after: after.until(endMs, fleet),
      changed: changes.length,
      changes: changes
        .slice(-SHOWN)
        .reverse()
        .map(({ finding, ...outcomes }) => {
          const { id: findingId, type, eventId, agentId, sessionId, timeMs, confidence } = finding;
          return { finding: { id: findingId, type, eventId, agentId, sessionId, timeMs, confidence }, ...outcomes };
        }),
    };
  }

  #view(playbook: CompiledPlaybook) {
    const nowMs = this.#options.now();
    const { mode, agents, limits } = settingAt(playbook, nowMs);
    const { id, title, version, description, owner, tags, falsePositives, target, override, exceptions } = playbook;
    const set = override !== undefined && nowMs < override.expiresAtMs ? override : undefined;
    const { targets, fleetPercent, contractions, over } = limits;
    return {
      id,
      title,
      version,
      description,
      owner,
      tags,
      falsePositives,
      mode,
      agents: agents?.names,
      setBy: set && { owner: set.owner, reason: set.reason, untilMs: untilOf(set.expiresAtMs) },
      target,
      limits: { targets, fleetPercent, contractions, over },
      exceptions: exceptions
        .filter(({ expiresAtMs }) => nowMs < expiresAtMs)
        .map(({ reason, expiresAtMs }) => ({ reason, untilMs: untilOf(expiresAtMs) })),
      scenarios: playbook.tests.flatMap(({ name, timeline }) => (timeline === undefined ? [] : [name])),
    };
  }

  #find(id: string): CompiledPlaybook {
    const { playbooks } = this.#options.running();
    const found = playbooks.find((each) => each.id === id);
    if (found !== undefined) return found;
    const meant = nearest(
      id,
      playbooks.map((each) => each.id),
    );
    throw new StepdownError('not-found', `There is no playbook ${JSON.stringify(id)}`, {
      ...(meant === undefined ? {} : { mend: `did you mean ${meant}?` }),
    });
  }

  async #incident(id: string): Promise<Incident> {
    const key = incidentKey(this.#options.config.tenant, id);
    const incident = (await this.#options.store.get<Incident>([key]))[0]?.value;
    if (incident === undefined) throw new StepdownError('not-found', `There is no incident ${id}`);
    return incident;
  }

  /** A text compiled as a version of a playbook. Throws `input-refused` where it has errors or is of another id. */
  #version(id: string, text: string, overrides: string | undefined) {
    const { config, findingTypes, now } = this.#options;
    const file = `${id}.yaml`;
    const { playbooks, diagnostics } = compilePlaybooks(
      [{ file, text }],
      overrides === undefined ? undefined : { file: config.respond.overrides, text: overrides },
      { findingTypes, nowMs: now() },
    );
    // What overrides say of others is no fault of this text.
    const own = diagnostics.filter(({ place }) => place.file === file);
    const errors = own.filter(({ severity }) => severity === 'error');
    if (errors.length > 0) throw new StepdownError('input-refused', errors.map(describeDiagnostic).join('; '));
    const playbook = playbooks.find((each) => each.id === id);
    if (playbook === undefined)
      throw new StepdownError('input-refused', `The text is no version of ${id}`, {
        mend: playbooks.length === 0 ? 'give one playbook' : `its id is ${playbooks.map((each) => each.id).join(', ')}`,
      });
    return { playbook, diagnostics: own };
  }

  #before(): string {
    return readOverridesText(this.#options.config.respond.overrides);
  }

  /** Read, changed, proved and replaced in one turn: two people's changes do not lose each other. */
  #write(edit: (before: string) => string): void {
    const { alone, config, reload } = this.#options;
    if (!alone)
      throw new StepdownError('conflict', 'Other processes read an overrides file of their own', {
        mend: `change the file that is deployed to all of them; here it is ${config.respond.overrides}`,
      });
    const text = edited(() => edit(this.#before()));
    this.#compiled(text);
    replaceOverridesText(config.respond.overrides, text);
    reload();
  }

  /** Throws `input-refused` where these overrides would be refused. */
  #compiled(overrides: string): LoadedPlaybooks {
    const { config, findingTypes, now } = this.#options;
    const file = config.respond.overrides;
    const { sources } = readSources(playbookPaths(config));
    const loaded = compilePlaybooks(sources, { file, text: overrides }, { findingTypes, nowMs: now() });
    const faults = loaded.diagnostics.filter(({ severity, place }) => severity === 'error' && place.file === file);
    if (faults.length > 0) throw new StepdownError('input-refused', faults.map(describeDiagnostic).join('; '));
    return loaded;
  }

  async #contractionsOf(id: string, sinceMs: number): Promise<Contraction[]> {
    const { tenant } = this.#options.config;
    const found: Contraction[] = [];
    for (const prefix of [liveKey(tenant, ''), endedKey(tenant, '')])
      for await (const contraction of this.#under<Contraction>(prefix))
        if (contraction.playbook?.id === id && (contraction.endedAtMs ?? Infinity) >= sinceMs) found.push(contraction);
    return found;
  }

  async #incidentsOf(id: string, sinceMs: number): Promise<Incident[]> {
    const found: Incident[] = [];
    for await (const incident of this.#under<Incident>(incidentKey(this.#options.config.tenant, '')))
      if (
        incident.mergedInto === undefined &&
        incident.digestOf === undefined &&
        incident.updatedAtMs >= sinceMs &&
        incident.playbooks.some((each) => each.id === id)
      )
        found.push(incident);
    return found;
  }

  async #fleet(): Promise<number> {
    const [document] = await this.#options.store.get<FleetState>([fleetKey(this.#options.config.tenant)]);
    return fleetSize(document?.value);
  }

  /** The newest that are kept, in the order of their time. */
  async #findingsSince(sinceMs: number): Promise<Finding[]> {
    const found: Finding[] = [];
    for await (const finding of this.#under<Finding>(`finding/${keyPart(this.#options.config.tenant)}/`, true)) {
      if (finding.timeMs < sinceMs || found.length >= LOOKED_THROUGH) break;
      found.push(finding);
    }
    return found.reverse();
  }

  /** Findings on which it acted, of those that are kept, the newest first. */
  async #firingsOf(id: string): Promise<Finding[]> {
    const tenant = keyPart(this.#options.config.tenant);
    const fired = new Set<string>();
    for await (const explanation of this.#under<Explanation>(`explanation/${tenant}/`))
      if (explanation.playbooks.some((each) => each.id === id && each.outcome !== 'nothing')) fired.add(explanation.id);
    const found: Finding[] = [];
    let looked = 0;
    for await (const finding of this.#under<Finding>(`finding/${tenant}/`, true)) {
      if (fired.has(finding.id)) found.push(finding);
      if (++looked >= LOOKED_THROUGH || found.length === fired.size) break;
    }
    return found;
  }

  /** Page by page, so that a long list holds up no decision. */
  async *#under<T>(prefix: string, reverse = false): AsyncGenerator<T> {
    for (let after: string | undefined; ;) {
      const page = await this.#options.store.scan<T>(prefix, {
        limit: PAGE,
        reverse,
        ...(after === undefined ? {} : { after }),
      });
      for (const { value } of page) yield value;
      after = page.at(-1)?.key;
      if (page.length < PAGE) return;
      await nextTurn();
    }
  }
}

/** Scoped to what made the incident: the finding's type and the agent. */
export function conditionOf({ findings }: Pick<Incident, 'findings'>): string {
  const [finding] = findings;
  if (finding === undefined)
    throw new StepdownError('conflict', 'The incident has no finding to except', { mend: 'say when' });
  return `finding.type == ${JSON.stringify(finding.type)} && agent.id == ${JSON.stringify(finding.agentId)}`;
}

/** A file that cannot be read is refused as a request's fault is, not as ours. */
function edited(edit: () => string): string {
  try {
    return edit();
  } catch (error) {
    if (error instanceof StepdownError && error.code === 'playbook-invalid')
      throw new StepdownError('input-refused', error.message, { cause: error });
    throw error;
  }
}
