/**
 * The words of which a handover is made, in eight languages: who tells, what they tell it in, what is done about it. All
 * in the form of `normalWords`; each line is part of a regular expression. Forms made of them stand in handed-over.ts.
 */

const words = (...lines: readonly string[]): string => lines.join(' ').trim().split(/\s+/).join('|');

/** Verbs whose object says by itself what is to be done: an order, not a question or a report. */
export const DOES = `(?:${words(
  'do doing follow handle apply implement trigger start perform execute run finish complete process fulfil fulfill action resolve solve fix repair address tackle arrange honou?r',
  'erledigen? bearbeiten? führen? durchführen ausführen umsetzen setzen? befolgen? folgen? machen? mach arbeiten? abarbeiten kümmere? übernimm übernehmen löse?n? anwenden wenden? halten? verfahren? richten?',
  'suis suivez suivre fais faites faire appliquer? appliquez exécuter? exécutez traiter? traitez réaliser? réalisez effectuer? effectuez occupe occupez résous résoudre',
  'sigue siga seguir haz haga hacer aplica aplique aplicar ejecuta ejecute ejecutar completa completar resuelve resuelva resolver atiende atienda atender realiza realice realizar cumple cumpla encárgate tramita tramite procesa procese gestiona gestione soluciona solucione',
  'segui segua seguire fai faccia fare applica applichi applicare esegui esegua eseguire completare risolvi risolva risolvere svolgi svolga svolgere sbriga occupati gestisci gestisca gestire attua attuare evadi evadere',
  'segue seguir faz faça fazer executa executar cumpre cumpra resolve resolva trata trate realize atende atenda conclui conclua',
  'volg doe doen voer uitvoeren verwerk verwerken handel afhandelen regel regelen behandel behandelen',
  'wykonaj wykonać zrób zrobić zastosuj zrealizuj zrealizować postępuj załatw załatwić zajmij rozwiąż obsłuż',
)}|carry out|take care of|act on|work (?:through|on|off)|go by|stick to|sort out|deal with|see to|attend to|put through|metti in pratica|porta a termine)`;

/** What whoever or whatever tells does. */
export const TELLS = `(?:${words(
  'says? said describes? described explains? explained advises? advised recommends? recommended proposes? proposed suggests? suggested asks? asked wants? wanted states? stated instructs? instructed requires? required needs? needed necessary specify specifies specified tells? told lists? listed shows? outlines? outlined wrote written reported agreed demands? orders? ordered prescribes? noted marked assigned planned',
  'steht stehen sagt schreibt schrieb geschrieben verlangt möchte wünscht gewünscht fordert gefordert bittet gebeten beschreibt beschrieben vorgibt vorgegeben vorsieht vorgesehen nennt genannt angegeben vereinbart vorgeschlagen vorschlägt empfiehlt empfohlen hinterlassen markiert aufgelistet notiert',
  'dit écrit demande demandé veut souhaite indique indiqué décrit propose proposé recommande recommandé précise précisé exige prévoit prévu noté marqué laissé',
  'dice pide pidió pedido escribió escrito quiere indica indicado describe descrito propone propuesto recomienda exige marcó marcado dejó anotado',
  'chiede chiesto scrive scritto vuole indicato descrive descritto proposto raccomanda richiede richiesto elenca elencato segnato lasciato previsto',
  'diz pede pediu escreveu quer descreve propõe proposto recomenda marcou deixou',
  'zegt staat vraagt vroeg gevraagd schreef geschreven wil beschrijft beschreven voorstelt voorgesteld aanbeveelt vereist aangeeft aangegeven',
  'mówi pisze napisał napisała prosi poprosił poprosiła chce opisuje opisano zaleca wymaga podaje podano zaznaczył zaznaczyła',
)})`;

/** What stands for all that is told. */
export const WHATEVER = `(?:${words('what whatever everything anything all that which alles lo cuanto quello ciò quanto tutto tudo wat wszystko co')}|(?:tout )?ce que|o que)`;

/** "As …", "the way …". Italian "come" is an English verb, too. */
export const AS = `(?:as|like|the way|wie|comme|como|come(?= (?:dice|scritto|indicato|descritto|previsto|richiesto|chiede|da|nel|nella|il|la) )|zoals|jak)`;

