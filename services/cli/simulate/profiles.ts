/** Kinds of agents in the simulated fleet: when they work, how much, and with what. */
import type { Chance } from './chance.js';

export interface Profile {
  blueprint: string;
  /** Share of the fleet, relative to the others. */
  weight: number;
  /** Conversations that begin in an hour, on average, by hour UTC and whether it is a weekend. */
  perHour: (hour: number, weekend: boolean) => number;
  /** Conversations at fixed minutes of a day instead: clockwork. */
  at?: readonly number[];
  /** Calls in one conversation. */
  calls: (chance: Chance) => number;
  /** Seconds between a result and the next call, median. */
  thinks: number;
  tools: readonly Tool[];
  /** The chance that a sending call goes to somebody new. */
  newContact: number;
  /** The chance that a call fails and is tried again. */
  fails: number;
  tokens: number;
}

export interface Tool {
  name: string;
  effect: 'read' | 'send' | 'write' | 'walk';
  /** Median characters of arguments and of the result. */
  sends: number;
  gives: number;
}

const office = (hour: number, weekend: boolean): number =>
  weekend || hour < 7 || hour > 17 ? 0 : hour === 12 ? 0.4 : 1;
/** Busiest at three in the afternoon, least at three in the night. */
const round = (hour: number, weekend: boolean): number =>
  (weekend ? 0.5 : 1) * (1 + 0.8 * Math.cos(((hour - 15) / 24) * 2 * Math.PI));

const tool = (name: string, effect: Tool['effect'], sends: number, gives: number): Tool => ({
  name,
  effect,
  sends,
  gives,
});

export const PROFILES: readonly Profile[] = [
  {
    blueprint: 'office-assistant',
    weight: 4,
    perHour: office,
    calls: (chance) => 1 + chance.poisson(3),
    thinks: 8,
    tools: [
      tool('search_mail', 'read', 30, 2000),
      tool('read_mail', 'read', 20, 1500),
      tool('list_events', 'read', 20, 800),
      tool('send_email', 'send', 450, 40),
      tool('create_event', 'write', 160, 40),
    ],
    newContact: 0.03,
    fails: 0.02,
    tokens: 3000,
  },
  {
    blueprint: 'support',
    weight: 3,
    perHour: (hour, weekend) => 1.1 * round(hour, weekend),
    calls: (chance) => 2 + chance.poisson(4),
    thinks: 4,
    tools: [
      tool('get_ticket', 'read', 12, 900),
      tool('search_articles', 'read', 40, 3000),
      tool('get_customer', 'read', 12, 500),
      tool('post_comment', 'write', 300, 30),
      tool('notify_team', 'send', 120, 20),
    ],
    newContact: 0.002,
    fails: 0.04,
    tokens: 2500,
  },
  {
    blueprint: 'nightly-batch',
    weight: 1,
    perHour: () => 0,
    at: [2 * 60 + 15],
    calls: (chance) => 55 + chance.whole(0, 10),
    thinks: 1,
    tools: [tool('get_record', 'walk', 12, 400), tool('update_record', 'walk', 60, 20)],
    newContact: 0,
    fails: 0.01,
    tokens: 400,
  },
  {
    blueprint: 'monitor',
    weight: 2,
    perHour: () => 0,
    at: Array.from({ length: 48 }, (_, half) => half * 30 + 7),
    calls: () => 2,
    thinks: 1,
    tools: [tool('read_metrics', 'read', 30, 600), tool('read_log', 'read', 40, 4000)],
    newContact: 0,
    fails: 0.01,
    tokens: 700,
  },
  {
    blueprint: 'researcher',
    weight: 2,
    perHour: (hour, weekend) => (weekend ? 0.05 : office(hour, false) * 0.3),
    calls: (chance) => 4 + chance.poisson(12),
    thinks: 15,
    tools: [
      tool('web_search', 'read', 50, 2500),
      tool('fetch_page', 'read', 60, 12_000),
      tool('read_file', 'read', 30, 8000),
      tool('write_file', 'write', 2500, 30),
      tool('send_email', 'send', 900, 40),
    ],
    newContact: 0.15,
    fails: 0.08,
    tokens: 9000,
  },
];

/** A release: from this day on the blueprint's agents have a tool they did not have. */
export const DEPLOYS: readonly { blueprint: string; day: number; tool: Tool }[] = [
  { blueprint: 'support', day: 18, tool: tool('lookup_warranty', 'read', 20, 300) },
  { blueprint: 'office-assistant', day: 23, tool: tool('summarize_thread', 'read', 20, 700) },
];
