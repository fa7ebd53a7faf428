/** The operators' dashboard without a browser: the hub's golden events, the last hour, the stream, orders, the report. */

import { describe, expect, test } from 'vitest';

import {
  clockOf,
  connectionsOf,
  expectedBytes,
  heaviest,
  todayOf,
  trend,
} from '../src/state/operations/facts.ts';
import { NO_BEATS, withBeat, withHistory } from '../src/state/operations/hour.ts';
import { fieldsOf, groupOf, wantedLimits } from '../src/state/operations/limits.ts';
import {
  COUNTED,
  INDICATORS,
  MEASURED,
  MOMENT,
  readBeats,
  readMoment,
  SHAPES,
  type Beat,
} from '../src/state/operations/moment.ts';
import type { ReportDay, ReportRow } from '../src/state/operations/office.ts';
import { Operations } from '../src/state/operations/operations.ts';
import { csvOf, dayFrom, nameOf, worstServed } from '../src/state/operations/report.ts';
import { FakeHub, HISTORY_TEXT, LIMITS, MOMENT_TEXT } from './fake-hub.ts';

const moment = readMoment(MOMENT_TEXT)!;
const keys = (value: unknown) => Object.keys(value as object).sort();

describe('the hub’s golden events', () => {
  test('hold every field that the page knows, and none that it does not', () => {
    const raw = JSON.parse(MOMENT_TEXT) as Record<string, never>;
    expect(keys(raw)).toEqual(keys(MOMENT));
    expect(keys(raw['beat'])).toEqual(keys(SHAPES.beat));
    expect(keys(raw['indicators']![0])).toEqual(keys(SHAPES.indicator));
    expect(keys(raw['memory'])).toEqual(keys(SHAPES.memory));
    expect(keys(raw['reliability']!['today'])).toEqual(keys(SHAPES.tries));
    expect(keys(Object.values(raw['refusals']!)[0])).toEqual(keys(SHAPES.refusal));
    expect(keys(JSON.parse(HISTORY_TEXT))).toEqual([...COUNTED, ...MEASURED].sort());
    const seats = (raw['status']!['gate']!['classes'] as object[])[0];
    expect(keys(seats)).toEqual(expect.arrayContaining(keys(SHAPES.seats)));
    expect(moment.indicators.map(({ indicator }) => indicator)).toEqual(INDICATORS);
  });

  test('are read, and nothing else is', () => {
    expect(moment.status.windows[0]?.scope.role).toBe('guardian');
    expect(moment.schools_standing_out).toEqual([]);
    expect(readBeats(HISTORY_TEXT)?.machine_time_ms).toHaveLength(2);
    const raw = JSON.parse(MOMENT_TEXT) as { status: { gate: { level?: number } } };
    delete raw.status.gate.level;
    for (const text of ['', '{}', 'null', HISTORY_TEXT, JSON.stringify(raw)])
      expect(readMoment(text)).toBeUndefined();
    const uneven = JSON.parse(HISTORY_TEXT) as Record<string, number[]>;
    uneven['level']!.pop();
    for (const text of ['', '{}', MOMENT_TEXT, JSON.stringify(uneven)])
      expect(readBeats(text)).toBeUndefined();
    // A later hub may say more.
    expect(readMoment(JSON.stringify({ ...JSON.parse(MOMENT_TEXT), later: 1 }))).toBeDefined();
  });
});

describe('facts', () => {
  test('are told by the schools’ clocks', () => {
    // The golden hub's schools are on Réunion.
    expect(clockOf(moment.status, 'fr-FR').time).toBe('12:00:06');
    expect(todayOf(moment.status)).toBe('2027-01-15');
  });

  test('sum what was measured', () => {
    expect(connectionsOf(moment.beat)).toBe(6);
    expect(expectedBytes(moment.memory!)).toBe(62_914_560 + 3 * 8_192 + 67_108_864);
    expect(heaviest(moment.indicators)).toBeUndefined();
    const pressed = moment.indicators.map((one, index) => ({ ...one, pressure_part: index / 10 }));
    expect(heaviest(pressed)?.indicator).toBe('psi_part');
  });
});

