import { describe, expect, test } from 'vitest';
import {
  drivenShare,
  FIRST_CONVERSATIONS,
  newSinkHabit,
  noteConversation,
  noteSink,
  shrinkSinkHabit,
  type SinkHabit,
} from '../../services/detect/sink-habit.js';

function converse(habit: SinkHabit, ...calls: [tool: string, driven: boolean][]): void {
  noteConversation(habit);
  const met = {};
  for (const [tool, driven] of calls) noteSink(habit, met, tool, driven);
}

describe('what data usually drive', () => {
  test('a tool that data drive in conversation after conversation; twice is no habit', () => {
    const habit = newSinkHabit();
    converse(habit, ['set_labels', true]);
    converse(habit, ['set_labels', true]);
    expect(drivenShare(habit, 'set_labels')).toBe(0);
    converse(habit, ['set_labels', true], ['send_mail', false]);
    expect(drivenShare(habit, 'set_labels')).toBe(1);
    expect(drivenShare(habit, 'send_mail')).toBe(0);
    expect(drivenShare(habit, 'never_called')).toBe(0);
  });

  test('a conversation counts once, however many calls it makes', () => {
    const habit = newSinkHabit();
    converse(habit, ['pay', false], ['pay', true], ['pay', true], ['pay', true]);
    expect(drivenShare(habit, 'pay')).toBe(0);
    expect(Object.values(habit.t)).toEqual([[1, 1]]);
  });

  test('whoever attacks again and again later teaches nothing', () => {
    const habit = newSinkHabit();
    for (let at = 0; at <= FIRST_CONVERSATIONS; at++) converse(habit, ['read_page', false]);
    for (let at = 0; at < 50; at++) converse(habit, ['delete_all', true]);
    expect(drivenShare(habit, 'delete_all')).toBe(0);
  });

  test('it stays small', () => {
    const habit = newSinkHabit();
    converse(habit, ...Array.from({ length: 200 }, (_, at): [string, boolean] => [`tool_${at}`, true]));
    converse(habit, ...Array.from({ length: 200 }, (_, at): [string, boolean] => [`other_${at}`, true]));
    const before = Object.keys(habit.t).length;
    expect(before).toBeLessThanOrEqual(12);
    shrinkSinkHabit(habit);
    expect(Object.keys(habit.t).length).toBeLessThan(before);
  });
});
