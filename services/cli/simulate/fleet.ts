/** The fleet: which agents there are, from when on, and what each does in a day. Native events, as an emitter sends them. */
import { Chance } from './chance.js';
import { DEPLOYS, PROFILES, type Profile, type Tool } from './profiles.js';

export const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Monday. */
export const BEGIN_MS = Date.UTC(2026, 0, 5);

export interface NativeEvent extends Record<string, unknown> {
  id: string;
  kind: string;
  timeMs: number;
  agent: { id: string; blueprint: string };
}

export interface SimulatedAgent {
  id: string;
  profile: Profile;
  /** First day it works. */
  from: number;
  contacts: string[];
  /** Works slower or faster than its kind. */
  pace: number;
}

export interface FleetOptions {
  agents: number;
  days: number;
  seed: number;
}

/** One in ten joins later, at a day between a quarter and three quarters of the time. */
export function fleetOf({ agents, days, seed }: FleetOptions): SimulatedAgent[] {
  const chance = new Chance(seed);
  const kinds = PROFILES.flatMap((profile) => Array<Profile>(profile.weight).fill(profile));
  return Array.from({ length: agents }, (_, index) => ({
    id: `agent-${index}`,
    profile: kinds[index % kinds.length] as Profile,
    from: index > 0 && index % 10 === 0 ? chance.whole(Math.floor(days / 4), Math.floor((days * 3) / 4)) : 0,
    contacts: Array.from({ length: chance.whole(5, 25) }, (__, contact) => `person${contact}@firm${index}.example`),
    pace: chance.lognormal(1, 0.25),
  }));
}

/** Everything one agent does on one day, in time order. */
export class AgentDay {
  readonly events: NativeEvent[] = [];
  readonly #agent: SimulatedAgent;
  readonly #day: number;
  readonly #chance: Chance;
  #ids = 0;
  #sessions = 0;

  constructor(agent: SimulatedAgent, day: number, seed: number) {
    this.#agent = agent;
    this.#day = day;
    const index = Number(agent.id.replace(/\D/g, ''));
    this.#chance = new Chance(seed * 1_000_003 + index * 10_007 + day);
  }

  get chance(): Chance {
    return this.#chance;
  }

  /** The day's ordinary work. */
  work(): this {
    const { profile, pace } = this.#agent;
    const dayMs = BEGIN_MS + this.#day * DAY_MS;
    const weekend = this.#day % 7 >= 5;
    if (profile.at !== undefined) {
      for (const minute of profile.at)
        this.conversation(dayMs + minute * 60_000 + this.#chance.whole(0, 5000), profile.calls(this.#chance));
      return this;
    }
    // Some days are busier than others, for everybody and for no reason.
    const busy = this.#chance.lognormal(1, 0.3);
    for (let hour = 0; hour < 24; hour++) {
      const mean = profile.perHour(hour, weekend) * pace * busy;
      for (let begun = this.#chance.poisson(mean); begun > 0; begun--)
        this.conversation(dayMs + hour * HOUR_MS + this.#chance.uniform() * HOUR_MS, profile.calls(this.#chance));
    }
    return this;
  }

  /** A session of so many ordinary calls; gives its id. */
  conversation(atMs: number, calls: number): string {
    const { profile } = this.#agent;
    const session = this.newSession();
    let timeMs = atMs;
    this.emit(session, timeMs, { kind: 'prompt', text: 'Please take care of this.' });
    for (let call = 0; call < calls; call++) {
      timeMs += 1000 * this.#chance.lognormal(profile.thinks, 0.6);
      timeMs = this.model(session, timeMs);
      const tool = this.#toolFor(call);
      const args = this.#argumentsFor(tool, call);
      timeMs = this.call(session, timeMs, tool, args, this.#chance.happens(profile.fails));
    }
    this.model(session, timeMs + 1000);
    return session;
  }

  newSession(): string {
    this.#sessions += 1;
    return `${this.#agent.id}-d${this.#day}-s${this.#sessions}`;
  }

  /** A model call; gives the time at which it is over. */
  model(session: string, atMs: number): number {
    const { tokens } = this.#agent.profile;
    const endMs = atMs + 1000 * this.#chance.lognormal(2, 0.4);
    this.emit(session, atMs, { kind: 'model.call', model: 'model-a' });
    this.emit(session, endMs, {
      kind: 'model.output',
      model: 'model-a',
      usage: {
        inputTokens: Math.round(this.#chance.lognormal(tokens, 0.5)),
        outputTokens: Math.round(this.#chance.lognormal(150, 0.6)),
      },
    });
    return endMs;
  }

  /** A tool call and its result; where it fails, once more. Gives the time at which it is over. */
  call(
    session: string,
    atMs: number,
    { name, gives }: Pick<Tool, 'name' | 'gives'>,
    args: unknown,
    fails = false,
  ): number {
    let timeMs = atMs;
    for (const failed of fails ? [true, false] : [false]) {
      this.#ids += 1;
      const toolCallId = `${session}-c${this.#ids}`;
      this.emit(session, timeMs, { kind: 'tool.call', tool: name, toolCallId, arguments: args });
      timeMs += 1000 * this.#chance.lognormal(0.4, 0.5);
      this.emit(session, timeMs, {
        kind: 'tool.result',
        tool: name,
        toolCallId,
        ...(failed ? { errorType: 'timeout' } : { chars: Math.round(this.#chance.lognormal(gives, 0.7)) }),
      });
      timeMs += 200;
    }
    return timeMs;
  }

  emit(session: string, timeMs: number, part: Record<string, unknown> & { kind: string }): void {
    this.#ids += 1;
    this.events.push({
      id: `${this.#agent.id}-d${this.#day}-e${this.#ids}`,
      timeMs: Math.round(timeMs),
      agent: { id: this.#agent.id, blueprint: this.#agent.profile.blueprint },
      session: { id: session },
      service: this.#agent.profile.blueprint,
      ...part,
    });
  }

  #toolFor(call: number): Tool {
    const { profile } = this.#agent;
    const deployed = DEPLOYS.filter(({ blueprint, day }) => blueprint === profile.blueprint && day <= this.#day);
    if (deployed.length > 0 && this.#chance.happens(0.15)) return this.#chance.pick(deployed).tool;
    // Work begins with reading; what is written or sent comes later.
    const reading = profile.tools.filter(({ effect }) => effect === 'read');
    return call === 0 && reading.length > 0 ? this.#chance.zipf(reading) : this.#chance.zipf(profile.tools);
  }

  #argumentsFor({ effect, sends }: Tool, call: number): Record<string, unknown> {
    const body = 'x'.repeat(Math.min(200_000, Math.round(this.#chance.lognormal(sends, 0.6))));
    if (effect === 'walk') return { id: 1000 + call, body };
    if (effect !== 'send') return { query: `q${this.#chance.whole(1, 400)}`, body };
    const { contacts, profile } = this.#agent;
    if (this.#chance.happens(profile.newContact))
      contacts.unshift(`new${this.#day}-${this.#ids}@customer${this.#chance.whole(1, 1e6)}.example`);
    return { to: this.#chance.zipf(contacts), body };
  }
}
