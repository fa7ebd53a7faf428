/** The lesson of a class as a page shows it, to a student and to a teacher. */

import { describe, expect, test } from 'vitest';

import { LessonWords } from '../src/state/lesson-words.ts';
import { Room } from '../src/state/room.ts';
import { SchoolClock } from '../src/state/school-clock.ts';
import { attend, CLASS, lessonOf } from './attend.ts';
import { FakeSchool } from './fakes.ts';

const question = (text: string) => ({ kind: 'question', body: { text } }) as const;

describe('a lesson', () => {
  test('is known from its beginning to its end, and its class is live meanwhile', async () => {
    const { hub, room, lesson, view, run, start } = await attend();
    expect(view()).toMatchObject({ stage: 'none', posting: 'free', asking: 'no_lesson' });
    expect([...room.live.value.keys()]).toEqual([]);
    await start({ title: 'Racines' });
    expect(view()).toMatchObject({ stage: 'on', title: 'Racines', by: 't.martin', isTeacher: false });
    expect([...room.live.value.keys()]).toEqual([CLASS]);
    hub.lessons.end(CLASS);
    await run();
    expect(view()).toMatchObject({ stage: 'over', title: 'Racines', asking: 'no_lesson', questions: [] });
    expect([...room.live.value.keys()]).toEqual([]);
    lesson.overSeen();
    expect(view().stage).toBe('none');
    await start();
    expect(view().stage).toBe('on');
  });

  test('that ended while the page was closed is not over: it never was', async () => {
    const { view } = await attend();
    expect(view().stage).toBe('none');
  });

  test('says what may be said, and for how long not', async () => {
    const { hub, view, run, start } = await attend();
    await start();
    expect(view()).toMatchObject({ posting: 'free', asking: 'free' });
    hub.lessons.change(CLASS, { mode: 'questions' });
    await run();
    expect(view()).toMatchObject({ posting: 'mode', asking: 'free' });
    hub.lessons.change(CLASS, { mode: 'teacher' });
    await run();
    expect(view()).toMatchObject({ posting: 'mode', asking: 'mode' });
    hub.lessons.change(CLASS, { mode: 'open', moderated: true });
    await run();
    expect(view()).toMatchObject({ posting: 'held', asking: 'held' });
    hub.lessons.change(CLASS, { muted_all: true });
    await run();
    expect(view()).toMatchObject({ posting: 'muted', asking: 'muted', mutedAll: true });
  });

  test('slow mode ends by itself at its moment', async () => {
    const { fake, hub, view, run, start } = await attend();
    await start({ slow_s: 10 });
    hub.lessons.speakAt = 5_000_000 + Math.round(fake.world.now()) + 10_000;
    hub.lessons.change(CLASS, {});
    await run(100);
    expect(view()).toMatchObject({ posting: 'slow', asking: 'slow' });
    const rest = view().speakAt! - fake.world.now();
    expect(rest).toBeGreaterThan(9_700);
    expect(rest).toBeLessThanOrEqual(10_000);
    await run(rest + 100);
    expect(view()).toMatchObject({ posting: 'free', asking: 'free', speakAt: undefined });
  });

  test('slow mode lasts as long when school time is sped up', async () => {
    const { fake, hub, room, view, run, start } = await attend();
    await start({ slow_s: 10 });
    room.setSchoolTime(5_000_000 + Math.round(fake.world.now()), 60);
    hub.lessons.speakAt = room.clock.now.ms! + 10_000;
    await run(2_000);
    hub.lessons.change(CLASS, {});
    await run(100);
    const rest = view().speakAt! - fake.world.now();
    expect(rest).toBeGreaterThan(7_500);
    expect(rest).toBeLessThan(8_000);
  });
});

