/**
 * What the user handed over to data: "do what the runbook says", "triage it according to our wiki", "apply what she
 * proposes", "pay the bill that they left". Told by form, in normalised words. A handover that names its source (a mail, a
 * document, a ticket, a list) hands the decision to that kind of source and to no other: what a comment under a ticket
 * orders is not what the runbook says.
 */
import { wordsOf } from '../inspect/tool-effects.js';

/** Kinds of sources, as bits: users name them in other words than tools do. */
const SOURCE_WORDS: readonly string[] = [
  'mail mails email emails message messages inbox letter thread sms dm chat',
  `doc docs document documents page pages wiki article articles kb knowledge guide guides manual readme runbook runbooks playbook procedure policy
   policies rules handbook faq help instructions note notes notebook spec specification template brief website site http https www url md faq
   list lists todo todos checklist plan plans recipe tutorial changelog contributing conventions docx pdf browser`,
  `ticket tickets issue issues case cases bug bugs incident incidents card alert alerts page pr prs pull merge review reviews comment comments`,
  `board blackboard boards list lists checklist backlog todo todos plan plans agenda minutes sheet sheets spreadsheet table xlsx csv column row rows cell cells
   calendar kanban notes`,
  'memory memories remembered recall',
];

const KIND_OF = new Map<string, number>();
SOURCE_WORDS.forEach((words, at) => {
  for (const word of words.split(/\s+/)) KIND_OF.set(word, (KIND_OF.get(word) ?? 0) | (1 << at));
});

/** The kinds of sources that words name, as bits. */
export function sourceKinds(words: readonly string[]): number {
  let kinds = 0;
  for (const word of words) kinds |= KIND_OF.get(word) ?? 0;
  return kinds;
}

const HEAD_UNITS = 60;

/** The kinds that a result is of, by what it was asked with and how it begins. 0: none that is known. */
export function kindsOfSource(tool: string, args: unknown, text: string | undefined): number {
  const asked = args === undefined ? '' : JSON.stringify(args).slice(0, 400);
  return sourceKinds(wordsOf(`${tool} ${asked} ${text?.slice(0, HEAD_UNITS) ?? ''}`));
}

const W = '\\S{1,40} ';
const up = (most: number): string => `(?:${W}){0,${most}}?`;
/** What a source does to tell what is to be done. */
const TELLS =
  '(?:says?|said|describes?|described|explains?|explained|advises?|advised|recommends?|recommended|proposes?|proposed|suggests?|suggested|asks?|asked|wants?|wanted|states?|stated|instructs?|instructed|requires?|required|needs?|specif(?:y|ies|ied)|tells?|told|lists?|listed|shows?|outlines?|outlined|wrote|writes|reported|agreed|demands?|orders?|prescribes?|needed|necessary|required)';
const DOES =
  '(?:do|doing|follow|handle|apply|implement|trigger|start|perform|execute|carry out|take care of|run|act on|finish|complete|process|fulfil|fulfill|action|resolve|solve|fix|repair)';
const SOURCE = `(?:${SOURCE_WORDS.slice(0, 4)
  .join(' ')
  .split(/\s+/)
  .filter((word) => !/^(?:http|https|www|md|page|answer|result|results)$/.test(word))
  .join('|')})`;

/** The whole decision, to a source: what is to be done is for it to say. */
const TO_A_SOURCE: readonly RegExp[] = [
  // "do what the runbook says", "everything the article describes", "take care of whatever he asks for in his mail"
  ` ${DOES} ${up(3)}(?:what|whatever|everything|anything|all|that|which|as|like) ${up(6)}${TELLS} `,
  // "as described on …", "the way the FAQ says", "as our triage doc says"
  ` (?:as|like|the way) ${up(5)}${TELLS} `,
  // "per the deploy runbook", "according to docs/TRIAGE.md", "following the guide"
  ` (?:per|according to|in accordance with|following|with the steps (?:from|in|of)|with the instructions (?:from|in|of)) ${up(4)}${SOURCE} `,
  // "according to her", "as per our agreement"
  ` (?:according to|in accordance with|in line with|as per) ${up(1)}`,
  // "the deploy page has the steps", "the help page … explains how to export invoices"
  ` (?:${SOURCE}|page) ${up(8)}(?:explains?|describes?|has|tells?|contains?|lists?|shows?|gives?) (?:me |you |us )?(?:how|what|which|(?:the|all|its) (?:steps|instructions|details)) `,
  // "work through the board", "finish all open items on the list", "carry out issue 220", "take the plan and carry it out"
  ` (?:do|follow|complete|perform|execute|run|carry out|take care of|handle|work through|work on|work off|process|tackle|act on|address|implement|apply|finish|take|trigger|fulfil|go by|stick to) ${up(6)}(?:board|blackboard|plan|checklist|runbook|playbook|procedure|guide|instructions|steps|items|backlog|access request|request|incident|case|issue|ticket|recipe|tutorial|proposal|suggestion|feedback|remarks|entries|rows|points|column) `,
  // "answer their questions", "resolve the blockers"
  ` (?:answer|resolve|address|handle|clear|reply to|respond to) ${up(2)}(?:their|all|any|these|those|his|her|open|its) ${up(2)}(?:questions?|blockers?|comments?|requests?|concerns?|findings?|objections?) `,
  // "the comment of x is right, please do it"
  ` (?:is right|are right|is correct|makes sense|agree with) ${up(6)}(?:do|implement|apply|fix|change|make) `,
  // "fill the template": what to put where is for it to say
  ` fill (?:in |out )?${up(3)}(?:template|form|questionnaire) `,
  ` (?:erledige|übernimm|befolge|bearbeite|arbeite|führe|setze|mach|mache) ${up(4)}(?:aufgaben?|anweisung(?:en)?|bemerkung(?:en)?|kommentare?|schritte?|liste|punkte|anleitung|wünsche|vorschläge|was) `,
  ` (?:suis|suivez|applique|appliquez|exécute|exécutez|traite|traitez|fais|faites) ${up(4)}(?:instructions|consignes|tâches|étapes|commentaires|remarques|liste|procédure|ce que) `,
  ` (?:sigue|siga|haz|haga|aplica|aplique|ejecuta|completa|complete|resuelve) ${up(4)}(?:instrucciones|tareas|pasos|comentarios|lista|procedimiento|lo que) `,
  ` (?:my go|my approval|my ok|go ahead) (?:for|with) `,
].map((source) => new RegExp(source, 'u'));

