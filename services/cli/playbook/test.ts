/** `stepdown playbook test`: the tests that stand in playbooks, played; as text, JSON, or JUnit for a build server. */
import { writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Contraction } from '../../../schemas/contraction.js';
import type { Verdict } from '../../../schemas/decision.js';
import type { Incident } from '../../../schemas/incident.js';
import type { PlaybookTest } from '../../../schemas/playbook-test.js';
import { FINDING_TYPES } from '../../detect/detectors/table.js';
import { type Diagnostic, describeDiagnostic, hasErrors } from '../../respond/playbook/diagnostic.js';
import { expectationFaults } from '../../respond/playbook/expectation.js';
import { withCorrelations } from '../../respond/playbook/files/beside.js';
import { playbookPaths } from '../../respond/playbook/files/configured.js';
import { loadPlaybooks } from '../../respond/playbook/load.js';
import { type RehearsalResult, testPlaybook } from '../../respond/playbook/rehearsal.js';
import type { CompiledPlaybook } from '../../respond/playbook/types.js';
import { printable } from '../../runtime/printable.js';
import { configuredEngine, configuredInspector } from '../backtest/configured.js';
import { backtest } from '../backtest/run.js';
import type { CommandLine, Runner } from '../command-line.js';
import { EXIT } from '../exit.js';

export interface TestRun extends RehearsalResult {
  playbook: string;
  file: string;
  seconds: number;
}

export function addPlaybookTest(playbook: Command, run: Runner): void {
  playbook
    .command('test')
    .description('run the tests that stand in playbooks')
    .argument('[path...]', 'files or folders; default: the configured ones')
    .option('--junit <file>', 'also write the outcome as JUnit XML')
    .addHelpText(
      'after',
      '\nExample:\n  stepdown playbook test playbooks/indirect-injection.yaml\n  stepdown playbook test playbooks/ --junit report.xml',
    )
    .action(
      run(async (cli, given: string[], options: { junit?: string }) => {
        const paths = given.length === 0 ? [...playbookPaths(cli.config)] : withCorrelations(given);
        const { playbooks, correlations, diagnostics } = loadPlaybooks(paths, {
          findingTypes: FINDING_TYPES,
          overrides: cli.config.respond.overrides,
          listsOnly: true,
        });
        const results: TestRun[] = [];
        for (const each of playbooks)
          for (const test of each.tests) {
            const begunAt = performance.now();
            const result =
              test.events === undefined
                ? testPlaybook(each, test, correlations)
                : await testRecording(cli, paths, each, test);
            results.push({
              playbook: each.id,
              file: each.file,
              ...result,
              seconds: (performance.now() - begunAt) / 1000,
            });
          }
        const untested = playbooks.filter(({ tests }) => tests.length === 0).map(({ id }) => id);
        if (options.junit !== undefined) writeFileSync(options.junit, junit(results, diagnostics));
        const failed = results.filter(({ passed }) => !passed);
        cli.show({ results, untested, diagnostics }, () => text(results, untested, diagnostics));
        return failed.length > 0 || hasErrors(diagnostics) ? EXIT.problems : EXIT.ok;
      }),
    );
}

