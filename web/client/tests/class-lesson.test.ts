/** One's part in lessons: what is told, what is done, and what is said again after a hub has forgotten it. */

import { describe, expect, test } from 'vitest';

import type { Poll } from '../src/lesson-messages.ts';
import { DEEDS_MAX, INTERRUPTED } from '../src/deeds.ts';
import { attend, CLASS } from './model/attendance.ts';

const POLL: Poll = { poll: 'p-1', scale: 'letters', text: 'Laquelle ?', shown: 'closed' };

describe('what is told', () => {
  test('whether there is a lesson, from the start and at each change', async () => {
    const { world, hub, lesson } = await attend();
    expect(lesson.seen.lesson).toBeNull();
    hub.lessons.start(CLASS);
    await world.until('started', () => lesson.seen.lesson?.title === 'Vecteurs');
    hub.lessons.change(CLASS, { mode: 'questions' });
    await world.until('changed', () => lesson.seen.lesson?.mode === 'questions');
    hub.lessons.end(CLASS);
    await world.until('ended', () => lesson.seen.lesson === null);
  });

  test('a pulse brings the newest counts, and keeps those of settled questions', async () => {
    const { world, hub, lesson } = await attend();
    const at = (offset: number) => ({ epoch: hub.epoch, offset });
    hub.lessons.start(CLASS, {
      poll: { ...POLL, shown: 'live', open: true, counts: [0, 0, 0, 0] },
      questions: [
        { at: at(1), standing: 'open', upvotes: 4 },
        { at: at(2), standing: 'open', upvotes: 0 },
        { at: at(3), standing: 'answered', upvotes: 7 },
      ],
    });
    hub.lessons.pulse(CLASS, {
      hands: 3,
      votes: { poll: 'p-1', voters: 2, counts: [1, 0, 1, 0] },
      upvotes: [[at(2), 5]],
    });
    await world.until('counted', () => lesson.seen.pulse?.hands === 3);
    expect(lesson.seen.lesson?.questions.map(({ upvotes }) => upvotes)).toEqual([0, 5, 7]);
    expect(lesson.seen.lesson?.poll?.counts).toEqual([1, 0, 1, 0]);
  });

  test('each pulse is told once, with its reactions', async () => {
    const { world, hub, lesson } = await attend();
    hub.lessons.start(CLASS);
    const reactions: unknown[] = [];
    lesson.onPulse((pulse) => reactions.push(...pulse.reactions));
    void lesson.act({ do: 'react', reaction: 'clap' });
    await world.run(100);
    hub.lessons.pulse(CLASS);
    await world.run(100);
    expect(reactions).toEqual([['clap', 1]]);
  });

  test('nothing is known any more of a class that is left', async () => {
    const { world, hub, client, lesson } = await attend();
    const leave = client.connection.subscribe('class:b', 'now', () => undefined);
    const other = client.connection.lesson('class:b');
    hub.lessons.start('class:b');
    await world.until('told', () => other.seen.lesson != null);
    leave();
    hub.lessons.change('class:b', { title: 'Zu spät' });
    await world.run(500);
    expect(other.seen.lesson).toBeUndefined();
    expect(lesson.seen.lesson).toBeNull();
  });
});

describe('presence', () => {
  test('changes build on the whole', async () => {
    const { world, hub, lesson } = await attend(true);
    hub.lessons.start(CLASS);
    void lesson.act({ do: 'presence' });
    await world.run(100);
    hub.lessons.presence(CLASS, ['a.two', 'a.three'], []);
    hub.lessons.presence(CLASS, [], ['a.one']);
    await world.until('three', () => lesson.seen.present?.has('a.three') === true);
    await world.run(500);
    expect([...lesson.seen.present!]).toEqual(['a.two', 'a.three']);
  });

  test('a hole is healed by asking for the whole, once', async () => {
    const { world, hub, lesson, deeds } = await attend(true);
    hub.lessons.start(CLASS);
    hub.lessons.presence(CLASS, ['a.two'], [], 40);
    hub.lessons.presence(CLASS, ['a.three'], [], 50);
    await world.until('healed', () => lesson.seen.present?.has('a.three') === true);
    expect([...lesson.seen.present!]).toEqual(['a.one', 'a.two', 'a.three']);
    expect(deeds().filter((deed) => deed.do === 'presence')).toHaveLength(1);
    hub.lessons.presence(CLASS, [], ['a.two']);
    await world.until('went', () => lesson.seen.present?.has('a.two') === false);
  });

  test('a new connection begins with the whole', async () => {
    const { hub, lesson, again } = await attend(true);
    hub.lessons.start(CLASS);
    hub.cut();
    hub.lessons.present = ['a.nine'];
    hub.lessons.version = 1;
    await again();
    expect([...lesson.seen.present!]).toEqual(['a.nine']);
  });
});