/** What is wanted, and not what is to be done for it. */
const OPEN =
  / (?:do something|(?:fix|repair|resolve|solve|mend) (?:it|this|that|them|the problem|the issue)|(?:analy[sz]ed|diagnosed|found|checked|investigated|looked at|looked into) and (?:repaired|fixed|resolved|mended|solved)|take care of (?:it|this|everything|all|them|that|what|my|the)|(?:tidy|clean) (?:\S+ ){0,2}up|cleanup|free (?:up )?(?:\S+ ){0,3}(?:space|disk)|sort (?:it|this|that|them) out|deal with (?:it|this|that|them|the)|handle \S+ (?:on|for|in|of|at) |let \S+ (?:fix|repair|apply|handle|solve|do|sort)|what matters|what is important|important things|keep \S+ (?:\S+ ){0,2}in mind|get \S+ (?:fixed|done|working|running)|make sure (?:it|that|everything)|do (?:it|them|so) for me|please do it|set \S+ up|set up|(?:migrate|upgrade|bootstrap|reproduce|implement|refactor|rewrite|port|deploy|release|ship|roll out|troubleshoot|debug|diagnose|investigate|triage|onboard|offboard|provision|rotate|harden|optimi[sz]e|speed up|bring up|integrate|automate) \S+|(?:fix|repair|resolve|solve|mend|address) (?:\S+ ){0,4}(?:tests?|build|ci|bugs?|errors?|issues?|failures?|crash|problems?|warnings?|conflicts?|outage|alerts?|incident|pipeline|lint|types?|regression|vulnerabilit\S+)|make (?:\S+ ){0,4}(?:pass|work|green|compile|build|run)|get (?:\S+ ){0,5}(?:green|working|running|to work|to pass|tested|ready)) /u;

/** Whom or where to is for data to say: "share it with them", "to the manager who asked", "the address in the CV". */
const OPEN_PLACE =
  / (?:(?:to|with|for|tell|inform|notify|answer|ask|thank|give|send|mail|write) (?:them|him|her|everyone|everybody|all|each|both|whoever|the \S+ (?:who|that|which))|(?:who|that|which) (?:asked|wrote|requested|reported|left|sent|complained|applied|registered|answered|signed|booked|posted|announced)|(?:address|number|account|iban|link|contact|recipient|details|date|time|amount|code|name)s? (?:in|from|on|of|given|that|which|stated|named|is in)|(?:on|in|from) the (?:list|table|sheet|form|thread|mail|message|invoice|bill|letter|note|case|ticket|issue|cv|file|page|directory|contacts)|(?:by|per|via) (?:mail|email|letter|message)|people in|list in|attendees|participants|guests|tenants|members|passengers) /u;

export interface HandedOver {
  /** The decision what to do. */
  decision: boolean;
  /** Kinds of sources that it was handed to; 0: whichever there is. */
  kinds: number;
  /** They told what they want, and not how to come by it. */
  open: boolean;
  /** Whom or where to. */
  place: boolean;
}

/** Words before and behind a handover in which it may name its source. */
const WORDS_BEHIND = 6;
const WORDS_BEFORE = 12;

/** Whether the decision was handed to a source of these kinds; `undefined`: of a kind that is not known. */
export function isHandedTo(kinds: number | undefined, handed: Pick<HandedOver, 'decision' | 'kinds'>): boolean {
  return handed.decision && (handed.kinds === 0 || kinds === undefined || kinds === 0 || (kinds & handed.kinds) !== 0);
}

/**
 * @param said `normalWords` of the user's own texts
 * @param more further forms of a handover
 */
export function handedOver(said: string, ...more: readonly RegExp[]): HandedOver {
  let decision = false;
  let kinds = 0;
  let any = false;
  for (const pattern of [...more, ...TO_A_SOURCE]) {
    const match = pattern.exec(said);
    if (match === null) continue;
    decision = true;
    const end = match.index + match[0].length;
    const inside = match[0].trim().split(' ');
    const behind = said.slice(end).trim().split(' ').slice(0, WORDS_BEHIND);
    const named =
      sourceKinds([...inside, ...behind]) ||
      sourceKinds(said.slice(0, match.index).trim().split(' ').slice(-WORDS_BEFORE));
    if (named === 0) any = true;
    kinds |= named;
  }
  return { decision, kinds: any ? 0 : kinds, open: OPEN.test(said), place: OPEN_PLACE.test(said) };
}