describe('the last hour', () => {
  const at = (seconds: number, waiting = 0): Beat => ({
    ...moment.beat,
    machine_time_ms: 1_800_000_000_000 + seconds * 1_000,
    waiting,
  });

  test('grows by rows, drops what is older, and takes what was missed', () => {
    let hour = NO_BEATS;
    for (let second = 0; second < 4_000; second += 100) hour = withBeat(hour, at(second));
    expect(hour.machine_time_ms).toHaveLength(37);
    expect(withBeat(hour, at(3_900)).machine_time_ms).toHaveLength(37);
    const missed = [3_800, 3_900, 3_950, 3_990].map((second) => at(second, 9));
    const history = missed.reduce(withBeat, NO_BEATS);
    const joined = withHistory(hour, history);
    expect(joined.machine_time_ms).toHaveLength(38);
    expect(joined.waiting.slice(-3)).toEqual([0, 9, 9]);
    expect(withHistory(hour, NO_BEATS)).toBe(hour);
  });

  test('has a trend once it reaches back far enough', () => {
    let hour = withBeat(NO_BEATS, at(0, 4));
    hour = withBeat(hour, at(100, 10));
    expect(trend(hour, ['waiting'])).toBeUndefined();
    hour = withBeat(hour, at(300, 1));
    expect(trend(hour, ['waiting'])).toBe(-3);
  });
});

describe('the stream', () => {
  test('is opened with what was pasted, and shows what it tells', async () => {
    const hub = new FakeHub();
    const { watch } = await hub.inside();
    expect(hub.stream.url).toBe('hub:/v1/operator/stream');
    expect(hub.stream.headers).toMatchObject({ authorization: 'Bearer secret', 'preau-who': 'ada' });
    hub.tell('history', HISTORY_TEXT);
    hub.tell('moment', MOMENT_TEXT);
    expect(watch.view.value).toMatchObject({ isLive: true, ageSeconds: 0 });
    expect(watch.view.value.moment?.watchers).toBe(1);
    watch.stop();
  });

  test('that falls silent is told to be old, by its age, though its line is open', async () => {
    const hub = new FakeHub();
    const { watch } = await hub.inside();
    hub.tell('history', HISTORY_TEXT);
    hub.tell('moment', MOMENT_TEXT);
    await hub.world.run(2_500);
    expect(watch.view.value.isLive).toBe(true);
    await hub.world.run(2_500);
    // A comment proves a line, and no news.
    hub.stream.listener.received(': nothing was told\n\n');
    expect(watch.view.value).toMatchObject({ isLive: false, lost: 'silent', ageSeconds: 5 });
    await hub.world.run(10_000);
    expect(hub.streams.length).toBeGreaterThan(1);
    const last = moment.beat.machine_time_ms;
    expect(hub.stream.url).toBe(`hub:/v1/operator/stream?since=${last}`);
    hub.tell('moment', MOMENT_TEXT);
    expect(watch.view.value).toMatchObject({ isLive: true, lost: undefined });
    watch.stop();
  });

  test('that ends is opened again: at once if it is renewed, after a while if it is lost', async () => {
    const hub = new FakeHub();
    const { watch } = await hub.inside();
    hub.tell('end', '{"why":"renew"}');
    expect(hub.streams).toHaveLength(2);
    hub.stream.listener.closed();
    expect(hub.streams).toHaveLength(2);
    await hub.world.run(5_000);
    expect(hub.streams).toHaveLength(3);
    hub.stream.listener.refused({ status: 503, text: '{"code":"busy"}' });
    expect(watch.view.value.lost).toBe('busy');
    await hub.world.run(5_000);
    expect(hub.streams).toHaveLength(4);
    watch.stop();
    await hub.world.run(60_000);
    expect(hub.streams).toHaveLength(4);
  });

  test.each([
    ['a token that is over', (hub: FakeHub) => hub.tell('end', '{"why":"token_expired"}')],
    ['rights that are gone', (hub: FakeHub) => hub.tell('end', '{"why":"not_allowed"}')],
    ['a secret of before', (hub: FakeHub) => hub.stream.listener.refused({ status: 401, text: '{}' })],
  ])('ends the session for %s', async (_, happen) => {
    const hub = new FakeHub();
    const { dashboard } = await hub.inside();
    happen(hub);
    await hub.world.run(0);
    expect(dashboard.view.value).toMatchObject({ name: 'entrance', trouble: 'ended' });
    await hub.world.run(60_000);
    expect(hub.streams).toHaveLength(1);
  });

  test('of another shape is not shown', async () => {
    const hub = new FakeHub();
    const { watch } = await hub.inside();
    hub.tell('moment', '{"level":4}');
    expect(watch.view.value).toMatchObject({ moment: undefined, lost: 'outdated' });
    watch.stop();
  });

  test('is not opened for a secret that opens nothing', async () => {
    const hub = new FakeHub();
    hub.status = 401;
    const dashboard = new Operations(hub.environment, hub.visit);
    await dashboard.start();
    await dashboard.enterWith('wrong', '');
    expect(dashboard.view.value).toMatchObject({ name: 'entrance', trouble: 'refused' });
    expect(hub.streams).toEqual([]);
  });
});

