/** The words of a lesson in English. */

import type { LessonWords } from './fr-lesson.ts';

const many = (count: number, one: string, more: string) => `${count} ${count === 1 ? one : more}`;

function place(count: number): string {
  const ending = count % 100 > 10 && count % 100 < 14 ? 'th' : (['th', 'st', 'nd', 'rd'][count % 10] ?? 'th');
  return `${count}${ending}`;
}

/** Why something could not be done in a lesson. */
function trouble(code: string): string {
  switch (code) {
    case 'no_lesson':
      return 'The lesson is over.';
    case 'lesson_runs':
      return 'A lesson is already running in this class.';
    case 'poll_open':
      return 'A poll is open already: close it first.';
    case 'unknown_target':
      return 'It is no longer there: somebody may have dealt with it.';
    case 'muted':
    case 'mode_forbids':
      return 'That is not possible at this moment of the lesson.';
    case 'rate_limited':
    case 'slow_mode':
      return 'That was a little fast. Try again in a moment.';
    case 'shed':
    case 'busy':
      return 'Many people are here: try again in a moment.';
    case 'not_allowed':
      return 'You can’t do that here.';
    case 'closed':
    case 'queue_full':
    case 'read_only':
      return 'That needs a connection. Try again when it is back.';
    default:
      return 'That did not work. Try again.';
  }
}

export const lessonWords: LessonWords = {
  by: (name) => `with ${name}`,
  here: (here, of) => `${here} of ${of} here`,
  over: 'The lesson is over. The feed can be read until tomorrow.',
  called: 'It is your turn: your teacher asks you to speak.',
  understood: 'Understood',
  tabs: { label: 'Parts of the lesson', feed: 'Feed', questions: 'Questions', console: 'Lesson' },
  waiting: (count) => `${count} waiting`,
  trouble,
  states: {
    muted: 'Your teacher has paused your messages for now. You can still read everything.',
    mode: 'Only your teacher writes for now.',
    questions: 'For now, the class asks questions and does not write in the feed.',
    held: 'Your teacher reads before anything is published.',
    slow: (seconds) => `You can write in ${many(seconds, 'second', 'seconds')}.`,
    slowSoon: 'One message at a time: the next in a moment.',
  },
  hand: {
    raise: 'Raise your hand',
    lower: 'Lower your hand',
    asked: 'One moment…',
    place: (count) => `Hand raised: ${place(count)} in line`,
  },
  reactions: {
    label: 'React',
    names: {
      thumbs_up: 'I agree',
      clap: 'Well done',
      heart: 'I like it',
      smile: 'Funny',
      surprised: 'Surprising',
      lost: 'I am lost',
    },
  },
  pinned: {
    title: 'Pinned',
    unpin: 'Unpin',
    more: 'Show all',
    less: 'Show less',
    gone: 'What was pinned has been deleted.',
  },
  actions: {
    menu: (name) => `Actions on the message of ${name}`,
    pin: 'Pin',
    delete: 'Delete',
    deleteSure: 'Delete it for the whole class?',
    mute: (name) => `Mute ${name}`,
    unmute: (name) => `Let ${name} write again`,
    report: 'Report to the teacher',
    reported: 'Reported to the teacher.',
    yes: 'Yes, delete',
    cancel: 'Cancel',
  },
  questions: {
    title: 'Questions to the teacher',
    empty: 'No questions yet.',
    emptyHint: 'Questions wait here for their answer, apart from the feed.',
    upvote: (count) => `I wonder too: ${count}`,
    upvoted: (count) => many(count, 'student wonders too', 'students wonder too'),
    upvoteShort: 'Me too',
    standings: { open: 'Waiting', answered: 'Answered', dismissed: 'Set aside' },
    settled: (count) => many(count, 'settled question', 'settled questions'),
    answered: 'Answered',
    dismiss: 'Set aside',
    reopen: 'Reopen',
    deleted: 'This question has been deleted.',
    loading: 'Loading…',
    you: 'you',
    isOpen: 'questions waiting',
  },
  poll: {
    title: 'Poll',
    aloud: 'Your teacher asked the question aloud.',
    aloudTeacher: 'Asked aloud',
    change: 'You can change your mind until it closes. Nobody sees who voted for what.',
    closed: 'Poll closed',
    voters: (count, of) => `${many(count, 'answer', 'answers')} of ${of}`,
    votes: (count) => many(count, 'vote', 'votes'),
    mine: 'your choice',
    text: 'Question (optional if asked aloud)',
    scale: 'Answers',
    scales: { yes_no: 'Yes / No', letters: 'A to D', numbers: '1 to 5' },
    shown: 'The class sees the result',
    showns: { live: 'while it votes', closed: 'once it is closed', never: 'never' },
    open: 'Open the poll',
    close: 'Close the poll',
    again: 'New poll',
    isOpen: 'open',
  },
  lesson: {
    title: 'The lesson',
    subject: 'What it is about (optional)',
    start: 'Start the lesson',
    startHint: 'The class is told at once: raised hands, questions and polls open.',
    end: 'End the lesson',
    endSure: 'End it for the whole class?',
    endYes: 'Yes, end it',
    endNo: 'Go on',
  },
  hands: {
    title: 'Raised hands',
    none: 'No raised hands.',
    count: (count) => many(count, 'raised hand', 'raised hands'),
    call: 'Call',
    callName: (name) => `Call on ${name}`,
    lower: (name) => `Lower ${name}’s hand`,
    lowerAll: 'Lower all',
    called: 'Speaking:',
  },
  proposals: {
    title: 'To be read',
    approve: 'Publish',
    reject: 'Reject',
    waiting: 'Sending…',
    question: 'A question',
  },
  reports: { title: 'Reports', seen: 'Seen', gone: 'This message has been deleted.' },
  presence: {
    title: 'Who is here',
    missing: (count) => `${count} not on the page`,
    here: (count) => many(count, 'student online', 'students online'),
    of: (here, of) => `${here} of ${of}`,
    everybody: 'Everybody is here.',
    nobody: 'Nobody is here yet.',
    note: 'This is no register of attendance: nothing of it is kept.',
    muted: 'muted',
    exempt: 'may speak',
    mute: 'Mute',
    muteName: (name) => `Mute ${name}`,
    unmute: 'Unmute',
    unmuteName: (name) => `Let ${name} write again`,
  },
  rules: {
    title: 'Rules',
    mode: 'Who writes?',
    modes: { open: 'The whole class', questions: 'Questions only', teacher: 'Only me' },
    slow: 'Between two messages of a student',
    slows: (seconds) =>
      seconds === 0 ? 'no wait' : seconds < 60 ? `${seconds} seconds` : `${seconds / 60} minutes`,
    moderated: 'Read before publishing',
    reactions: 'Reactions allowed',
    muteAll: 'Mute everybody',
    unmuteAll: 'Let everybody write again',
    limited: 'restricted',
    mutedAll: 'The whole class is muted.',
  },
};