describe('questions', () => {
  test('stand apart from the feed, with their words and who asked', async () => {
    const { hub, room, view, run, start } = await attend();
    const at = hub.publish(CLASS, question('Pourquoi deux racines ?'), 'q-1', 'a.two');
    await start({ questions: [{ at, standing: 'open', upvotes: 2 }] });
    expect(view().questions).toMatchObject([
      { text: 'Pourquoi deux racines ?', author: 'a.two', upvotes: 2, isMine: false, isUpvoted: false },
    ]);
    await run(2_000);
    expect(room.channel(CLASS).view.value.entries).toEqual([]);
  });

  test('that were asked before the page was open are asked for once', async () => {
    const { fake, hub, view, run, start } = await attend();
    const at = hub.publish(CLASS, question('Déjà posée'), 'q-1', 'a.two');
    await run();
    // As if the replay had begun after it.
    const { room: other, lesson } = await (async () => {
      const late = await Room.open(
        {
          ...fake.environment,
          positions: {
            read: () => ({ epoch: hub.epoch, offset: 1 }),
            write: () => undefined,
            forget: () => undefined,
          },
        },
        () => Promise.resolve('token'),
        new SchoolClock(fake.world),
      );
      return { room: late, lesson: lessonOf(late) };
    })();
    await fake.world.until('live', () => other.line.value.name === 'live');
    await start({ questions: [{ at, standing: 'open', upvotes: 0 }] });
    expect(lesson.view.value.questions).toMatchObject([{ text: undefined }]);
    await run(2_000);
    expect(lesson.view.value.questions).toMatchObject([{ text: 'Déjà posée' }]);
    hub.lessons.change(CLASS, { mode: 'questions' });
    await run(3_000);
    const asked = fake.asked.filter(({ url }) => url.includes('kind=question'));
    expect(asked).toHaveLength(1);
    expect(view().questions).toMatchObject([{ text: 'Déjà posée' }]);
  });

  test('are upvoted at once, and one’s own leave what is being sent', async () => {
    const { hub, room, lesson, view, run, start } = await attend();
    await start();
    room.channel(CLASS).send(question('Et si a = 0 ?'));
    expect(room.channel(CLASS).view.value.sending).toMatchObject([{ stage: 'sending' }]);
    await run();
    expect(room.channel(CLASS).view.value.sending).toEqual([]);
    const at = { epoch: hub.epoch, offset: 1 };
    hub.lessons.change(CLASS, { questions: [{ at, standing: 'open', upvotes: 0 }] });
    await run();
    expect(view().questions).toMatchObject([{ text: 'Et si a = 0 ?', isMine: true }]);
    lesson.upvote(at, true);
    expect(view().questions[0]?.isUpvoted).toBe(true);
    await run();
    expect(view().questions[0]).toMatchObject({ isUpvoted: true, upvotes: 1 });
  });

  test('lose their words when they are deleted', async () => {
    const { hub, view, run, start } = await attend();
    const at = hub.publish(CLASS, question('Oups'), 'q-1', 'a.two');
    await start({ questions: [{ at, standing: 'open', upvotes: 0 }] });
    hub.publish(CLASS, { kind: 'deletion', body: { at } });
    await run();
    expect(view().questions).toMatchObject([{ isDeleted: true, text: undefined, author: undefined }]);
  });
});

