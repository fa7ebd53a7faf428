/** The words of a guardian's evening in French: the digest, and what one chooses about it. */

import type { Frequency } from '@preau/client';

const many = (count: number, one: string, more: string) => `${count} ${count < 2 ? one : more}`;

export const digestWords = {
  digest: {
    title: (day: string) => `Le résumé du ${day}`,
    none: 'Le soir, au calme',
    noneText:
      'Le résumé de la journée de vos enfants arrive ici chaque soir, avec ce que les établissements ont à vous dire. Il n’y a rien à guetter : la page se met à jour seule.',
    school: 'Pour tout l’établissement',
    child: (name: string) => `Pour ${name}`,
    leftOut: (count: number) =>
      `${many(count, 'élément suivra', 'éléments suivront')} dans le prochain résumé.`,
    past: 'Résumés précédents',
    now: 'Sans attendre le résumé',
    failed: 'Les résumés précédents n’ont pas encore pu être lus.',
  },
  preferences: {
    title: 'Vos résumés',
    digest: 'Recevoir un résumé',
    frequencies: {
      daily: 'Chaque soir de classe',
      weekly: 'Une fois par semaine, le vendredi',
      off: 'Jamais',
    } satisfies Record<Frequency, string>,
    off: 'Vous ne recevrez plus que les messages urgents.',
    mail: 'L’envoyer aussi par courriel',
    language: 'Langue',
    save: 'Enregistrer',
    saved: 'C’est enregistré.',
    failed: 'Vos choix n’ont pas pu être enregistrés.',
    loadFailed: 'Vos choix n’ont pas pu être lus.',
  },
};

export type DigestWords = typeof digestWords;
