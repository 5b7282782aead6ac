/** Data that speaks to the machine reading it, or tells it what must come before the user's task. */
import type { RuleFamily } from './rule.js';

export const machineAddressRules: RuleFamily = [
  {
    id: 'address.if-ai',
    suspicion: 'injection',
    pattern:
      /\b(?:if|when|since|because|as)\s{1,3}(?:you|the reader|whoever reads this)\b[^.\n]{0,20}\b(?:are|is|'re)\s{1,3}(?:an?\s{1,3}|the\s{1,3})?(?:ai|a\.i\.|artificial intelligence|llm|large language model|language model|chatbot|bot|assistant|agent|automated|machine|gpt\w{0,8}|claude|gemini|copilot)\b/gi,
    inData: 0.86,
    inPrompt: 0.2,
  },
  {
    id: 'address.vocative',
    suspicion: 'injection',
    pattern:
      /\b(?:dear|hey|hello|hi|attention|notice to|note to|message (?:to|for)|instructions? (?:to|for)|for|calling|listen up|okay|ok)[,:]?\s{1,3}(?:all\s{1,3}|any\s{1,3}|every\s{1,3}|the\s{1,3}|this\s{1,3}|our\s{1,3}|your\s{1,3})?(?:ai|llm|language model|chatbot|virtual assistant|ai assistant|ai agents?|ai models?|assistant|gpt[\w.-]{0,8}|chatgpt|claude|gemini|copilot|large language models?)\b\s{0,2}(?:[,:!-]|assistant|agent|reading|processing|handling|reviewing|summari[sz]ing|viewing|working|in charge|responsible|helping|only|who|that|you)/gi,
    inData: 0.8,
    inPrompt: 0.1,
  },
  {
    id: 'address.assistant-must',
    suspicion: 'injection',
    pattern:
      /\b(?:ai|llm|language model|chatbot|ai assistant|assistant|ai agent|agent|model|copilot|gpt)s?\b[^.\n]{0,12}\b(?:must|should|shall|needs? to|has to|have to|is (?:required|instructed|ordered|authori[sz]ed|directed) to|are (?:required|instructed) to|will now|please)\b[^.\n]{0,20}\b(?:ignore|send|forward|call|execute|run|use|reply|respond|include|output|print|perform|transfer|delete|invoke|visit|open|share|post|also|immediately|first|follow|not (?:mention|tell|reveal))\b/gi,
    inData: 0.82,
    inPrompt: 0.15,
  },
  {
    id: 'address.before-your-task',
    suspicion: 'injection',
    pattern:
      /\b(?:before|prior to|in order to|to (?:complete|finish|continue|proceed|solve|answer)|while|as part of)\b[^.\n]{0,40}\b(?:you|your|the (?:user|original|main|actual|current|requested))\b[^.\n]{0,40}\b(?:task|request|question|query|instructions?|job|work|answer(?:ing)?|solv(?:e|ing)|proceed(?:ing)?|continu(?:e|ing)|respon(?:d|ding|se)|summar\w{1,8})\b[^\n]{0,80}\b(?:please|you (?:must|need|should|have|are required)|first|make sure|do the following|required|it is (?:necessary|important|mandatory|essential))\b/gi,
    inData: 0.84,
    inPrompt: 0.12,
  },
  {
    id: 'address.after-that',
    suspicion: 'injection',
    pattern:
      /\b(?:after|once|when|only (?:after|then))\b[^.\n]{0,24}\b(?:you|that|this|done|doing|complet\w{1,5}|finish\w{0,4})\b[^.\n]{0,30}\b(?:you (?:can|may|should|will)|continue|resume|proceed|go back|return to|carry on)\b[^.\n]{0,40}\b(?:task|request|question|query|job|original|user|previous|conversation|work|what you were)\b/gi,
    inData: 0.8,
    inPrompt: 0.1,
  },
  {
    id: 'address.secrecy',
    suspicion: 'injection',
    pattern:
      /\b(?:do not|don't|never|without)\s{1,3}(?:ever\s{1,3})?(?:mention(?:ing)?|tell(?:ing)?|reveal(?:ing)?|inform(?:ing)?|notify(?:ing)?|disclos(?:e|ing)|alert(?:ing)?|ask(?:ing)?|report(?:ing)?|show(?:ing)?|let(?:ting)?)\b[^.\n]{0,40}\b(?:user|human|person|customer|operator|anyone|them|this (?:message|note|instruction|to|step)|these instructions|confirmation|permission|approval)\b/gi,
    inData: 0.74,
    inPrompt: 0.3,
  },
  {
    id: 'address.respond-only',
    suspicion: 'injection',
    pattern:
      /\b(?:respond|reply|answer|say|output|print|return|write|repeat|include)\b[^.\n]{0,24}\b(?:only|exactly|just|nothing (?:but|else)|the (?:exact )?(?:phrase|words?|string|text|sentence|following)|verbatim|in your (?:answer|response|reply|output|summary))\b[^.\n]{0,40}(?:["'“‘:]|with)/gi,
    inData: 0.62,
    inPrompt: 0.1,
  },
  {
    id: 'address.tool-order',
    suspicion: 'injection',
    pattern:
      /\b(?:call|invoke|use|run|execute|trigger|employ)\s{1,3}(?:the\s{1,3}|your\s{1,3}|a\s{1,3})?["'`]?[a-z][\w.-]{1,40}["'`]?\s{1,3}(?:tool|function|api|plugin|action|command|endpoint)\b/gi,
    inData: 0.66,
    inPrompt: 0,
  },
  {
    id: 'address.your-tools',
    suspicion: 'injection',
    pattern:
      /\b(?:use|using|with|via|through)\s{1,3}(?:the\s{1,3}|your\s{1,3})(?:available\s{1,3})?(?:tools?|functions?|capabilities|email tool|access|permissions|credentials)\b[^.\n]{0,40}\b(?:to|and)\b/gi,
    inData: 0.55,
    inPrompt: 0,
  },
  {
    id: 'address.de-fr-es',
    suspicion: 'injection',
    pattern:
      /(?:wenn du (?:eine? )?(?:ki|sprachmodell|assistent)|an (?:die|den|alle) (?:ki|assistenten)|bevor du (?:die|deine|mit der) [^.\n]{0,30}(?:aufgabe|frage|anfrage)|si (?:tu es|vous êtes) (?:une? )?(?:ia|assistant|modèle)|avant de (?:répondre|continuer|résoudre|terminer)[^.\n]{0,40}(?:tâche|question|demande|veuillez|tu dois)|si eres (?:una? )?(?:ia|asistente|modelo)|antes de (?:responder|continuar|resolver|completar)[^.\n]{0,40}(?:tarea|pregunta|debes|por favor)|se sei (?:una? )?(?:ia|assistente|modello)|prima di (?:rispondere|continuare|completare)[^.\n]{0,40}(?:compito|devi|richiesta)|als je een (?:ai|assistent)|если ты (?:ии|ассистент|модель)|прежде чем [^.\n]{0,40}(?:задач|вопрос))/giu,
    inData: 0.86,
    inPrompt: 0.15,
  },
];