/** Recorded telemetry read by the real detectors, the playbook enforced beside the others; what only it made counts. */
async function testRecording(
  cli: CommandLine,
  paths: string[],
  playbook: CompiledPlaybook,
  test: PlaybookTest,
): Promise<RehearsalResult> {
  const contractions = new Map<string, Contraction>();
  const incidents = new Map<string, Incident>();
  const verdicts = new Map<string, Verdict[]>();
  const file = resolve(dirname(playbook.file), test.events ?? '');
  const reading = await backtest({
    ...configuredEngine(cli, { playbooks: paths, mode: 'enforce' })(),
    file,
    inspector: await configuredInspector(cli),
    lagMs: 0,
    quietMs: test.advance === undefined ? 0 : cli.length(test.advance, 'advance'),
    onLine: ({ tool, decision, playbooks }) => {
      const own = decision === 'allow' || playbooks.includes(playbook.id) ? decision : 'allow';
      verdicts.set(tool, [...(verdicts.get(tool) ?? []), own]);
    },
    onContraction: (contraction) => {
      if (contraction.playbook?.id === playbook.id) contractions.set(contraction.id, contraction);
    },
    onIncident: (incident) => incidents.set(incident.id, incident),
  });
  if (reading.events === 0 || reading.refused.count > 0) {
    const why = reading.refused.first[0] ?? 'it holds no event that is read';
    return { test: test.name, passed: false, faults: [{ step: 0, expected: `${file} to be read`, got: why }] };
  }
  const own = [...incidents.values()].filter(({ playbooks }) => playbooks.some(({ id }) => id === playbook.id));
  const faults = expectationFaults(test.expect ?? {}, {
    answer: undefined,
    contractions: [...contractions.values()],
    incidents: own,
    reasons: () => [...incidents.values()].flatMap(({ timeline }) => timeline.map((entry) => entry.text)),
    whyIdle: () => (contractions.size > 0 ? undefined : `findings that came: ${cameText(reading.findings)}`),
    // Of several calls of a tool the strictest answer counts, so `allowed` is said of all of them.
    verdictOf: (tool) =>
      (['block', 'needs_approval', 'allow'] as const).find((verdict) => verdicts.get(tool)?.includes(verdict)),
  });
  return { test: test.name, passed: faults.length === 0, faults: faults.map((fault) => ({ step: 0, ...fault })) };
}

const cameText = (findings: Readonly<Record<string, number>>): string =>
  Object.entries(findings)
    .map(([type, count]) => `${type} ${count}`)
    .join(', ') || 'none';

function text(results: readonly TestRun[], untested: readonly string[], diagnostics: readonly Diagnostic[]): string {
  const failed = results.filter(({ passed }) => !passed).length;
  return [
    ...diagnostics.map((each) => printable(describeDiagnostic(each))),
    ...results.flatMap(({ playbook, test, passed, faults, skipped }) => [
      printable(`${passed ? 'ok  ' : 'FAIL'} ${playbook}: ${test}${skipped === undefined ? '' : ` (${skipped})`}`),
      ...faults.map(({ step, expected, got }) =>
        printable(`       step ${step + 1}: expected ${expected}, got ${got}`),
      ),
    ]),
    ...untested.map((id) => `none ${id} has no tests`),
    `${results.length - failed} passed, ${failed} failed.`,
  ].join('\n');
}

const ESCAPED: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};
/** Control characters have no place in XML 1.0, not even escaped. */
const xml = (value: string): string => printable(value).replace(/[&<>"']/g, (character) => ESCAPED[character] ?? '');

/** One suite a playbook, as build servers read it; what the check says is a suite of its own. */
export function junit(results: readonly TestRun[], diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').map(describeDiagnostic);
  const suites = [...new Set(results.map(({ playbook }) => playbook))].map((id) => {
    const own = results.filter(({ playbook }) => playbook === id);
    const cases = own.map(({ test, passed, faults, skipped, seconds }) => {
      const words = [
        ...(skipped === undefined ? [] : [skipped]),
        ...faults.map(({ step, expected, got }) => `step ${step + 1}: expected ${expected}, got ${got}`),
      ].join('\n');
      const inner = passed ? '' : `<failure message="${xml(words.split('\n')[0] ?? '')}">${xml(words)}</failure>`;
      return `    <testcase classname="${xml(id)}" name="${xml(test)}" time="${seconds.toFixed(3)}">${inner}</testcase>`;
    });
    const failures = own.filter(({ passed }) => !passed).length;
    return `  <testsuite name="${xml(id)}" tests="${own.length}" failures="${failures}" file="${xml(own[0]?.file ?? '')}">\n${cases.join('\n')}\n  </testsuite>`;
  });
  if (errors.length > 0)
    suites.push(
      `  <testsuite name="check" tests="${errors.length}" failures="${errors.length}">\n${errors.map((error) => `    <testcase classname="check" name="${xml(error)}"><failure message="${xml(error)}"/></testcase>`).join('\n')}\n  </testsuite>`,
    );
  const total = results.length + errors.length;
  const failures = results.filter(({ passed }) => !passed).length + errors.length;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="stepdown playbook test" tests="${total}" failures="${failures}">\n${suites.join('\n')}\n</testsuites>\n`;
}
