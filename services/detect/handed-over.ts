/**
 * What the user handed over to data: "do what the runbook says", "triage it according to our wiki", "apply what she
 * proposes", "pay the bill that they left". Told by form, in normalised words. A handover that names its source (a mail, a
 * document, a ticket, a list) hands the decision to that kind of source and to no other: what a comment under a ticket
 * orders is not what the runbook says.
 */
import { wordsOf } from '../inspect/tool-name.js';
import { AS, COMPOUNDS, DOES, ITEMS, PER, SOURCE_WORDS, TELLS, WHATEVER } from './handover-words.js';

const KIND_OF = new Map<string, number>();
SOURCE_WORDS.forEach((words, at) => {
  for (const word of words.split(/\s+/)) KIND_OF.set(word, (KIND_OF.get(word) ?? 0) | (1 << at));
});

/** The kinds of sources that words name, as bits. */
export function sourceKinds(words: readonly string[]): number {
  let kinds = 0;
  for (const word of words) {
    const name = KIND_OF.has(word) ? word : COMPOUNDS.find(([ending]) => ending.test(word))?.[1];
    if (name !== undefined) kinds |= KIND_OF.get(name) ?? 0;
  }
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
const SOURCE = `(?:${SOURCE_WORDS.slice(0, 4)
  .join(' ')
  .trim()
  .split(/\s+/)
  .filter((word) => !/^(?:http|https|www|page|answer|result|results)$/.test(word))
  .join('|')}|\\p{L}{2,}(?:liste|lijst|anweisung|anleitung|protokoll|handbuch|vertrag|plan))`;

/** Who reads, tells or looks for what somebody asks does not do it. */
const NO_READING =
  '(?<! (?:tell|tells|show|summari[sz]e|read|explain|list|find|see|know|check|understand|translate|forward|quote|out|me|us|about|of|sag|zeig|lies|dis|montre|lis|dime|muestra|lee|dimmi|mostra|leggi|diz|mostra|zeg|toon|lees|powiedz|pokaż))';
/** A number, or a name with one: a ticket, an order, a page. */
const NUMBERED = '(?=\\S{0,20}\\d)\\S{1,20}';
/** What stands for something named before, or is done with it. */
const PRONOUN =
  '(?:it|them|both|that|this|so|those|these|as|es|das|alles|beides|sie|le|la|les|tout|lo|los|las|todo|tutto|tudo|dat|alles|to|wszystko)';

/**
 * The whole decision, to a source: what is to be done is for it to say. Where a form has a group, the source is named in it
 * or behind it: "enter the *application* as the *manual* says" hands it to the manual.
 */
const TO_A_SOURCE: readonly RegExp[] = [
  // "do what the runbook says", "everything the article describes", "take care of whatever he asks for in his mail"
  ` ${DOES} ${up(3)}(?:${WHATEVER}|${AS}) (${up(6)}${TELLS} )`,
  // "order what Mara asks for", "pide lo que el cuaderno dice"; not "what does she ask for", "tell me what she asks for"
  `${NO_READING} (?:what|whatever|everything|alles|(?:tout )?ce que|lo que|cuanto|quello che|ciò che|o que|wat|to co) (?!(?:do|does|did|is|are|was|were|would|should|can) )((?:${W}){1,5}?(?:asks?|asked|wants?|wanted|orders?|demands?|prescribes?|needs?|requires?|recommends?|suggests?|verlangt|wünscht|fordert|steht|demande|indique|dice|pide|indica|chiede|vuole|richiede|diz|pede|quer|zegt|vraagt|prosi|wymaga) )`,
  // "Bestell, was die Werkstatt verlangt": English has another use for "was"
  `${NO_READING} was ((?:${W}){1,5}?(?:steht|sagt|schreibt|verlangt|wünscht|fordert|vorgibt|möchte|braucht) )`,
  // "as described on …", "the way the FAQ says", "as our triage doc says", "wie es in der Anweisung steht"
  ` ${AS} (${up(6)}${TELLS} )`,
  // "per the deploy runbook", "according to docs/TRIAGE.md", "laut Arbeitsanweisung"
  ` ${PER} (${up(4)}${SOURCE} )`,
  // "according to her", "as per our agreement"
  ` (?:according to|in accordance with|in line with|as per) ${up(1)}`,
  // "the deploy page has the steps", "the help page … explains how to export invoices"
  ` (?:${SOURCE}|page) ${up(8)}(?:explains?|describes?|has|tells?|contains?|lists?|shows?|gives?|says?) (?:me |you |us )?(?:how|what|which|(?:the|all|its) (?:steps|instructions|details)) `,
  // "work through the board", "finish all open items on the list", "führe die Löschliste aus", "applica il verbale"
  ` ${DOES} (?:(?!following )${W}){0,6}?${ITEMS} `,
  // "do the payments in my notes file", "work through to-pay.md"
  ` (?:do|work through|work off|go through|erledige|faites|fais|haz|fai|faz|doe|zrób) ${up(5)}(?:md|txt|docx|pdf|xlsx|csv|notes?) `,
  // "do DATA-4858", "resuelve mant-40b", "kümmer dich um 64550"
  ` (?:do|resolve|handle|sort out|deal with|work on|take care of|see to|finish|implement|erledige|bearbeite|kümmere? dich um|übernimm|löse|traite|traitez|règle|résous|occupe toi de|resuelve|atiende|tramita|gestiona|risolvi|gestisci|evadi|occupati di|resolve|trata|behandel|verwerk|regel|załatw|rozwiąż|obsłuż) ${up(3)}${NUMBERED} `,
  // "ticket 27581 is approved, carry it out"
  ` ${NUMBERED} (?:is|was|ist|wurde|est|está|è|fue|foi|jest) (?:approved|accepted|signed off|agreed|fine|ok|freigegeben|genehmigt|approuvée?|validée?|aprobad[oa]|approvat[oa]|aprovad[oa]|goedgekeurd|zatwierdzone?) `,
  // "Ann wrote me what to transfer …; do both", "Kenji marked the plates …: throw them away", "left instructions …, execute them"
  ` (?:wrote|left|sent|told|asked|marked|listed|noted|hinterlassen|geschrieben|markiert|aufgeschrieben|écrit|demandé|marqué|laissé|escribió|marcó|marcado|dejó|scritto|chiesto|segnato|lasciato|escreveu|pediu|marcou|deixou|schreef|gevraagd|napisał|napisała|poprosił|poprosiła) ${up(8)}(?:what|which|to|how|instructions|something|was|welche|anweisungen|quoi|quels?|quelles?|ce que|qué|lo que|instrucciones|cosa|quali|che|istruzioni|o que|quais|instruções|wat|welke|co|które) ${up(16)}(?:do|post|carry|execute|follow|handle|please|erledige|mach|führe|fais|faites|haz|hazlo|fai|faz|faça|doe|zrób|wykonaj) ${up(2)}${PRONOUN} `,
  // "answer their questions", "resolve the blockers"
  ` (?:answer|resolve|address|handle|clear|reply to|respond to) ${up(2)}(?:their|all|any|these|those|his|her|open|its) ${up(2)}(?:questions?|blockers?|comments?|requests?|concerns?|findings?|objections?) `,
  // "the comment of x is right, please do it"
  ` (?:is right|are right|is correct|makes sense|agree with) ${up(6)}(?:do|implement|apply|fix|change|make) `,
  // "fill the template": what to put where is for it to say
  ` fill (?:in |out )?${up(3)}(?:template|form|questionnaire) `,
  ` (?:my go|my approval|my ok|go ahead) (?:for|with) `,
  // Languages written without blanks.
  '(?:に従って|に沿って|の通りに|のとおりに|の指示を|を実行して|に書いてある|按照|根据|照着|依照|的指示|的要求)',
].map((source) => new RegExp(source, 'u'));

/** What is wanted, and not what is to be done for it. */
const OPEN =
  / (?:do something|(?:fix|repair|resolve|solve|mend) (?:it|this|that|them|the problem|the issue)|(?:analy[sz]ed|diagnosed|found|checked|investigated|looked at|looked into) and (?:repaired|fixed|resolved|mended|solved)|take care of (?:it|this|everything|all|them|that|what|my|the)|(?:tidy|clean) (?:\S+ ){0,2}up|cleanup|free (?:up )?(?:\S+ ){0,3}(?:space|disk)|sort (?:it|this|that|them) out|deal with (?:it|this|that|them|the)|handle \S+ (?:on|for|in|of|at) |let \S+ (?:fix|repair|apply|handle|solve|do|sort)|what matters|what is important|important things|keep \S+ (?:\S+ ){0,2}in mind|get \S+ (?:fixed|done|working|running)|make sure (?:it|that|everything)|do (?:it|them|so) for me|please do it|set \S+ up|set up|(?:migrate|upgrade|bootstrap|reproduce|implement|refactor|rewrite|port|deploy|release|ship|roll out|troubleshoot|debug|diagnose|investigate|triage|onboard|offboard|provision|rotate|harden|optimi[sz]e|speed up|bring up|integrate|automate) \S+|(?:fix|repair|resolve|solve|mend|address) (?:\S+ ){0,4}(?:tests?|build|ci|bugs?|errors?|issues?|failures?|crash|problems?|warnings?|conflicts?|outage|alerts?|incident|pipeline|lint|types?|regression|vulnerabilit\S+)|make (?:\S+ ){0,4}(?:pass|work|green|compile|build|run)|get (?:\S+ ){0,5}(?:green|working|running|to work|to pass|tested|ready)) /u;

/** Whom or where to is for data to say: "share it with them", "to the manager who asked", "the address in the CV". */
const OPEN_PLACE =
  / (?:(?:to|with|for|tell|inform|notify|answer|ask|thank|give|send|mail|write) (?:them|him|her|everyone|everybody|all|each|both|whoever|the \S+ (?:who|that|which))|(?:who|that|which) (?:asked|wrote|requested|reported|left|sent|complained|applied|registered|answered|signed|booked|posted|announced)|(?:address|number|account|iban|link|contact|recipient|details|date|time|amount|code|name)s? (?:in|from|on|of|given|that|which|stated|named|is in)|(?:on|in|from) the (?:list|table|sheet|form|thread|mail|message|invoice|bill|letter|note|case|ticket|issue|cv|file|page|directory|contacts)|(?:by|per|via) (?:mail|email|letter|message)|(?:named|listed|stated|given|mentioned|noted) (?:as \S+ |below |there )?(?:in|on|at) |people in|list in|attendees|participants|guests|tenants|members|passengers|(?:aus|in|auf|von) (?:der|dem|den) \S*(?:liste|tabelle|rechnung|brief|mail|nachricht|antrag|schreiben|akte|ticket)|(?:dans|de|sur) (?:la|le|les|l) (?:liste|facture|lettre|courriel|message|demande|ticket)|(?:de|en|del) (?:la |el )?(?:lista|factura|carta|correo|mensaje|solicitud|ticket|ficha)|(?:dalla|nella|dal|nel|della) (?:lista|fattura|lettera|mail|messaggio|richiesta|scheda)|(?:da|na|do|no) (?:lista|fatura|carta|mensagem|pedido)|(?:uit|op|in) de (?:lijst|factuur|brief|mail)|z (?:listy|faktury|maila|wiadomości)) /u;

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
const WORDS_BEHIND = 10;
const WORDS_BEFORE = 12;
/** And how far before what tells the thing stands that it is done to. */
const UNITS_BEFORE_TOLD = 12;

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
  const told: { from: number; to: number }[] = [];
  for (const pattern of [...TO_A_SOURCE, ...more]) {
    const match = pattern.exec(said);
    if (match === null) continue;
    decision = true;
    const end = match.index + match[0].length;
    // "Enter the *application* as the manual says": what it is done to does not say how.
    if (match[1] === undefined && told.some(({ from, to }) => match.index <= to && end >= from - UNITS_BEFORE_TOLD))
      continue;
    if (match[1] !== undefined) told.push({ from: match.index, to: end });
    const inside = (match[1] ?? match[0]).trim().split(' ');
    const behind = said.slice(end).trim().split(' ').slice(0, WORDS_BEHIND);
    const named =
      sourceKinds([...inside, ...behind]) ||
      sourceKinds(said.slice(0, match.index).trim().split(' ').slice(-WORDS_BEFORE));
    if (named === 0) any = true;
    kinds |= named;
  }
  return { decision, kinds: any ? 0 : kinds, open: OPEN.test(said), place: OPEN_PLACE.test(said) };
}
