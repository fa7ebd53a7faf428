/**
 * Everything that one account has open: its line to the hub, its channels, its places, what is due, the school's clock.
 */

import {
  Connection,
  type Bulletin,
  type BulletinReader,
  type Environment,
  type ItemsHttp,
  type LoadLevel,
  type MarksHttp,
  type Me,
  type Notice,
  type Publication,
  type ReminderEntry,
  type TokenSource,
} from '@preau/client';
import { ChannelModel } from './channel.ts';
import { ComposerModel } from './composer.ts';
import { DigestsModel } from './digests.ts';
import { DoorModel, type DoorView } from './door.ts';
import { DueModel } from './due.ts';
import { LessonModel } from './lesson.ts';
import { lineOf, type LineView } from './line.ts';
import { MarksModel } from './marks.ts';
import { PeopleModel } from './people.ts';
import { placesOf, type Place } from './places.ts';
import { knownZone, type SchoolClock } from './school-clock.ts';
import { Store } from './store.ts';

/** A lesson that goes on. */
export interface LiveClass {
  readonly title: string;
  /** School time in milliseconds since 1970. */
  readonly since: number;
}

export class Room {
  readonly me: Me;
  /** The time zone of the account's schools. */
  readonly zone: string;
  readonly environment: Environment;
  readonly line: Store<LineView>;
  readonly door: Store<DoorView>;
  readonly load = new Store<LoadLevel>(0);
  /** What everybody may read, also at the door: read while there is no line, or something is wrong. */
  readonly bulletin = new Store<Bulletin>({ items: [], notices: [] });
  /** What the operators say, whether a bulletin or the door told it: each text once. */
  readonly notices = new Store<readonly Notice[]>([]);
  readonly places: readonly Place[];
  readonly place: Store<Place>;
  /** The place that was chosen although it was open: whoever shows it goes back to its beginning. */
  readonly reopened = new Store<Place | undefined>(undefined);
  /** The place from which one went to the desk: what is written there is for it at first. */
  deskFor: string | undefined;
  /** What is due, for those to whom something can be. */
  readonly due: DueModel | undefined;
  /** A guardian's digests. */
  readonly digests: DigestsModel | undefined;
  /** The roster gives a guardian something else than when the room was made. Nothing is written here that could be lost. */
  readonly changed = new Store(false);
  /** What the account has said about items. */
  readonly marks: MarksModel;
  /** Work of the account that is due soon, as the hub last reminded of it. */
  readonly reminder = new Store<readonly ReminderEntry[]>([]);
  readonly people: PeopleModel;
  readonly clock: SchoolClock;
  /** Channels that the hub lets nobody follow at once with the rest: more than its limit. */
  readonly leftOut: number;
  readonly #connection: Connection;
  /** The lessons that go on now, by the class's channel. */
  readonly live = new Store<ReadonlyMap<string, LiveClass>>(new Map());
  readonly #lessons = new Map<string, LessonModel>();
  readonly #channels = new Map<string, ChannelModel>();
  readonly #composers = new Map<string, ComposerModel>();
  readonly #stops: (() => void)[] = [];
  readonly #reader: BulletinReader;

  /** Asks the hub who the account is, and then opens everything that it may follow. */
  static async open(environment: Environment, token: TokenSource, clock: SchoolClock): Promise<Room> {
    const connection = new Connection({ environment, token });
    const me = await connection.http.me();
    return new Room(environment, connection, me, clock);
  }