describe('a student', () => {
  test('raises a hand, sees its place, and is called', async () => {
    const { hub, lesson, view, run, start } = await attend();
    await start();
    lesson.raise();
    expect(view()).toMatchObject({ hand: 'asked' });
    expect(view().asked.has('raise')).toBe(true);
    await run();
    expect(view()).toMatchObject({ hand: 1, hands: 1 });
    expect(view().asked.size).toBe(0);
    hub.lessons.pulse(CLASS, { called: 'a.one' });
    await run();
    expect(view()).toMatchObject({ called: 'a.one', isCalled: true });
  });

  test('votes, and votes otherwise; sees counts only where the hub tells them', async () => {
    const { hub, lesson, view, run, start } = await attend();
    await start({ poll: { poll: 'p-1', scale: 'letters', text: '', shown: 'closed', open: true } });
    lesson.vote(1);
    expect(view().poll).toMatchObject({ vote: 1, isOpen: true });
    await run();
    lesson.vote(3);
    await run();
    expect([...hub.lessons.votes(CLASS).values()]).toEqual([3]);
    expect(view().poll).toMatchObject({ vote: 3, voters: 1, counts: undefined });
    hub.lessons.change(CLASS, {
      poll: { poll: 'p-1', scale: 'letters', text: '', shown: 'closed', open: false, counts: [4, 0, 1, 2] },
    });
    await run();
    expect(view().poll).toMatchObject({ isOpen: false, counts: [4, 0, 1, 2], voters: 7 });
  });

  test('sees reactions burst by burst', async () => {
    const { hub, lesson, run, start } = await attend();
    await start();
    hub.lessons.pulse(CLASS, { reactions: [['clap', 12]] });
    await run();
    expect(lesson.bursts.value).toEqual({ number: 1, counts: [['clap', 12]] });
    hub.lessons.pulse(CLASS);
    await run();
    expect(lesson.bursts.value.number).toBe(1);
    lesson.react('heart');
    await run();
    expect(lesson.bursts.value).toEqual({ number: 2, counts: [['heart', 1]] });
  });

  test('is told what could not be done, until it is read; not of a lost reaction', async () => {
    const { lesson, view, run, start, refuse } = await attend();
    await start();
    refuse('shed');
    lesson.react('heart');
    await run();
    expect(view().trouble).toBeUndefined();
    lesson.raise();
    await run();
    expect(view()).toMatchObject({ trouble: { deed: 'raise', code: 'shed' }, hand: 'down' });
    lesson.troubleSeen();
    expect(view().trouble).toBeUndefined();
  });

  test('keeps a hand through a hub that was killed', async () => {
    const { fake, hub, room, lesson, view, run, start } = await attend();
    await start();
    lesson.raise();
    await run();
    hub.lessons.restart();
    await fake.world.until('cut', () => room.line.value.name !== 'live');
    expect(view()).toMatchObject({ stage: 'on' });
    await fake.world.until('live', () => room.line.value.name === 'live');
    await run(1_000);
    expect(view()).toMatchObject({ hand: 1, trouble: undefined });
    expect(hub.lessons.hands(CLASS)).toEqual(['a.one']);
  });

  test('whose words wait for the teacher sees what became of them', async () => {
    const { hub, room, run, start } = await attend();
    await start({ moderated: true });
    const channel = room.channel(CLASS);
    let offset = -1;
    hub.intercept = (message) =>
      message.type === 'publish'
        ? ({
            type: 'held',
            id: message.id,
            channel: CLASS,
            message_id: message.message_id,
            position: { epoch: hub.epoch, offset: (offset += 1) },
            duplicate: false,
          } as never)
        : undefined;
    for (const text of ['un', 'deux', 'trois']) channel.send({ kind: 'post', body: { text } });
    await run();
    const stages = () => channel.view.value.sending.map(({ stage }) => stage);
    expect(stages()).toEqual(['held', 'held', 'held']);
    const [first, second] = channel.view.value.sending;
    hub.publish(CLASS, { kind: 'post', body: { text: 'un' } }, first!.messageId, 'a.one');
    hub.publish(CLASS, { kind: 'lesson', body: { event: 'rejected', at: { epoch: hub.epoch, offset: 1 } } });
    await run(1_000);
    expect(stages()).toEqual(['rejected', 'held']);
    expect(channel.view.value.entries).toHaveLength(1);
    expect(channel.discard(second!.messageId)).toEqual({ kind: 'post', body: { text: 'deux' } });
    hub.publish(CLASS, { kind: 'lesson', body: { event: 'ended' } });
    await run(1_000);
    expect(stages()).toEqual(['rejected']);
  });

  test('that wait for the teacher are shown by a page that has not sent them', async () => {
    const { hub, room, run, start } = await attend();
    const channel = room.channel(CLASS);
    const at = { epoch: hub.epoch, offset: 41 };
    hub.lessons.held = [{ at, kind: 'question', text: 'Pourquoi ?', message_id: 'm-old' }];
    await start({ moderated: true });
    const sending = () => channel.view.value.sending;
    expect(sending()).toEqual([
      {
        messageId: 'm-old',
        content: { kind: 'question', body: { text: 'Pourquoi ?' } },
        stage: 'held',
        heldAt: at,
      },
    ]);
    hub.lessons.pulse(CLASS);
    await run();
    expect(sending()).toHaveLength(1);
    hub.lessons.held = [];
    hub.lessons.change(CLASS, {});
    await run();
    expect(sending()).toEqual([]);
  });
});

describe('words', () => {
  test('are bounded, and those that the lesson points to are kept', () => {
    const { world } = new FakeSchool();
    const words = new LessonWords({
      clock: world,
      history: () => Promise.reject(new Error('not asked')),
      came: () => undefined,
    });
    const at = (offset: number) => ({ epoch: '00000001', offset });
    const post = (offset: number) =>
      ({ channel: CLASS, position: at(offset), kind: 'post', body: { text: `${offset}` } }) as never;
    const pinned = { questions: [], pinned: at(1) } as never;
    words.want(pinned, []);
    for (let offset = 1; offset <= 700; offset++) words.add(post(offset));
    expect(words.of(at(1))).toBeDefined();
    expect(words.of(at(2))).toBeUndefined();
    expect(words.of(at(700))).toBeDefined();
    words.stop();
  });
});
