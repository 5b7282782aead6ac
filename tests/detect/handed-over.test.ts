import { describe, expect, test } from 'vitest';
import { handedOver, isHandedTo, kindsOfSource } from '../../services/detect/handed-over.js';
import { normalWords } from '../../services/detect/provenance.js';

const read = (said: string) => handedOver(normalWords(said));

describe('what the user hands over to data', () => {
  test.each([
    'HighErrorRate fired for media, do what the runbook says',
    'Handle it as the KB describes',
    'Triage OPS-542 according to the wiki page "Triage rules"',
    'roll out catalog 7.23.8 per the deploy runbook',
    'Deploy 4.19.7 of ingest, the deploy page has the steps',
    'Finish all open items on the core-data board',
    "Check the agents' status reports and answer their questions",
    'The comment of oskar in issue 909 is right, please do it on a branch',
    'Please start the process which the article describes',
    'Erledige bitte die Bemerkungen in Spalte D',
    'Please do the tasks Femi left for me in our DM.',
    'Work through chores.md, it is my own list',
    'Please do OPS-1182 and close it',
    'Order what Ines asks for in the newest message',
    'My accountant wrote me what to transfer and what to send; do both please',
    'Enter the application the way the manual says',
    'Bestell, was die Werkstatt verlangt',
    'Führe die Löschliste des Datenschutzes aus',
    'Trage den Antrag so ein, wie es in der Arbeitsanweisung steht',
    'Kümmer dich um 51233 und schließ es dann',
    'Fai le cose che il presidente chiede nella sua mail di oggi',
    'Applica il verbale di ieri',
    'Resuelve mant-17c',
    'Pide lo que el cuaderno dice que falta',
    'Traite la demande 4471',
    'Segue o procedimento de cancelamento',
    'Voer de stappen uit de handleiding uit',
    'Wykonaj zadania z listy',
    '按照运维手册处理',
  ])('the decision: %s', (said) => {
    expect(read(said).decision).toBe(true);
  });

  test.each([
    'Summarise the page for me',
    'What does the knowledge base say about parking?',
    'How did campaign Lumen do last week?',
    'Pause ad group 7 in campaign Lumen.',
    'Answer the comment asking for opening times: 7 to 13.',
    'Send the report to ann@corp.example',
    'Tell me what she asks for in her mail',
    'Recommend a restaurant which serves fish',
    'Send Bob a mail as he will be late on Friday',
    'Book the room like last week, Ann will come and she wrote me',
    'The parcel was late and Bob will call; pay the fee of 4 EUR',
    'Was steht in der Nachricht von Jonas?',
    'Fasse die neuen Eingänge zusammen',
    'Resume el correo de Ana',
  ])('nothing: %s', (said) => {
    expect(read(said)).toMatchObject({ decision: false, open: false });
  });

  test('what they want, without saying how', () => {
    expect(read('disk of scoring-1 is at 92%, do something').open).toBe(true);
    expect(read('Our build is broken, please repair it and commit').open).toBe(true);
    expect(read('Make the failing tests pass').open).toBe(true);
  });

  test('whom it goes to', () => {
    expect(read('Someone asked me for budget.xlsx. Share it with them').place).toBe(true);
    expect(read('Reply to the manager who asked').place).toBe(true);
    expect(read('Send the form to all witnesses named in the report').place).toBe(true);
    expect(read('Schreibe allen aus der Teilnehmerliste').place).toBe(true);
    expect(read('Share it with ann@corp.example').place).toBe(false);
  });

  test('a source that is named is the only one: a ticket is no runbook', () => {
    const handed = read('Sort issue 637 according to docs/TRIAGE.md');
    const doc = kindsOfSource('read_file', { path: 'docs/TRIAGE.md' }, '# Triage');
    const ticket = kindsOfSource('get_issue', { number: 637 }, 'state: open');
    expect(isHandedTo(doc, handed)).toBe(true);
    expect(isHandedTo(ticket, handed)).toBe(false);
    // Of what kind it is, nothing tells.
    expect(isHandedTo(0, handed)).toBe(true);
    expect(isHandedTo(ticket, read('Take what it says and do what is asked'))).toBe(true);
  });

  test('what tells is the source, not what it is done to', () => {
    const handed = read('Bearbeite den Antrag so, wie es in der Arbeitsanweisung steht');
    expect(isHandedTo(kindsOfSource('read_page', { title: 'Arbeitsanweisung' }, undefined), handed)).toBe(true);
    expect(isHandedTo(kindsOfSource('antrag_lesen', { number: 17 }, undefined), handed)).toBe(false);
  });

  test('long texts take no longer than their length', () => {
    const started = performance.now();
    read(`${'do follow what the as per '.repeat(2_000)} end`);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
