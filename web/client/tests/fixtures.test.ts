/**
 * The golden frames of `tests/fixtures/protocol/`: every file is read here, and one that this test does not know fails it.
 */

import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

import { adviceFor, closeWord, ticketOf } from '../src/close.ts';
import type { ClientMessage, ServerMessage } from '../src/messages.ts';
import { parseServerMessage } from '../src/parse.ts';
import { ERROR_CODES } from '../src/problem.ts';
import { understand } from './model/client-message.ts';
import { ITEM_FRAMES } from './model/item-frames.ts';
import { DEED_FRAMES, LESSON_FRAMES } from './model/lesson-frames.ts';

const root = fileURLToPath(new URL('../../../tests/fixtures/protocol/', import.meta.url));
const read = (name: string) => readFileSync(root + name, 'utf8').trimEnd();
const names = (folder: string) =>
  readdirSync(root + folder)
    .map((name) => name.replace(/\.json$/, ''))
    .sort();

const channel = 'class:lp-2a';
const own = 'account:e.lea';
const position = (offset: number) => ({ epoch: '1f2e3d4c', offset });
const answer = (id: number) => ({ id, channel, position: position(41) });

const SERVER: Readonly<Record<string, ServerMessage>> = {
  behind: { type: 'behind', channel },
  'caught-up': { type: 'caught_up', channel, position: position(42) },
  error: { type: 'error', code: 'malformed', message: 'not JSON' },
  'error-retry': {
    type: 'error',
    id: 5,
    code: 'rate_limited',
    message: 'too many messages in a short time',
    retry_after_ms: 250,
  },
  fresh: { type: 'fresh', ...answer(2) },
  load: { type: 'load', level: 2 },
  'marked-done': { type: 'marked', channel: own, mark: { item: 'a-1', done_at: 1_774_630_680_000 } },
  'marked-several': { type: 'marked', channel: own, mark: null },
  'marked-undone': { type: 'marked', channel: own, mark: { item: 'a-1', done_at: null } },
  pong: { type: 'pong', id: 8, server_time: 1_795_305_600_000, school_time: 1_774_630_680_000 },
  publication: {
    type: 'publication',
    channel,
    position: position(42),
    kind: 'post',
    author: 't.martin',
    message_id: 'm-0001',
    audience: ['teacher', 'student'],
    published_at: 1_774_630_680_000,
    body: { text: 'Bonjour à tous' },
  },
  ...ITEM_FRAMES,
  ...LESSON_FRAMES,
  'publication-urgent': {
    type: 'publication',
    channel: 'bulletin:lp',
    position: position(42),
    kind: 'announcement',
    author: 't.martin',
    message_id: 'm-0003',
    audience: ['teacher', 'student', 'guardian', 'staff', 'operator'],
    published_at: 1_774_630_680_000,
    urgent: true,
    body: { title: 'Fuite de gaz', text: 'Le lycée est fermé ce matin.' },
  },
  published: {
    type: 'published',
    id: 5,
    channel,
    message_id: 'm-0001',
    position: position(42),
    duplicate: false,
  },
  scheduled: {
    type: 'scheduled',
    id: 11,
    channel,
    message_id: 'm-0002',
    deliver_at: 1_774_674_000_000,
    duplicate: false,
  },
  refreshed: {
    type: 'refreshed',
    id: 9,
    token_expires_at: 1_795_306_200_000,
    lease_expires_at: 1_795_307_220_000,
    resume: 'resume-token',
  },
  'reset-ahead': { type: 'reset', why: 'ahead', ...answer(1) },
  'reset-epoch': { type: 'reset', why: 'epoch', ...answer(1) },
  'reset-trimmed': { type: 'reset', why: 'trimmed', ...answer(1) },
  resumed: { type: 'resumed', ...answer(1) },
  'unsubscribed-asked': { type: 'unsubscribed', id: 4, channel },
  'unsubscribed-roster': { type: 'unsubscribed', channel },
  welcome: {
    type: 'welcome',
    protocol: 'preau.v1',
    session: 17,
    account: 't.martin',
    role: 'teacher',
    server_time: 1_795_305_600_000,
    school_time: 1_774_630_680_000,
    token_expires_at: 1_795_306_200_000,
    lease_expires_at: 1_795_307_220_000,
    resume: 'resume-token',
    load: 0,
    limits: {
      message_bytes: 65_536,
      subscriptions: 64,
      last: 100,
      messages_per_second: 20,
      publishes_per_second: 10,
      heartbeat_ms: 45_000,
      idle_ms: 95_000,
    },
  },
};