  private constructor(environment: Environment, connection: Connection, me: Me, clock: SchoolClock) {
    this.environment = environment;
    this.me = me;
    this.zone = knownZone(me.zone);
    this.clock = clock;
    this.#connection = connection;
    const channels = me.channels.slice(0, CHANNELS_MAX);
    this.leftOut = me.channels.length - channels.length;
    this.places = placesOf(me, channels);
    const ask = (classId: string) => connection.http.people(classId);
    this.people = new PeopleModel({ clock: environment.clock, me, ask });
    const classes = channels.filter((channel) => channel.startsWith('class:'));
    this.marks = new MarksModel(connection.http.marks);
    const dues = { connection, channels: classes, time: clock.view, zone: this.zone, marks: this.marks.view };
    this.due = me.role === 'student' ? new DueModel(dues) : undefined;
    const own = `account:${me.account}`;
    const children = (me.children ?? []).map(({ account }) => account);
    this.digests = me.role === 'guardian' ? new DigestsModel(connection, own, children) : undefined;
    this.#reader = connection.bulletins(me.schools.map(({ id }) => id));
    for (const name of classes) this.#attend(name);
    for (const name of channels) this.#channels.set(name, this.#follow(name));
    const [first = EMPTY_PLACE] = this.places;
    this.place = new Store(first);
    this.#watch(first, true);
    connection.look(first.channels);
    const { view, stop } = lineOf(connection);
    this.line = view;
    const door = new DoorModel(connection, environment.clock);
    this.door = door.view;
    this.#stops.push(
      stop,
      door.stop,
      connection.onLoad((level) => this.load.set(level)),
      this.#readBulletins(),
      this.#readNotices(connection),
      connection.onTime(({ school_time }) => clock.told(school_time)),
      connection.onState(({ name }) => name === 'live' && this.#refill()),
    );
    const { ms, speed } = clock.now;
    if (ms !== undefined) connection.setSchoolTime(ms, speed);
    connection.start();
  }

  channel(name: string): ChannelModel {
    const held = this.#channels.get(name);
    if (!held) throw new Error(`${name} is not followed`);
    return held;
  }

  /** The lesson of a class, for its teachers and students. */
  lesson(place: Place): LessonModel | undefined {
    return this.#lessons.get(place.id);
  }

  channelsOf(place: Place): ChannelModel[] {
    return place.channels.map((name) => this.channel(name));
  }

  /** The form of a place, with whatever was left in it; nothing where nobody posts. */
  composer(place: Place): ComposerModel | undefined {
    const [channel] = place.channels;
    if (!place.writes.includes('post') || channel === undefined) return undefined;
    const held = this.#composers.get(place.id);
    if (held) return held;
    const made = new ComposerModel((content) => this.channel(channel).send(content));
    this.#composers.set(place.id, made);
    return made;
  }

  choose(place: Place): void {
    if (place === this.place.value) return this.reopened.set(place);
    this.deskFor = undefined;
    this.#watch(this.place.value, false);
    this.place.set(place);
    this.#connection.look(place.channels);
    this.#watch(place, true);
  }

  /** Goes to the desk, to write something planned for a place. */
  toDesk(place: Place): void {
    const desk = this.places.find(({ kind }) => kind === 'desk');
    if (!desk) return;
    this.choose(desk);
    this.deskFor = place.id;
  }

  /** Sending as a whole, and what became of it. */
  get items(): ItemsHttp {
    return this.#connection.http.items;
  }

  /** What the hub keeps for this account alone. */
  get preferences(): Pick<MarksHttp, 'preferences' | 'prefer' | 'family' | 'stopFamily'> {
    return this.#connection.http.marks;
  }

  /** The page became visible, or the network returned. */
  wake(): void {
    this.#connection.wake();
    if (this.line.value.name === 'suspended') this.#reader.once();
  }

  /** Nobody can see the page, or somebody can again. */
  hide(hidden: boolean): void {
    this.#connection.hide(hidden);
  }

  /** The page is being left, perhaps to be loaded again. */
  leaving(): void {
    this.#connection.leaving();
  }

  /** The demo's clock was set. */
  setSchoolTime(ms: number, speed: number): void {
    this.clock.told(ms, speed);
    this.#connection.setSchoolTime(ms, speed);
  }

  /** Whether something that was written is not stored yet. */
  get hasUnsent(): boolean {
    return this.#connection.unanswered > 0;
  }

