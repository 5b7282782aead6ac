/** `stepdown agents`: who is watched, how well, and what we are blind to. */
import type { Command } from 'commander';
import type { AgentDocument } from '../../detect/agent-document.js';
import type { Runner } from '../command-line.js';
import { limitOption } from '../options.js';
import { facts } from '../table.js';
import { length } from '../time.js';

export function addAgents(program: Command, run: Runner): void {
  const agents = program.command('agents').description('the agents that are watched');

  agents
    .command('list', { isDefault: true })
    .description('agents, last seen first')
    .addOption(limitOption(100))
    .addHelpText('after', '\nExample:\n  stepdown agents list')
    .action(
      run(async (cli, options: { limit: number }) => {
        const engine = await cli.engine();
        const found = await engine.list<AgentDocument>('/v1/agents', {}, options.limit);
        cli.rows(
          [
            { title: 'AGENT', value: ({ id }) => id, min: 14 },
            {
              title: 'MODE',
              value: ({ mode }) => mode,
              whole: true,
              paint: (text, { mode }, paint) => paint(mode === 'learning' ? 'yellow' : 'green', text),
            },
            { title: 'LAST SEEN', value: ({ lastSeenMs }) => cli.time(lastSeenMs), whole: true },
            { title: 'BASELINE', value: (agent) => length(agent.baselineAgeMs), align: 'right' },
            { title: 'EVENTS', value: ({ events }) => String(events), align: 'right' },
            { title: 'DOES NOT SEND', value: ({ missing }) => missing.join(', ') || '–', min: 13 },
            { title: 'BLIND', value: ({ blind }) => blind.map(({ detector }) => detector).join(', ') || '–' },
          ],
          found.sort((a, b) => b.lastSeenMs - a.lastSeenMs),
          'No agent was seen yet.',
        );
      }),
    );

  agents
    .command('show')
    .description('one agent: what it sends, what it does not, and which detectors are therefore blind')
    .argument('<id>')
    .addHelpText('after', '\nExample:\n  stepdown agents show billing')
    .action(
      run(async (cli, id: string) => {
        const engine = await cli.engine();
        const agent = await engine.one<AgentDocument>('/v1/agents', id);
        cli.show(agent, () =>
          facts(
            [
              ['agent', agent.id],
              ['name', agent.name],
              ['blueprint', agent.blueprint],
              ['mode', agent.mode],
              ['identity', agent.trust],
              ['first seen', cli.time(agent.firstSeenMs)],
              ['last seen', cli.time(agent.lastSeenMs)],
              ['baseline age', length(agent.baselineAgeMs)],
              ['events', String(agent.events)],
              ['sessions', String(agent.sessions)],
              ['sends', agent.kinds.join(', ')],
              ['does not send', agent.missing.join(', ') || 'nothing is missing'],
              [
                'blind detectors',
                agent.blind.map(({ detector, missing }) => `${detector} (needs ${missing.join(', ')})`).join('; ') ||
                  'none',
              ],
              ['dialects', agent.dialects.join(', ')],
            ],
            cli.terminal.paint,
          ),
        );
      }),
    );
}