const message_id = 'm-0001';
const CLIENT: Readonly<Record<string, ClientMessage>> = {
  acknowledge: { type: 'acknowledge', channel, position: position(42) },
  ping: { type: 'ping', id: 8 },
  'publish-announcement': {
    type: 'publish',
    id: 6,
    channel,
    kind: 'announcement',
    message_id,
    audience: ['student'],
    body: { title: 'Sortie', text: 'Rendez-vous à 8 h.' },
  },
  'publish-assignment': {
    type: 'publish',
    id: 7,
    channel,
    kind: 'assignment',
    message_id,
    body: {
      title: 'Exercices',
      text: '1 à 5',
      due: '2026-11-30T08:00',
      subject: 'Maths',
      links: ['https://example.org/feuille'],
    },
  },
  'publish-later': {
    type: 'publish',
    id: 11,
    channel,
    kind: 'announcement',
    message_id: 'm-0002',
    body: { title: 'Sortie', text: 'Rendez-vous à 8 h.' },
    publish_at: 1_774_674_000_000,
  },
  'publish-post': {
    type: 'publish',
    id: 5,
    channel,
    kind: 'post',
    message_id,
    body: { text: 'Bonjour à tous' },
  },
  'publish-urgent': {
    type: 'publish',
    id: 12,
    channel: 'bulletin:lp',
    kind: 'announcement',
    message_id: 'm-0003',
    body: { title: 'Fuite de gaz', text: 'Le lycée est fermé ce matin.' },
    urgent: { reason: 'Consigne de la préfecture' },
  },
  refresh: { type: 'refresh', id: 9, token: 'header.claims.signature' },
  'subscribe-last': { type: 'subscribe', id: 3, channel, from: { last: 20 } },
  'subscribe-now': { type: 'subscribe', id: 2, channel, from: 'now' },
  'subscribe-position': { type: 'subscribe', id: 1, channel, from: { position: position(41) } },
  'unknown-field': { type: 'ping', id: 10 },
  unsubscribe: { type: 'unsubscribe', id: 4, channel },
  visibility: { type: 'visibility', hidden: true },
  ...DEED_FRAMES,
};

/** A frame with some of its fields changed, and fields of those. */
function merged(frame: Record<string, unknown>, part: Record<string, unknown>): Record<string, unknown> {
  const isFields = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  const changed = Object.entries(part).map(([name, value]) => {
    const before = frame[name];
    return [name, isFields(value) && isFields(before) ? merged(before, value) : value];
  });
  return { ...frame, ...(Object.fromEntries(changed) as object) };
}

test('the folder holds nothing that is not read here', () => {
  expect(names('.')).toEqual(['client', 'close', 'errors', 'refused', 'server']);
  expect(names('server')).toEqual(Object.keys(SERVER).sort());
  expect(names('client')).toEqual(Object.keys(CLIENT).sort());
});

