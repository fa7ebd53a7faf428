/** The words of logging in and out, in English. */

import type { LoginWords } from './fr-login.ts';

export const loginWords: LoginWords = {
  title: 'Come into the préau',
  text: 'You come in with your workspace account. The préau never sees your password.',
  button: 'Log in with the workspace',
  again: 'Log in again with the workspace',
  troubles: {
    away: {
      title: 'The workspace does not answer',
      text: 'It is what checks your account. Try again in a few minutes; live lessons go on.',
    },
    denied: {
      title: 'You were not logged in',
      text: 'You cancelled, or the workspace did not let you pass.',
    },
    unknown: {
      title: 'This account is not in the roster',
      text: 'The workspace knows you, but the préau’s roster does not yet. A new account usually arrives the next day; if not, ask the school office.',
    },
    again: {
      title: 'Logging in has to begin again',
      text: 'It took too long, or it was begun in another window.',
    },
    busy: {
      title: 'Many people are logging in',
      text: 'Try again in a moment.',
    },
    ended: {
      title: 'You are logged out',
      text: 'Your log-in has ended: you logged out elsewhere, or its time was over. Nothing that you had sent is lost.',
    },
  },
  none: {
    title: 'Nobody comes in by this page',
    text: 'This installation has no identity provider: applications bring tokens of their own.',
  },
  out: {
    menu: 'Log out',
    here: 'On this device',
    everywhere: 'On all my devices',
    failed: 'You were not logged out. Try again.',
  },
};
