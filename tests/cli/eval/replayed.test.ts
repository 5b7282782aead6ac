import { describe, expect, it } from 'vitest';
import type { TelemetryEvent } from '../../../schemas/event.js';
import { replayVariant } from '../../../services/cli/eval/replayed.js';
import { variants } from '../../../services/cli/eval/variants.js';
import { createDetectMachine } from '../../../services/detect/machine.js';
import { createInspector, type Inspector } from '../../../services/inspect/inspect-text.js';
import { createRespondMachine } from '../../../services/respond/machine.js';
import { event } from '../../detect/events.js';

/** Reads as phrases do, and notes what it was asked. */
function noting(): { inspector: Inspector; read: string[] } {
  const read: string[] = [];
  const phrases = createInspector();
  return {
    read,
    inspector: {
      model: phrases.model,
      read: (text, role) => {
        read.push(text);
        return phrases.read(text, role);
      },
    },
  };
}

describe('a variant', () => {
  it.each([
    ['recorded', 1, 0],
    ['modelless', 0, 1],
    ['unread', 0, 0],
    ['observed', 1, 0],
  ])('%s reads by the configured inspector %i times and by phrases alone %i times', async (name, models, phrases) => {
    const readers = { configured: noting(), phrases: noting() };
    const events: TelemetryEvent[] = [
      event({ kind: 'tool.result', tool: 'read_page', text: 'Lunch is at noon.' }, 1e12),
    ];
    await replayVariant(
      { name: 'one', events, labels: [], reading: { events: 1 } as never },
      variants(5000).find((variant) => variant.name === name)!,
      {
        detect: createDetectMachine({ clock: 'event' }),
        respond: createRespondMachine({
          playbooks: [],
          riskHalfLifeMs: 1_800_000,
          leaseMs: 60_000,
          incidentsPerPlaybookPerHour: 20,
        }),
        tenant: 'default',
        baseline: undefined,
      },
      { configured: readers.configured.inspector, phrases: readers.phrases.inspector },
    );
    expect([readers.configured.read.length, readers.phrases.read.length]).toEqual([models, phrases]);
  });
});