describe('what is done', () => {
  test('what stands in the log is stored once, whatever is cut', async () => {
    const { world, hub, lesson, deeds } = await attend(true);
    const started = lesson.write({ do: 'start', title: 'Racines' });
    await world.run(25);
    hub.cut();
    const receipt = await Promise.race([started, world.run(60_000).then(() => undefined)]);
    expect(receipt).toMatchObject({ channel: CLASS, position: { offset: 1 } });
    expect(deeds().filter((deed) => deed.do === 'start').length).toBeGreaterThan(1);
    expect(hub.log(CLASS).publications).toHaveLength(1);
    expect(lesson.seen.lesson?.title).toBe('Racines');
  });

  test('deeds and words keep their order', async () => {
    const { world, hub, client, lesson } = await attend(true);
    void lesson.write({ do: 'start', title: '' });
    void client.connection.publish(CLASS, { kind: 'post', body: { text: 'Bonjour' } });
    void lesson.write({ do: 'end' });
    await world.run(1_000);
    const kinds = hub
      .log(CLASS)
      .publications.map(({ kind, body }) => (kind === 'lesson' ? body.event : kind));
    expect(kinds).toEqual(['started', 'post', 'ended']);
  });

  test('what is refused says why', async () => {
    const { world, lesson } = await attend();
    const refused = lesson.act({ do: 'raise' });
    const caught = refused.catch((error: unknown) => error);
    await world.run(500);
    expect(await caught).toMatchObject({ code: 'no_lesson' });
    expect(lesson.seen.own.isRaised).toBe(false);
  });

  test('words may be held for the teacher', async () => {
    const { world, hub, client } = await attend();
    const position = { epoch: hub.epoch, offset: 9 };
    hub.intercept = (message) =>
      message.type === 'publish'
        ? {
            type: 'held',
            id: message.id,
            channel: CLASS,
            message_id: message.message_id,
            position,
            duplicate: false,
          }
        : undefined;
    const held = client.connection.publish(CLASS, { kind: 'question', body: { text: 'Pourquoi ?' } });
    await world.run(500);
    expect(await held).toEqual({ channel: CLASS, messageId: 'm-1', heldAt: position });
  });

  test('more deeds than the bound are refused here', async () => {
    const { world, hub, lesson } = await attend();
    hub.lessons.start(CLASS);
    hub.freeze();
    const codes = Array.from({ length: DEEDS_MAX + 1 }, () =>
      lesson.act({ do: 'react', reaction: 'heart' }).then(
        () => 'done',
        (error: { code: string }) => error.code,
      ),
    );
    await world.run(10);
    expect(await codes.at(-1)).toBe('queue_full');
  });
});

