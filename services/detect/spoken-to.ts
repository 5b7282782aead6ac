/**
 * Whether a request is spoken to a machine over its user's head. The phrases that are looked for in every text stand in
 * services/inspect/rules; these are read in a suspicious span only, in normalised words, and so may be looser.
 */

const MACHINE =
  '(?:ai|a i|ki|ia|llms?|bots?|chatbots?|robots?|(?:language|ai) models?|assistants?|assistant systems?|agents?|copilots?|sprachmodelle?n?|assistent(?:en|s|i|e|es)?|assistenzsystem(?:e|en)?|agent(?:en|es|s|i|e)?|asistentes?|modelos?|modèles?|modelli|asystent(?:a|ów|om)?|agentów|ki agent(?:en)?|agentes? de ia|agents? ia|agenti ia)';

const TO_MACHINES: readonly RegExp[] = [
  // It speaks of the user: so it is not the user's, and not for people.
  / (?:the|this|your) (?:user|human|principal|person you (?:assist|help)) /u,
  // "for AI agents", "an alle Assistenzsysteme", "note to any assistant"
  new RegExp(
    ` (?:for|to|dear|an|für|liebe|à|aux|pour|para|a|al|ai|per|gli|agli|voor|aan|dla|do) (?:(?:all|any|every|the|this|alle|jeden|die|den|tous les|les|todos los|los|tutti gli|gli|todos os|os|elke|de|wszystkich|automated|automatisierte) ){0,2}${MACHINE} (?!(?:of|at|from|who|fees?|portal) )`,
    'u',
  ),
  // "task done, next task", "Nächste Aufgabe", "your next assignment"
  / (?:next|new|nächste|neue|prochaine|nouvelle|siguiente|nueva|próxima|nova|prossimo|nuovo|prossima|nuova|volgende|nieuwe|następne|nowe) (?:task|assignment|instructions?|order|directive|aufgabe|auftrag|anweisung|tâche|mission|consigne|tarea|instrucción|compito|incarico|istruzione|tarefa|instrução|taak|opdracht|instructie|zadanie|polecenie) /u,
  // "system prompt update", "system message"
  / (?:system prompt|systemprompt|system (?:message|update|instruction|override|notice|note)|prompt update|systemnachricht|systemanweisung|message système|mensaje del sistema|messaggio di sistema|mensagem do sistema|systeembericht|komunikat systemowy) /u,
  // "my earlier request", in data: nobody there made one
  / (?:(?:the|your) (?:original|previous|earlier|above) (?:request|task|question|instructions?)|what was asked|request above) /u,
];

/** @param words `normalWords` of a suspicious span and what stands right behind it */
export function speaksToMachine(words: string): boolean {
  return TO_MACHINES.some((pattern) => pattern.test(words));
}
