/** The words of a demo's clock, in English. */

import type { DemoWords } from './fr-demo.ts';

export const demoWords: DemoWords = {
  school: 'Time at school',
  pace: (speed) => `× ${speed}`,
  badge: 'Demo',
  title: 'The demo’s clock',
  time: 'Date and time at school',
  speed: 'Speed',
  normal: 'normal',
  faster: (speed) => `${speed} times faster`,
  apply: 'Set',
  failed: 'The clock could not be set.',
  everybody: 'This changes the time for everybody.',
};
