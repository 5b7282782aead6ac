/**
 * A note as Microsoft Teams takes it: a message with one Adaptive Card 1.4, as a webhook of a channel or a workflow is sent.
 * Texts stand in text runs, which know no Markdown, so that none of them can hide a link. A webhook's card cannot send
 * anything back; it says what to answer to the outgoing webhook (services/gateway/answers/teams.ts). Pure.
 */
import type { Note } from './note.js';

const run = (text: string, more: Record<string, unknown> = {}) => ({ type: 'TextRun', text, ...more });
const line = (...inlines: Record<string, unknown>[]) => ({ type: 'RichTextBlock', inlines });

export function teamsMessage(note: Note): Record<string, unknown> {
  const body = [
    line(run(note.headline, { weight: 'bolder', size: 'large' })),
    line(run(note.text)),
    ...note.facts.map(([name, value]) => line(run(`${name}: `, { weight: 'bolder' }), run(value))),
    ...(note.ask === undefined
      ? []
      : [
          line(run('Answer by mentioning the outgoing webhook in this team:')),
          line(run(`approve ${note.ask.subject}: your reason`, { fontType: 'monospace' })),
          line(run(`deny ${note.ask.subject}: your reason`, { fontType: 'monospace' })),
        ]),
  ];
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          fallbackText: `${note.headline}: ${note.text}`,
          body,
        },
      },
    ],
  };
}