describe('server frames', () => {
  test.each(Object.entries(SERVER))('%s is read', (name, message) => {
    expect(parseServerMessage(read(`server/${name}.json`))).toEqual({ outcome: 'message', message });
  });

  test.each(Object.entries(SERVER))('%s without any one of its fields is malformed', (name, message) => {
    const optional = ['id', 'retry_after_ms', 'urgent', 'lease_expires_at', 'resume', 'raised', 'since'];
    const answers = [
      'resumed',
      'fresh',
      'reset',
      'published',
      'scheduled',
      'pong',
      'refreshed',
      'held',
      'done',
    ];
    // A hub of before does not send them.
    const later = ['lease_expires_at', 'resume', 'load'];
    for (const field of Object.keys(message)) {
      if (later.includes(field)) continue;
      if (optional.includes(field) && !answers.includes(message.type)) continue;
      const { [field]: _, ...rest } = JSON.parse(read(`server/${name}.json`)) as Record<string, unknown>;
      expect(parseServerMessage(JSON.stringify(rest)), field).toEqual({ outcome: 'malformed' });
    }
  });

  test('a type of a later version is unknown, and a field of one is ignored', () => {
    expect(parseServerMessage('{"type":"hand_raised","id":1}')).toEqual({ outcome: 'unknown' });
    expect(parseServerMessage('{"type":"toString"}')).toEqual({ outcome: 'unknown' });
    const later = parseServerMessage('{"type":"behind","channel":"class:a","since":7}');
    expect(later).toMatchObject({ outcome: 'message', message: { type: 'behind', channel: 'class:a' } });
  });

  test('a kind of a later version is unknown', () => {
    const frame = read('server/publication.json').replace('"post"', '"song"');
    expect(parseServerMessage(frame)).toEqual({ outcome: 'unknown' });
    const event = read('server/publication-lesson-ended.json').replace('"ended"', '"paused"');
    expect(parseServerMessage(event)).toEqual({ outcome: 'unknown' });
  });

  test.each([
    ['publication-announcement-item', { body: { receipt: 'class' } }],
    ['publication-proposal', { body: { kind: 'announcement' } }],
    ['publication-lesson-rules', { body: { mode: 'closed' } }],
    ['publication-lesson-question', { body: { standing: 'parked' } }],
    ['publication-lesson-poll-opened', { body: { scale: 'stars' } }],
    ['publication', { audience: ['teacher', 'nurse'] }],
    ['publication', { channel: 'club:chess' }],
    ['load', { level: 5 }],
    ['lesson-student', { lesson: { mode: 'closed' } }],
  ])('%s with a word of a later version, %j, is unknown', (name, part) => {
    const frame = JSON.parse(read(`server/${name}.json`)) as Record<string, unknown>;
    expect(parseServerMessage(JSON.stringify(merged(frame, part)))).toEqual({ outcome: 'unknown' });
  });

  test('a level, a reason or a reaction of a later version leaves the rest of its message readable', () => {
    for (const [name, part] of [
      ['welcome', { load: 5 }],
      ['reset-epoch', { why: 'moved' }],
      ['pulse-student', { reactions: [['wave', 2]] }],
    ] as const) {
      const frame = JSON.parse(read(`server/${name}.json`)) as Record<string, unknown>;
      expect(parseServerMessage(JSON.stringify(merged(frame, part))).outcome, name).toBe('message');
    }
  });

  test.each([
    ['announcement-item', { translations: { en: { title: 7 } } }],
    ['announcement-item', { version: -1 }],
    ['assignment-item', { earlier: 1 }],
    ['withdrawal', { item: 'a b' }],
    ['extension', { due: 'soon' }],
    ['extension', { due: undefined }],
    ['reminder', { entries: [{}] }],
    ['digest', { children: [{ child: 'e.lea' }] }],
    ['digest', { school: [{ title: 'a' }] }],
    ['deletion', { at: 42 }],
    ['question', { text: undefined }],
    ['proposal', { kind: 7 }],
    ['lesson-pinned', { at: undefined }],
    ['lesson-poll-closed', { counts: [-1] }],
    ['lesson-rules', { mode: 7 }],
  ])('%s with %j is malformed', (name, part) => {
    const frame = JSON.parse(read(`server/publication-${name}.json`)) as { body: object };
    const wrong = { ...frame, body: { ...frame.body, ...part } };
    expect(parseServerMessage(JSON.stringify(wrong))).toEqual({ outcome: 'malformed' });
  });

  test.each([{}, { item: 'a-1' }, { item: 'a-1', done_at: 'now' }, { done_at: null }, 'a-1'])(
    'a mark of the shape %j is malformed',
    (mark) => {
      expect(parseServerMessage(JSON.stringify({ type: 'marked', channel: own, mark }))).toEqual({
        outcome: 'malformed',
      });
    },
  );

  test.each(['', 'null', '[]', '7', '{}', '{"type":7}', '{"type":"pong","id":1.5}'])(
    '%s is malformed',
    (text) => {
      expect(parseServerMessage(text)).toEqual({ outcome: 'malformed' });
    },
  );

  test('a publication whose body is of another shape is malformed, one that is only too long is not', () => {
    const frame = JSON.parse(read('server/publication.json')) as { body: object };
    const parse = (body: object) => parseServerMessage(JSON.stringify({ ...frame, body })).outcome;
    expect(parse({ title: 'no text' })).toBe('malformed');
    expect(parse({ text: 7 })).toBe('malformed');
    expect(parse({ text: 'é'.repeat(9_000) })).toBe('message');
  });
});

