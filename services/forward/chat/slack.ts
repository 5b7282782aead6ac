/**
 * A note as Slack takes it: Block Kit (https://api.slack.com/block-kit), as an incoming webhook is sent. `&`, `<` and `>` are
 * escaped as Slack's documentation on formatting text asks, so that no text can mention anyone or hide a link. Pure.
 */
import type { Note } from './note.js';

/** Slack's limits, in characters. */
const MAX_HEADER = 150;
const MAX_FIELD = 2_000;
const MAX_SECTION = 3_000;

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const clipped = (text: string, most: number): string => (text.length <= most ? text : `${text.slice(0, most - 1)}…`);
/** Backticks and stars would change how the rest looks. */
const plain = (text: string): string => escaped(text).replace(/([*_~`])/g, '\u200b$1');

/** What a button's `value` holds is what services/gateway/answers/slack.ts reads. */
export function slackMessage(note: Note): Record<string, unknown> {
  const button = (verb: 'approve' | 'deny', text: string, style: string) => ({
    type: 'button',
    action_id: `stepdown_${verb}`,
    text: { type: 'plain_text', text },
    style,
    value: note.ask?.subject,
  });
  return {
    text: clipped(plain(`${note.headline}: ${note.text}`), MAX_SECTION),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: clipped(note.headline, MAX_HEADER) } },
      { type: 'section', text: { type: 'mrkdwn', text: clipped(plain(note.text), MAX_SECTION) } },
      {
        type: 'section',
        fields: note.facts
          .slice(0, 10)
          .map(([name, value]) => ({ type: 'mrkdwn', text: clipped(`*${name}*\n${plain(value)}`, MAX_FIELD) })),
      },
      ...(note.ask === undefined
        ? []
        : [
            {
              type: 'input',
              block_id: 'stepdown_reason',
              optional: true,
              label: { type: 'plain_text', text: 'Reason' },
              element: { type: 'plain_text_input', action_id: 'reason', max_length: 500 },
            },
            {
              type: 'actions',
              block_id: 'stepdown_answer',
              elements: [button('approve', 'Approve', 'primary'), button('deny', 'Deny', 'danger')],
            },
          ]),
    ],
  };
}
