/** The page's words in English. */

import type { Role } from '@preau/client';
import { itemWords } from './en-items.ts';
import type { Messages } from './fr.ts';

const many = (count: number, one: string, more: string) =>
  `${count.toLocaleString('en')} ${count === 1 ? one : more}`;

/** A line on somebody whom one may try to be. */
function about(role: Role, classes: readonly string[]): string {
  const where = classes.join(', ');
  switch (role) {
    case 'teacher':
      return where === '' ? 'Teaches' : `Teaches ${where}`;
    case 'student':
      return where === '' ? 'A pupil' : `A pupil of ${where}`;
    case 'guardian':
      return where === '' ? 'A pupil’s parent' : `Parent of a pupil of ${where}`;
    case 'staff':
      return 'Writes to the whole school';
    case 'operator':
      return 'Runs the hub';
  }
}

export const en: Messages = {
  other: 'Français',
  locale: 'en-GB',
  tagline: 'Your class’s covered yard',
  skip: 'Skip to the content',
  loading: 'One moment…',
  missing: 'This part of the page could not be loaded.',
  roles: {
    teacher: 'Teachers',
    student: 'Students',
    guardian: 'Parents',
    staff: 'School office',
    operator: 'Operations',
  },
  places: {
    stream: 'Everything',
    class: 'Class',
    group: 'Group',
    level: 'Year',
    school: 'School',
    bulletin: 'Notices',
    region: 'Region',
    region_bulletin: 'Regional notices',
    account: 'For me',
    desk: 'Announcements and work',
  },
  kinds: { post: 'Message', question: 'Question', announcement: 'Announcement', assignment: 'Assignment' },
  entrance: {
    title: 'Who is coming in?',
    lead: 'This is a demo: choose an account, no password needed. Open a second tab to be two.',
    about,
    entering: 'Letting you in…',
    refused: 'This account could not come in.',
    unreachable: 'The hub does not answer.',
    retry: 'Try again',
  },
  header: {
    leave: 'Leave',
    menu: 'My classes',
  },
  line: {
    connecting: 'Connecting…',
    live: 'Live',
    reconnecting: 'Trying again…',
    waiting: (seconds) =>
      seconds > 0 ? `Trying again in ${many(seconds, 'second', 'seconds')}` : 'Trying again…',
    kept: 'What you write is kept, and leaves when the connection is back.',
    closed: 'Disconnected',
    resumed: 'The connection is back. Nothing is missing.',
    troubles: {
      lost: 'The connection is broken.',
      restarting: 'The hub is restarting.',
      full: 'Many people at once.',
      failed: 'The hub had a problem.',
      logged_out: 'Your session has ended.',
      revoked: 'Your account is no longer open here.',
      abuse: 'Too many refused messages: the connection was closed.',
      outdated: 'This page is out of date.',
      refused: 'Entry was refused.',
      left: 'You have left.',
      elsewhere: 'Your account is open in another window.',
      kicked: 'The operators closed the connection.',
    },
    remedies: {
      lost: 'Reload the page.',
      restarting: 'Reload the page in a moment.',
      full: 'Reload the page in a moment.',
      failed: 'Reload the page; if it happens again, tell the school.',
      logged_out: 'Leave, then log in again.',
      revoked: 'Ask at the school’s office.',
      abuse: 'Reload the page.',
      outdated: 'Reload the page.',
      refused: 'Ask at the school’s office.',
      left: 'Log in again.',
      elsewhere: 'Close the windows that you no longer need.',
      kicked: 'Ask your school.',
    },
    reload: 'Reload the page',
    queued: 'Waiting room',
    suspended: 'Closed for now',
    reading: 'Read only',
    readOnly: 'Your network blocks the live connection: you can read, but you can’t write from here.',
    notRead: (count) =>
      count === 0 ? '' : `${many(count, 'feed does', 'feeds do')} not arrive live in this way.`,
  },
  waiting: {
    title: 'You are in the waiting room',
    text: 'Many people are arriving at once. Your place is kept: you will come in by yourself, without reloading anything.',
    ahead: (count) =>
      count === 0 ? 'It is nearly your turn.' : `About ${many(count, 'person', 'people')} before you.`,
    minutes: (count) => (count < 2 ? 'About one more minute.' : `About ${count} more minutes.`),
    estimate: 'This is an estimate.',
    progress: 'Your way through the queue',
    again: 'You are back in the waiting room. What you were reading stays here, and what you write is kept.',
  },
  suspended: {
    title: (when) => (when === '' ? 'Closed for now' : `Opens for you at ${when}`),
    on: (day, time) => `${time} on ${day}`,
    text: 'During the school day the covered yard is for pupils and their teachers. This page will open by itself: nothing to watch for, nothing to reload.',
    others: 'The covered yard is not open at this hour. This page will open by itself: nothing to reload.',
    unknown: 'The hour is not known yet. The page will ask for it from time to time.',
  },
  kicked: {
    title: 'The operators have sent you away for a while',
    text: (when) =>
      `You may come back ${when} or so: this page will open by itself. A question? Ask your school.`,
  },
  elsewhere: {
    title: 'You opened préau in another window',
    text: 'This window has stopped to make room for it.',
    here: 'Go on in this window',
  },
  bulletin: {
    title: 'Notices for everybody',
    urgent: 'Urgent',
    notice: 'From the operators',
    empty: 'Nothing to report.',
    again: 'Read again when you come back to this page.',
  },
  load: {
    2: 'Many people are here at the moment: reactions and lists of who is present are paused.',
    3: 'A great many people are here: lessons come first, some messages arrive a little later.',
    4: 'The hub is full: live lessons come first. Keep this page open.',
  },
  feed: {
    label: (title) => `Feed: ${title}`,
    empty: 'Nothing yet.',
    emptyHint: 'What is written here will appear at once, without reloading the page.',
    earlier: 'See earlier ones',
    earlierLoading: 'Loading…',
    earlierFailed: 'Loading failed. Try again',
    behind: 'You receive messages a little late, and miss none.',
    ended: 'You no longer follow this feed: your enrolment has changed.',
    resets: {
      epoch: 'The hub was restored: the feed has been loaded again.',
      trimmed: 'You were away for long: these are the latest messages, older ones have been deleted.',
      ahead: 'The hub was restored: the feed has been loaded again.',
    },
    understood: 'Understood',
    pause: 'Pause',
    resume: 'Resume',
    heldBack: (count) => `Show ${many(count, 'new message', 'new messages')}`,
    newest: 'Latest message',
    you: 'you',
    erased: 'Erased account',
    stored: 'Stored',
    dueFor: 'Due',
    links: 'Links',
    actions: (name) => `What to do with the message of ${name}`,
    heard: (count) => many(count, 'new message', 'new messages'),
    lesson: {
      started: (title) => (title === '' ? 'The lesson begins' : `The lesson begins: ${title}`),
      ended: 'The lesson is over',
      poll: (text) => (text === '' ? 'Poll' : `Poll: ${text}`),
      closed: 'closed',
    },
    choices: {
      yes_no: ['Yes', 'No'],
      letters: ['A', 'B', 'C', 'D'],
      numbers: ['1', '2', '3', '4', '5'],
    },
    unread: (count) => `${count} unread`,
    leftOut: (count) => `${many(count, 'feed is', 'feeds are')} not followed on this page.`,
  },
  live: {
    now: 'Lesson on',
    since: (time) => `since ${time}`,
    join: 'Join',
  },
  ...itemWords,
  nothing: 'The school’s directory gives you nothing to follow yet.',
};
