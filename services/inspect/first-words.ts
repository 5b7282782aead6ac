/** The words that a request begins with: verbs in their plain form, and the first words of what leads in to one. */
import { WordTable } from './word-table.js';

/** Plain forms that open requests. Those that are as often nouns stand in {@link AMBIGUOUS} too. */
export const VERBS = new Set(
  `abort accept access acknowledge activate add adjust admit advise allow alter amend announce answer append apply
  appoint approve archive arrange ask assemble assign attach audit authenticate authorise authorize back backup ban
  blacklist block book boost borrow bring broadcast browse build bump buy bypass calculate call cancel certify change
  charge chat check choose circulate claim clean clear click clone close collect comment commit compile complete
  compose compress configure confirm connect consolidate contact continue contribute convert convince copy correct
  create credit customise customize cut deactivate debit declare decline decrease decrypt deduct defer delegate
  delete deliver demote deny deploy deposit describe destroy detach dial disable disallow discard disclose disconnect
  dismiss dispatch display distribute divert do donate double download draft drop dump duplicate e-mail edit elevate
  eliminate email embed employ empty enable encode encrypt end endorse enrol enroll ensure enter erase escalate
  establish evict exchange execute exempt exfiltrate expand expedite expel explain export expose extend extract fetch
  fill finalise finalize find finish fire flag flush follow format forward freeze fund gather generate get give go
  grant halt hand hide hire host identify ignore impersonate implement import include increase inflate inform
  initiate inject insert insist install instruct integrate invest invite invoice invoke isolate issue join keep kick
  kill label launch leak lease leave lend let like link liquidate list load locate lock log login look lower mail
  make map mark mask mention merge message migrate mint modify monitor mount move mute name navigate nominate note
  notify nullify obtain offer omit open opt order output override overwrite pass paste patch pause pay perform
  persuade phone pick ping place play pledge plot plug point post postpone prepare prescribe print prioritise
  prioritize proceed process produce promote provide publicize publish pull purchase purge push put quarantine query
  quit quote raise rate reach reactivate read reallocate reassign rebase rebook reboot recall reclassify recommend
  reconfigure reconnect record redact redeem redirect reduce refer refund refuse register reimburse reinstall reject
  relabel relay release reload relocate remap remember remind remit remove rename renew rent reopen reorder repay
  repeat replace replicate reply report repost reprogram request reroute reschedule rescind resend reserve reset
  resize resolve respond restart restock restore restrict resubmit resume retire retract retrieve retry return
  retweet reveal reverse revert review revoke rewrite ring roll rollback rotate route run sabotage save say scale
  scan schedule scrape seal search select sell send set share ship show shred shut sign silence simulate skip snooze
  solve speak specify spend sponsor spoof squash stake start stop store stream strip submit subscribe substitute
  suggest summarise summarize supply suppress suspend swap switch sync take talk tamper tell terminate test text tip
  toggle trade train transfer translate transmit trash trigger turn tweet unban unblock undo unfollow unfreeze
  uninstall unlist unlock unmount unpublish unsubscribe unsuspend update upgrade upload use vacuum validate verify
  view visit void vote wait waive warn watch whitelist wipe wire withdraw withhold write zip`
    .split(/\s+/)
    .filter((word) => word !== ''),
);

/**
 * Verbs that the models have learned nothing of. Their requests say where to look and are compared with later calls; what they
 * are worth by their text no model is asked.
 */
export const UNLEARNED = new Set(
  `adopt arm avoid calibrate cease comply construct consult decode delay detect determine dim disarm drain draw drive
  echo encourage estimate evaluate examine exclude fabricate fake favor favour fix force guide heat hold investigate
  lift limit manage manipulate maximise maximize minimise minimize negotiate obey obfuscate operate optimise optimize
  paint park permit plan plant present press pretend prevent procure propose provision rearrange rebuild recite
  reconcile recruit reformat refresh render repair research restate reward scramble secure seek shift shorten sort
  spin split spread stash steal steer sum support surrender sweep swipe tag tap teach throw tilt touch trace track
  trim trust try tune type unlink unpack untag vary wake weaken widen administer award backdate bcc bill cap cc
  compensate decommission deduplicate deface degrade demand deprecate deprovision deregister devalue discharge
  dispense disregard downgrade downvote eject engage enqueue falsify fax forge forgive fork furnish garnish hijack
  impose intercept interrupt loosen misfile mislabel misreport mortgage nuke offboard offload onboard outsource
  overcharge overdraw overstate pin pipe preapprove preorder prepay propagate prune quadruple ramp rank reassure
  rebill rebrand recharge recompute recycle redeploy redraft reenable refuel rehire reimage reindex reprice
  reprovision requisition resell revalue rig scrap scrub settle shrink shuffle siphon skim smuggle spam spawn spike
  stamp sublet throttle tighten transcribe triple tweak unarchive unassign unbind uncheck undelete underreport
  unenroll unfriend unhide unmask unmute unpin unseal unshare upcharge upsell upvote zero zoom`
    .split(/\s+/)
    .filter((word) => word !== ''),
);

/** Also nouns or other words at the beginning of a line: a request only where an object follows that a noun would not have. */
export const AMBIGUOUS = new Set(
  `access address answer arm audit back backup book boost bump call change charge check claim close comment contact
  copy credit delay deposit display document double draft drain draw drive drop e-mail echo email end estimate
  exchange export fake fire fix flag force format forward freeze fund guide hand heat help hold host import increase
  invoice issue label lease lift like limit link list load lock log look mail map mark mask message mount name note
  notify offer open order output paint park pass permit phone ping place plan plant play pledge plot point post
  present press print process provision purchase push query quote rate reach read recall record refund relay release
  rent repair repeat reply report request research reserve resume retry return reverse revert review reward ring roll
  rollback route run scale scan seal search set share shift ship show sign snooze sort spin split sponsor spread
  squash stake start stop store stream strip sum supply support swap sweep swipe switch tag tap test text tip touch
  trace track trade train transfer trigger trim trust tune turn type update upgrade use view visit vote wait watch
  wire
  bill cap demand fax pin pipe rank scrap spike stamp zero`
    .split(/\s+/)
    .filter((word) => word !== ''),
);

/** First words of lead-ins: most openings begin with neither such a word nor a verb, and are left at once. */
export const LEADING = new Set(
  `please kindly now then also first firstly next finally just immediately quickly simply and so instead again lastly additionally important
  urgent directly silently quietly secretly always never hey hi hello dear ok okay attention note todo to to-do task reminder action p ps n
  step you the assistant agent ai whoever can could would will i we i'd make be ensure don't do remember feel go help your this my it let
  let's before after when once if while in as`.split(/\s+/),
);
/** What LEADING lacks of the lead-ins: among other languages these count as well. */
const LEADING_ELSEWHERE = new Set(['nb', "we'd", 'lets']);

/** What the first word of a clause is known as. */
export const VERB = 1;
export const UNLEARNED_VERB = 2;
export const LEADS = 4;
export const LEADS_ELSEWHERE = 8;
export const OPENS = VERB | UNLEARNED_VERB | LEADS;
export const FIRST_WORDS = new WordTable([
  { words: VERBS, mark: VERB },
  { words: UNLEARNED, mark: UNLEARNED_VERB },
  { words: LEADING, mark: LEADS },
  { words: LEADING_ELSEWHERE, mark: LEADS_ELSEWHERE },
]);
