/**
 * What speaks for and against data having sent a call where it goes, told without judging any text: where the place was
 * named, what the user asked for, and whether this agent's calls usually go where data points. `detectors/steered.ts`
 * states it; the weights stand in steering-odds.ts.
 */
import type { EventOf } from '../../schemas/event.js';
import { destinationsOfArguments } from '../inspect/destinations.js';
import { isSideEffecting, onlyKeeps } from '../inspect/tool-effects.js';
import { agreesWith, toolWordsShare } from './call-evidence.js';
import { isAlike, isNamedIn, type NamedPlaces, outsidePlaces, type PlaceSource, sourceOf } from './named-places.js';
import type { Scope } from './types.js';
import { isOnTopic, placeKindOf, type UserContext, userContext } from './user-words.js';

export interface Steering {
  place: string;
  /** As a person would write it. */
  shown: string;
  source: PlaceSource;
  /** The call only reads. */
  reading: boolean;
  /** Data tell their reader to do something there, in the form of a request. */
  ordered: boolean;
  /** The user asked for the effect; with the tool's own words. */
  asked: boolean;
  askedByName: boolean;
  /** The user spoke of the effect without asking for it. */
  spoken: boolean;
  /** The user handed the decision to the data: what to do; how to do what they asked for; which pages to read. */
  delegated: boolean;
  guided: boolean;
  leftOpen: boolean;
  /** The user's words hold a part of what the place is named with: a first name, a restaurant. */
  alike: boolean;
  /** Nothing that was read asks for it: reading was on, and there is no request in the place's source. */
  unordered: boolean;
}

type Call = EventOf<'tool.call'>;
type Places = ReturnType<typeof outsidePlaces>;

const MOST_PLACES = 16;

/** Where a call goes; an address in a text that it only keeps is none. */
export const placesOf = (event: Call, scope: Readonly<Scope>): Places =>
  event.arguments === undefined
    ? []
    : outsidePlaces(destinationsOfArguments(event.arguments, onlyKeeps(effectsOf(event, scope))).slice(0, MOST_PLACES));

export const effectsOf = (event: Call, scope: Readonly<Scope>) =>
  scope.tools.effectsOf(event.tool, { description: event.description, arguments: event.arguments });

/** Where data alone sent a call, each such place; none where the user's words are not known: there, nothing was asked for. */
export function steeringsOf(event: Call, scope: Readonly<Scope>): Steering[] {
  const named = scope.session['steered'] as NamedPlaces | undefined;
  if (scope.facts.userText.length === 0 || named === undefined) return [];
  const user = userContext(scope.facts);
  const found: Steering[] = [];
  if (goesWhereTheUserSaid(event, user)) return found;
  let shared: ReturnType<typeof sharedEvidence> | undefined;
  for (const { place, destination } of placesOf(event, scope)) {
    const source = sourceOf(named, place);
    if (source === undefined || isNamedIn(user.words, destination)) continue;
    shared ??= sharedEvidence(event, scope, user);
    const kind = placeKindOf(destination.value);
    // Whoever reads at a page is heard there; whoever looks an address or an account up, is not.
    if (shared.reading && kind !== 'page') continue;
    const ordered = scope.facts.taints.some(
      ({ asksFor }) =>
        asksFor?.destinations.some((asked) => asked === destination.value || asked.startsWith(`${place}/`)) === true,
    );
    const elsewhere = kind !== undefined && user.places.has(kind);
    // A request that named its place covers that place, not another one that data order.
    const bounded = elsewhere && ordered && shared.reading === (kind === 'page');
    found.push({
      ...shared,
      asked: shared.asked && !bounded,
      askedByName: shared.askedByName && !bounded,
      // Whoever hands the decision to a page hands it to no other.
      delegated: shared.delegated && (source.u === 1 || !user.places.has('page')),
      place,
      shown: destination.value,
      source,
      ordered,
      unordered: !ordered && source.p !== undefined,
      guided:
        (user.guided && shared.asked && (source.u === 1 || user.places.size === 0)) ||
        // Whom it goes to, they left to data.
        (user.handed.place && (shared.asked || shared.spoken)),
      alike:
        destination.kind === 'email'
          ? isAlike(user.words, destination.value)
          : isOnTopic(destination.value, user.topic),
    });
  }
  return found;
}

/** A message to whom the user named goes there, whichever links stand in it. */
function goesWhereTheUserSaid(event: Call, user: UserContext): boolean {
  const aimed = outsidePlaces(destinationsOfArguments(event.arguments ?? {}, true).slice(0, MOST_PLACES));
  return aimed.length > 0 && aimed.every(({ destination }) => isNamedIn(user.words, destination));
}

/** What is the same for all of a call's places. */
function sharedEvidence(event: Call, scope: Readonly<Scope>, user: UserContext) {
  const effects = effectsOf(event, scope);
  const reading = !isSideEffecting(effects);
  const { fromUser } = toolWordsShare(event.tool, ' ', user.said);
  const asked = agreesWith(effects, (effect) => user.effects.includes(effect), fromUser > 0);
  const spoken = agreesWith(effects, (effect) => user.spoken.has(effect), fromUser > 0);
  return {
    reading,
    asked: asked || (spoken && fromUser > 0.5),
    askedByName: (asked || spoken) && fromUser > 0.5,
    spoken: spoken && !asked,
    delegated: user.delegated,
    leftOpen: reading && user.leavesPagesOpen,
  };
}