  close(): void {
    for (const stop of this.#stops) stop();
    for (const lesson of this.#lessons.values()) lesson.stop();
    for (const channel of this.#channels.values()) channel.close();
    this.due?.stop();
    this.people.stop();
    this.#connection.close();
  }

  #readBulletins(): () => void {
    const reader = this.#reader;
    const decide = () => {
      const { name } = this.line.value;
      const isCalm = name === 'live' && this.load.value < 2;
      // Whoever knows the hour watches nothing until then.
      if (name === 'suspended') reader.once();
      else if (isCalm && this.bulletin.value.notices.length === 0) reader.stop();
      else reader.start();
    };
    const stops = [
      reader.onChange((bulletin) => this.bulletin.set(bulletin)),
      this.bulletin.subscribe(decide),
      this.line.subscribe(decide),
      this.load.subscribe(decide),
    ];
    return () => {
      for (const stop of stops) stop();
      reader.stop();
    };
  }

  #readNotices(connection: Connection): () => void {
    let atDoor: Notice | undefined;
    const join = () => {
      const { notices } = this.bulletin.value;
      const isTold = atDoor === undefined || notices.some(({ text }) => text === atDoor?.text);
      this.notices.set(isTold || atDoor === undefined ? notices : [...notices, atDoor]);
    };
    const stops = [
      // What was read after the door said it is newer.
      this.bulletin.subscribe(() => {
        atDoor = undefined;
        join();
      }),
      connection.onNotice((notice) => {
        atDoor = notice;
        join();
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  #follow(name: string): ChannelModel {
    return new ChannelModel({
      connection: this.#connection,
      clock: this.environment.clock,
      name,
      account: this.me.account,
      newId: () => this.environment.chance.id(),
      onEnded: () => this.me.role === 'guardian' && this.changed.set(true),
      onPublication: (publication) => {
        this.people.spoke(name, publication.author);
        this.#lessons.get(name)?.add(publication);
        this.#arrived(publication);
      },
      onMarked: (mark) => this.marks.told(mark),
      // What was marked elsewhere while the line was cut is told by nobody.
      onFollowed: () => name.startsWith('account:') && void this.marks.refill(),
      onReset: () => {
        this.#lessons.get(name)?.renew();
        if (name.startsWith('class:')) this.due?.renew(name);
        if (name.startsWith('account:')) this.digests?.renew();
      },
    });
  }

  #attend(channel: string): void {
    const { role, account } = this.me;
    if (role !== 'teacher' && role !== 'student') return;
    const lesson = this.#connection.lesson(channel);
    this.#stops.push(lesson.onChange(({ own }) => this.#channels.get(channel)?.waits(own.held)));
    const model = new LessonModel({
      lesson,
      account,
      isTeacher: role === 'teacher',
      clock: this.environment.clock,
      time: this.clock,
      people: this.people,
      history: (query) => this.#connection.http.history(channel, query),
      newId: () => this.environment.chance.id(),
    });
    this.#lessons.set(channel, model);
    const stop = model.view.subscribe(({ stage, title, since }) => {
      if (stage === 'none') this.#channels.get(channel)?.lapsed();
      const known = this.live.value.get(channel)?.since;
      if (known === (stage === 'on' ? since : undefined)) return;
      const live = new Map(this.live.value);
      if (stage === 'on' && since !== undefined) live.set(channel, { title, since });
      else live.delete(channel);
      this.live.set(live);
    });
    this.#stops.push(stop);
  }

  #refill(): void {
    this.due?.refill();
    void this.digests?.refill();
  }

  #arrived(publication: Publication): void {
    this.due?.add(publication);
    this.digests?.add(publication);
    if (publication.kind === 'extension') this.marks.extended(publication.body.item, publication.body.due);
    if (publication.kind === 'reminder') this.reminder.set(publication.body.entries);
  }

  #watch(place: Place, isWatched: boolean): void {
    for (const name of place.channels) this.#channels.get(name)?.watch(isWatched);
  }
}

/** The hub's bound on the channels of one connection. */
const CHANNELS_MAX = 64;

/** For an account that the roster gives nothing to read. */
const EMPTY_PLACE: Place = {
  id: '',
  kind: 'stream',
  title: '',
  school: '',
  subject: '',
  channels: [],
  writes: [],
};