describe('limits', () => {
  const fields = fieldsOf(LIMITS);

  test('are fields by the hub’s paths', () => {
    expect(fields.find(({ path }) => path === 'shares.student')).toEqual({
      path: 'shares.student',
      value: 300,
      isSet: true,
    });
    expect(fields.map(({ path }) => groupOf(path))).toEqual([
      'seats',
      ...Array.from({ length: 6 }, () => 'shares'),
      'flow',
      'durations',
    ]);
  });

  test('are ordered only where something was changed', () => {
    expect(wantedLimits(fields, {}, {})).toBeUndefined();
    expect(wantedLimits(fields, { seats_max: '0', 'flow.max': ' ' }, {})).toBeUndefined();
    expect(wantedLimits(fields, { seats_max: '150' }, { 'shares.student': true })).toEqual({
      seats_max: 150,
      'shares.student': null,
    });
  });
});

describe('the report', () => {
  const counts = (student: number) => ({ teacher: 0, student, guardian: 0, staff: 0, operator: 0 });
  const row = (tried: number, first: number): ReportRow => ({
    reliability: tried === 0 ? null : first / tried,
    pupils_tried: tried,
    pupils_at_first_try: first,
    peak: counts(tried),
    visits: counts(0),
    mean_visit_seconds: { teacher: null, student: 1.5, guardian: null, staff: null, operator: null },
    refused: tried > first ? { waits: tried - first } : {},
    publications: 1,
    deliveries: 2,
  });
  const days: ReportDay[] = [
    {
      date: '2026-03-26',
      is_today: false,
      region: row(30, 24),
      schools: { 'a,"b': row(10, 9), '=HYPERLINK(1)': row(20, 15) },
    },
    { date: '2026-03-27', is_today: true, region: row(0, 0), schools: {} },
  ];

  test('is a table that spreadsheets read and never run', () => {
    const lines = csvOf(days).trimEnd().split('\r\n');
    expect(lines).toHaveLength(5);
    expect(lines[0]).toMatch(/^date,place,pupils_tried,.*,refused_waits$/);
    expect(lines[1]).toMatch(/^2026-03-26,region,30,24,0\.8,/);
    expect(lines[2]).toMatch(/^2026-03-26,"a,""b",10,9,/);
    expect(lines[3]).toMatch(/^2026-03-26,'=HYPERLINK\(1\),20,15,/);
    expect(lines[4]).toMatch(/^2026-03-27,region,0,0,,/);
    expect(new Set(lines.map((line) => line.replace(/"[^"]*(""[^"]*)*"/g, '').split(',').length))).toEqual(
      new Set([23]),
    );
    expect(nameOf(days, 'csv')).toBe('preau-report-2026-03-26-2026-03-27.csv');
    expect(dayFrom('2026-03-01', -6)).toBe('2026-02-23');
  });

  test('names who is served worst first', () => {
    expect(worstServed(days).map(({ school }) => school)).toEqual(['=HYPERLINK(1)', 'a,"b']);
  });
});
