/** The words of items in English. */

import type { ItemWords } from './fr-items.ts';

export const itemWords: ItemWords = {
  items: {
    read: 'I have read this',
    readDone: 'You have confirmed that you read it.',
    readFailed: 'The confirmation was not sent. Try again.',
    changed: 'Changed',
    withdrawn: {
      announcement: 'This announcement has been withdrawn.',
      assignment: 'This assignment has been withdrawn.',
      post: 'This message has been withdrawn.',
      question: 'This question has been withdrawn.',
    },
    earlier: 'Moved earlier',
    translated: 'Translated by the sender',
  },
};