describe('client frames', () => {
  test.each(Object.entries(CLIENT))('%s is what the client writes', (name, message) => {
    const text = read(`client/${name}.json`);
    expect(understand(text)).toMatchObject({ message });
    if (name !== 'unknown-field') expect(JSON.parse(text)).toEqual(message);
  });

  const refused = JSON.parse(read('refused.json')) as { text: string; code: string; id: number | null }[];
  test.each(refused)('$text is refused as $code', ({ text, code, id }) => {
    expect(understand(text)).toEqual({ refused: code, id });
  });
});

interface CloseRow {
  readonly number: number;
  readonly code: string;
  readonly retry: 'never' | 'within' | 'at_once';
  readonly reason: string;
}

describe('tables', () => {
  const rows = JSON.parse(read('close.json')) as CloseRow[];
  test.each(rows)('$number $code is obeyed', ({ number, code, retry, reason }) => {
    const advice = adviceFor(number, reason);
    expect(closeWord(reason)).toBe(code);
    if (code === 'token_expired') {
      // The table says never unless something changes; the token is what changes.
      expect(retry).toBe('never');
      expect(advice).toEqual({ retry: 'new_token' });
    } else if (code === 'suspended') {
      // And here the hour.
      expect(retry).toBe('never');
      expect(advice).toMatchObject({ retry: 'suspended' });
    } else if (code === 'kicked') {
      // And here the time that whoever asks for a seat is told.
      expect(retry).toBe('never');
      expect(advice).toMatchObject({ retry: 'ask' });
    } else if (retry === 'within') {
      const stated = JSON.parse(reason) as { retry_ms: [number, number]; ticket?: string };
      expect(advice).toEqual({ retry, window: stated.retry_ms });
      expect(ticketOf(reason)).toBe(stated.ticket);
    } else {
      expect(advice).toEqual({ retry });
    }
  });

  test('codes of a later version follow their hundreds, and a broken line is nobody’s advice', () => {
    expect(adviceFor(4099, '')).toEqual({ retry: 'never' });
    expect(adviceFor(4300, '')).toEqual({ retry: 'never' });
    expect(adviceFor(4199, '{"code":"later","retry_ms":[5,9]}')).toEqual({ retry: 'within', window: [5, 9] });
    expect(adviceFor(4299, '')).toEqual({ retry: 'at_once' });
    for (const number of [1001, 1005, 1006, 1012, 1013, 1015]) {
      expect(adviceFor(number, ''), String(number)).toEqual({ retry: 'backoff' });
    }
  });

  test.each([
    '',
    '{}',
    '{"retry_ms":7}',
    '{"retry_ms":[9,5]}',
    '{"retry_ms":[-1,5]}',
    '{"retry_ms":["1",5]}',
  ])('the reason %j states no window, so the usual one holds', (reason) =>
    expect(adviceFor(4100, reason)).toEqual({ retry: 'within', window: [1_000, 30_000] }),
  );

  test('a window never lies further away than ten minutes', () => {
    const reason = '{"code":"draining","retry_ms":[1000,999999999]}';
    expect(adviceFor(4100, reason)).toEqual({ retry: 'within', window: [1_000, 600_000] });
  });

  test('the errors are the hub’s', () => {
    expect(JSON.parse(read('errors.json'))).toEqual(ERROR_CODES);
  });
});
