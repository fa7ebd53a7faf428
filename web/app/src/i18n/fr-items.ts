/** The words of items in French: reading and confirming them in a feed. */

import type { SentKind } from '@preau/client';

export const itemWords = {
  items: {
    read: 'J’ai lu et compris',
    readDone: 'Vous avez confirmé avoir lu.',
    readFailed: 'La confirmation n’est pas partie. Réessayez.',
    changed: 'Modifié',
    withdrawn: {
      announcement: 'Cette annonce a été retirée.',
      assignment: 'Ce devoir a été retiré.',
      post: 'Ce message a été retiré.',
      question: 'Cette question a été retirée.',
    } satisfies Record<SentKind, string>,
    earlier: 'Date avancée',
    translated: 'Traduit par l’expéditeur',
  },
};

export type ItemWords = typeof itemWords;
