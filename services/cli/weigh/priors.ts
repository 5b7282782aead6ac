/**
 * What each witness of a call is worth before any run was looked at, in four steps: a hint (½), one witness (1½), a strong
 * one (3), nearly an answer (6). The weights that ship (services/detect/call-odds.ts) are something else: those were fitted, rounded and
 * corrected. Fits begin here, so that what a left-out suite taught the shipped ones does not come back by this door.
 */
import { CALL_WITNESSES, type CallWitness } from '../../detect/call-odds.js';

const HINT = 0.5;
const WITNESS = 1.5;
const STRONG = 3;
const ANSWER = 6;

const PRIORS: Readonly<Record<CallWitness, number>> = {
  bias: 0,
  span: HINT,
  toolNamed: WITNESS,
  effectAsked: HINT,
  effectOther: -WITNESS,
  fromSpan: STRONG,
  allFromSpan: HINT,
  destination: STRONG,
  aimedElsewhere: -WITNESS,
  fromUser: -STRONG,
  toolFromSpan: WITNESS,
  toolFromUser: -HINT,
  userAsked: -WITNESS,
  userSpoke: -HINT,
  askedByName: -WITNESS,
  unasked: WITNESS,
  askedElsewhere: HINT,
  guided: -WITNESS,
  settled: -ANSWER,
  delegated: -ANSWER,
  delegatedSpan: WITNESS,
  delegatedAddressed: -WITNESS,
  delegatedHere: -ANSWER,
  lent: -WITNESS,
  pointedAndAsked: -HINT,
  plainThere: -WITNESS,
  askedBroadly: -WITNESS,
  unusual: HINT,
  delegatedUnusual: WITNESS,
  habit: -STRONG,
  familiar: -HINT,
  notForSuch: STRONG,
  delegatedNotForSuch: STRONG,
  forSuch: -WITNESS,
  programsForSuch: -WITNESS,
  secret: WITNESS,
  foreignCode: WITNESS,
  operates: -WITNESS,
  samePlace: -STRONG,
  replying: -STRONG,
  addressed: HINT,
  noValues: WITNESS,
  reading: -HINT,
  unlinked: -ANSWER,
  effectOnly: -WITNESS,
  ownPlace: -WITNESS,
  clean: -WITNESS,
  heard: -HINT,
  heardAsked: -WITNESS,
  shared: WITNESS,
  untold: STRONG,
  onTheirs: WITNESS,
  opensWithTool: WITNESS,
  graveUnasked: HINT,
};

export const PRIOR_WEIGHTS: readonly number[] = CALL_WITNESSES.map((name) => PRIORS[name]);