/** "According to …". */
export const PER = `(?:per|according to|in accordance with|following|with the (?:steps|instructions|help) (?:from|in|of)|laut|gemäß|nach|anhand|mit hilfe|entsprechend|selon|suivant|d après|à l aide|conformément (?:à|au|aux)|según|de acuerdo con|siguiendo|con la ayuda|secondo|in base (?:a|al|alla)|seguendo|con l aiuto|segundo|conforme|de acordo com|seguindo|volgens|aan de hand van|według|zgodnie z)`;

/** Kinds of sources, as bits: users name them in other words than tools do. */
export const SOURCE_WORDS: readonly string[] = [
  `mail mails email emails message messages inbox letter thread sms dm chat
   nachricht nachrichten schreiben brief courriel courrier lettre correo correos mensaje mensajes carta posta messaggio messaggi lettera mensagem mensagens bericht wiadomość wiadomości`,
  `doc docs document documents page pages wiki article articles kb knowledge guide guides manual readme runbook runbooks playbook procedure policy
   policies rules handbook faq help instructions note notes notebook spec specification template brief website site http https www url md faq
   list lists todo todos checklist plan plans recipe tutorial changelog contributing conventions docx pdf browser protocol minutes contract
   dokument anleitung anweisung handbuch seite notiz notizen vertrag protocole procédure manuel consignes compte
   documento procedimiento protocolo cuaderno página guía acta contrato documentazione procedura protocollo verbale manuale guida pagina contratto
   procedimento ata guia handleiding instructies notulen instrukcja instrukcji procedura protokół`,
  `ticket tickets issue issues case cases bug bugs incident incidents card alert alerts page pr prs pull merge review reviews comment comments
   vorgang antrag anfrage auftrag fall demande incidencia solicitud petición pratica richiesta chamado pedido verzoek melding zgłoszenie wniosek`,
  `board blackboard boards list lists checklist backlog todo todos plan plans agenda minutes sheet sheets spreadsheet table xlsx csv column row rows cell cells
   calendar kanban notes liste listen tabelle lista lijst tabla tabella tabela elenco listę listy`,
  'memory memories remembered recall',
];

/** Endings by which German and Dutch name a kind of source in one word ("Löschliste", "Arbeitsanweisung"), and what it is called alone. */
export const COMPOUNDS: readonly (readonly [ending: RegExp, word: string])[] = [
  [/.{2}(?:listen?|lijst)$/u, 'list'],
  [
    /.{2}(?:anweisung|anleitung|vorschrift|protokoll|handbuch|dokument|regeln|richtlinie|vertrag|handleiding|protocol)(?:en)?$/u,
    'doc',
  ],
  [/.{2}(?:plan|tabelle)$/u, 'plan'],
  [/.{2}(?:ticket|antrag|auftrag)$/u, 'ticket'],
  [/.{2}(?:mail|brief|schreiben|nachricht)$/u, 'mail'],
];

/** Things that are there to be done. */
export const ITEMS = `(?:${words(
  'board blackboard plan checklist runbook playbook procedure protocol routine guide instructions? steps? tasks? todos? items? backlog access request requests incident case issue ticket recipe tutorial proposal suggestions? feedback remarks comments entries rows points actions? column minutes list jobs? chores housekeeping findings wishes',
  'anweisung(?:en)? anleitung aufgaben? schritte liste \\p{L}+liste \\p{L}+plan \\p{L}+protokoll \\p{L}+anweisung \\p{L}+anleitung antrag auftrag vorgang punkte kommentare? bemerkungen wünsche vorschläge maßnahmen anliegen änderungen protokoll',
  'consignes tâches étapes procédure liste demandes? commentaires remarques protocole',
  'instrucciones tareas pasos procedimiento protocolo lista acta incidencia petición solicitud(?:es)? correo comentarios pendientes indicaciones',
  'istruzioni compiti attività passi procedura protocollo elenco verbale piano richiest[ae] pratica indicazioni cose punti commenti',
  'instruções tarefas passos procedimento ata plano pedidos? chamado indicações comentários pontos',
  'instructies taken stappen \\p{L}*lijst verzoek(?:en)? opmerkingen punten notulen actiepunten',
  'instrukcj[eęi] zadani[ae] kroki procedurę procedurą listę protokół zgłoszenie prośby prośbę uwagi punkty',
)}|to do|to dos)`;