describe('what is one’s own', () => {
  test('a vote that is refused is not shown', async () => {
    const { world, hub, lesson } = await attend();
    hub.lessons.start(CLASS, { poll: { ...POLL, open: true } });
    await world.run(100);
    void lesson.act({ do: 'vote', poll: 'p-1', choice: 1 });
    await world.run(500);
    hub.intercept = (message) =>
      message.type === 'lesson'
        ? ({ type: 'error', id: message.id, code: 'shed', message: 'x' } as never)
        : undefined;
    const refused = lesson.act({ do: 'vote', poll: 'p-1', choice: 3 }).catch((error: unknown) => error);
    expect(lesson.seen.own.vote).toBe(3);
    await world.run(500);
    expect(await refused).toMatchObject({ code: 'shed' });
    expect(lesson.seen.own.vote).toBe(1);
  });

  test('a hub that was killed is told again: hand, vote, upvotes', async () => {
    const { world, hub, lesson, again } = await attend();
    const at = { epoch: hub.epoch, offset: 1 };
    const settled = { epoch: hub.epoch, offset: 2 };
    hub.lessons.start(CLASS, {
      poll: { ...POLL, open: true },
      questions: [
        { at, standing: 'open', upvotes: 0 },
        { at: settled, standing: 'open', upvotes: 0 },
      ],
    });
    await world.run(100);
    void lesson.act({ do: 'raise' });
    void lesson.act({ do: 'vote', poll: 'p-1', choice: 2 });
    void lesson.act({ do: 'upvote', at, up: true });
    void lesson.act({ do: 'upvote', at: settled, up: true });
    await world.run(500);
    hub.lessons.change(CLASS, {
      questions: [
        { at, standing: 'open', upvotes: 1 },
        { at: settled, standing: 'answered', upvotes: 1 },
      ],
    });
    hub.lessons.restart();
    expect(hub.lessons.votes(CLASS).size).toBe(0);
    await again();
    expect(hub.lessons.hands(CLASS)).toEqual(['a.one']);
    expect([...hub.lessons.votes(CLASS)]).toEqual([['a.one', 2]]);
    expect(hub.lessons.upvotes(CLASS, 1)).toBe(1);
    expect(hub.lessons.upvotes(CLASS, 2)).toBe(0);
    expect(lesson.seen.own).toMatchObject({ isRaised: true, place: 1, vote: 2 });
  });

  test('a hub that remembers is told nothing again', async () => {
    const { world, hub, lesson, again, deeds } = await attend();
    hub.lessons.start(CLASS, { poll: { ...POLL, open: true } });
    await world.run(100);
    void lesson.act({ do: 'raise' });
    void lesson.act({ do: 'vote', poll: 'p-1', choice: 0 });
    await world.run(500);
    const before = deeds().length;
    hub.cut();
    await again();
    expect(deeds()).toHaveLength(before);
    expect(lesson.seen.own).toMatchObject({ isRaised: true, place: 1, vote: 0 });
  });

  test('an upvote and a hand that were taken back without a line are taken back when there is one', async () => {
    const { world, hub, lesson, again } = await attend();
    const [mine, other] = [1, 2].map((offset) => ({ epoch: hub.epoch, offset }));
    hub.lessons.start(CLASS, {
      questions: [
        { at: mine!, standing: 'open', upvotes: 0 },
        { at: other!, standing: 'open', upvotes: 0 },
      ],
    });
    await world.run(100);
    void lesson.act({ do: 'raise' });
    void lesson.act({ do: 'upvote', at: mine!, up: true });
    void lesson.act({ do: 'upvote', at: other!, up: true });
    await world.run(500);
    expect(hub.lessons.upvotes(CLASS, 1)).toBe(1);
    hub.cut();
    await world.run(1);
    const codes = [lesson.act({ do: 'lower' }), lesson.act({ do: 'upvote', at: mine!, up: false })].map(
      (deed) => deed.catch((error: { code: string }) => error.code),
    );
    expect(await Promise.all(codes)).toEqual([INTERRUPTED, INTERRUPTED]);
    expect([...lesson.seen.own.upvoted]).toEqual([2]);
    await again();
    expect(hub.lessons.upvotes(CLASS, 1)).toBe(0);
    expect(hub.lessons.upvotes(CLASS, 2)).toBe(1);
    expect(hub.lessons.hands(CLASS)).toEqual([]);
    expect([...lesson.seen.own.upvoted]).toEqual([2]);
    expect(lesson.seen.own.isRaised).toBe(false);
  });

  test('an upvote of another tab is nobody’s to take back', async () => {
    const { world, hub, lesson, again, deeds } = await attend();
    const at = { epoch: hub.epoch, offset: 1 };
    hub.lessons.start(CLASS, { questions: [{ at, standing: 'open', upvotes: 0 }] });
    await world.run(100);
    void lesson.act({ do: 'upvote', at, up: true });
    await world.run(100);
    void lesson.act({ do: 'upvote', at, up: false });
    await world.run(500);
    hub.cut();
    // As if the other tab had done it meanwhile.
    hub.lessons.upvoteBy('a.one', CLASS, 1);
    const before = deeds().length;
    await again();
    expect(deeds()).toHaveLength(before);
    expect([...lesson.seen.own.upvoted]).toEqual([1]);
  });

  test('another lesson begins with nothing of one’s own', async () => {
    const { world, hub, lesson, again } = await attend();
    hub.lessons.start(CLASS, { poll: { ...POLL, open: true } });
    await world.run(100);
    void lesson.act({ do: 'raise' });
    void lesson.act({ do: 'vote', poll: 'p-1', choice: 2 });
    await world.run(500);
    hub.cut();
    await world.run(1);
    hub.lessons.start(CLASS, { poll: { ...POLL, open: true }, title: 'Une autre' });
    await again();
    expect(lesson.seen.lesson?.title).toBe('Une autre');
    expect(lesson.seen.own).toMatchObject({ isRaised: false, vote: undefined });
    expect(hub.lessons.hands(CLASS)).toEqual([]);
  });

  test('another poll begins without a vote', async () => {
    const { world, hub, lesson } = await attend();
    hub.lessons.start(CLASS, { poll: { ...POLL, open: true } });
    await world.run(100);
    void lesson.act({ do: 'vote', poll: 'p-1', choice: 2 });
    await world.run(500);
    expect(lesson.seen.own.vote).toBe(2);
    hub.lessons.change(CLASS, { poll: { ...POLL, poll: 'p-2', open: true } });
    await world.until('none', () => lesson.seen.lesson?.poll?.poll === 'p-2');
    expect(lesson.seen.own.vote).toBeUndefined();
  });
});
