/** The lesson of a class as a page shows it to its teacher. */

import { describe, expect, test } from 'vitest';

import { positionsInMemory } from '@preau/client';
import { Room } from '../src/state/room.ts';
import { SchoolClock } from '../src/state/school-clock.ts';
import { attend, CLASS, lessonOf, TEACHER } from './attend.ts';

describe('a teacher', () => {
  test('begins and ends a lesson, and changes its rules one by one', async () => {
    const { hub, lesson, view, run, deeds } = await attend(TEACHER);
    lesson.start('Racines');
    expect(view().asked.has('start')).toBe(true);
    await run();
    expect(view()).toMatchObject({ stage: 'on', title: 'Racines', isTeacher: true, posting: 'free' });
    lesson.rule({ mode: 'questions' });
    lesson.rule({ slow_s: 30 });
    await run();
    expect(view().rules).toEqual({ mode: 'questions', slow_s: 30, moderated: false, reactions: true });
    lesson.end();
    await run();
    expect(view().stage).toBe('over');
    expect(deeds()).toEqual(['start', 'rule', 'rule', 'end']);
    expect(hub.log(CLASS).publications).toHaveLength(4);
  });

  test('sees by name who is there and who is missing', async () => {
    const { hub, view, run, start } = await attend(TEACHER);
    hub.lessons.present = ['s.lea'];
    await start();
    hub.lessons.presence(CLASS, ['s.zoe'], [], 40);
    await run(1_000);
    expect(view().presence).toEqual({ here: ['s.lea', 's.zoe'], missing: ['s.ali'] });
    hub.lessons.presence(CLASS, ['s.ali'], ['s.lea']);
    await run();
    expect(view().presence).toEqual({ here: ['s.ali', 's.zoe'], missing: ['s.lea'] });
  });

  test('sees whose hands are up, and calls', async () => {
    const { hub, lesson, view, run, start } = await attend(TEACHER);
    await start();
    hub.lessons.pulse(CLASS, { hands: 2, raised: ['s.zoe', 's.ali'] });
    await run();
    expect(view()).toMatchObject({ hands: 2, raised: ['s.zoe', 's.ali'] });
    lesson.call('s.zoe');
    await run();
    expect(view()).toMatchObject({ called: 's.zoe', isCalled: false });
  });

  test('mutes, pins, opens and closes a poll', async () => {
    const { hub, lesson, view, run, start, deeds } = await attend(TEACHER);
    await start();
    const at = hub.publish(CLASS, 'Page 84', 'm', 'a.one');
    lesson.mute('s.ali');
    lesson.mute();
    lesson.pin(at);
    lesson.openPoll('yes_no', 'Compris ?', 'live');
    await run();
    expect(view()).toMatchObject({ muted: ['s.ali'], mutedAll: true });
    expect(view().pinned?.publication).toMatchObject({ body: { text: 'Page 84' } });
    expect(view().poll).toMatchObject({ scale: 'yes_no', text: 'Compris ?', isOpen: true });
    lesson.unpin();
    lesson.closePoll();
    await run();
    expect(view().pinned).toBeUndefined();
    expect(view().poll).toMatchObject({ isOpen: false });
    expect(deeds()).toEqual(['mute', 'mute', 'pin', 'open_poll', 'unpin', 'close_poll']);
  });

  test('sees who may speak although everybody is muted', async () => {
    const { lesson, view, run, start } = await attend(TEACHER);
    await start();
    lesson.mute();
    await run();
    expect(view()).toMatchObject({ mutedAll: true, exempt: [] });
    lesson.unmute('s.ali');
    lesson.unmute('s.zoe');
    await run();
    expect(view().exempt).toEqual(['s.ali', 's.zoe']);
    lesson.mute('s.zoe');
    await run();
    expect(view().exempt).toEqual(['s.ali']);
    lesson.unmute();
    await run();
    expect(view()).toMatchObject({ mutedAll: false, exempt: [] });
  });

  test('sees that too of a lesson in which much has been said since', async () => {
    const { fake, hub, lesson, room, run, start } = await attend(TEACHER);
    await start();
    lesson.mute();
    lesson.unmute('s.ali');
    await run();
    for (let number = 0; number < 80; number += 1) hub.publish(CLASS, `${number}`, `n-${number}`, 't.martin');
    room.close();
    const later = await Room.open(
      { ...fake.environment, positions: positionsInMemory() },
      () => Promise.resolve('token'),
      new SchoolClock(fake.world),
    );
    const seen = () => lessonOf(later).view.value;
    await fake.world.until('told', () => seen().stage === 'on');
    await run(2_000);
    expect(seen()).toMatchObject({ mutedAll: true, exempt: ['s.ali'] });
  });

  test('judges what students would say', async () => {
    const { hub, lesson, view, run, start, refuse } = await attend(TEACHER);
    const body = { kind: 'post', text: 'Salut', message_id: 'm-9' } as const;
    const at = hub.publish(CLASS, { kind: 'proposal', body }, 'm-9.p', 's.ali');
    await start({ proposals: [at] });
    expect(view().proposals).toMatchObject([
      { author: 's.ali', kind: 'post', text: 'Salut', isJudged: false },
    ]);
    refuse('busy');
    lesson.judge(at, true);
    expect(view().proposals[0]?.isJudged).toBe(true);
    await run(20_000);
    expect(view()).toMatchObject({ trouble: { deed: 'judge', code: 'busy' } });
    expect(view().proposals[0]?.isJudged).toBe(false);
    hub.intercept = () => undefined;
    lesson.judge(at, false);
    await run();
    expect(view().proposals).toEqual([]);
  });

  test('sees what was reported, once each, until it is looked at or gone', async () => {
    const { hub, lesson, view, run, start } = await attend(TEACHER);
    await start();
    const one = hub.publish(CLASS, 'un', 'm-1', 's.ali');
    const two = hub.publish(CLASS, 'deux', 'm-2', 's.ali');
    hub.lessons.change(CLASS, {
      reports: [
        [one, 1],
        [two, 1],
      ],
    });
    await run();
    expect(view().reports.map(({ at, publication }) => [at, publication?.author])).toEqual([
      [one, 's.ali'],
      [two, 's.ali'],
    ]);
    lesson.reportSeen(one);
    expect(view().reports.map(({ at }) => at)).toEqual([two]);
    hub.lessons.change(CLASS, {
      reports: [
        [one, 2],
        [two, 1],
      ],
    });
    await run();
    expect(view().reports).toHaveLength(2);
    lesson.reportSeen(one);
    lesson.delete(two);
    await run();
    expect(view().reports).toEqual([]);
  });
});
