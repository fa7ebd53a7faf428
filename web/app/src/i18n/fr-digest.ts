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
    count: (count: number) => many(count, 'élément', 'éléments'),
    nothing: (name: string) => `Rien de particulier pour ${name}.`,
    earlier: 'Résumés plus anciens',
    oldest: 'Pas de résumé plus ancien : ils ne sont gardés qu’un temps.',
    full: (count: number) => `Cette page montre les ${count} derniers résumés.`,
    now: 'Urgent, sans attendre le résumé',
    older: (count: number) => many(count, 'message plus ancien', 'messages plus anciens'),
    failed: 'Les résumés n’ont pas pu être lus. Réessayez.',
  },
  preferences: {
    title: 'Vos résumés',
    digest: 'Recevoir un résumé',
    frequencies: {
      daily: 'Chaque soir de classe',
      weekly: 'Une fois par semaine',
      off: 'Jamais',
    } satisfies Record<Frequency, string>,
    mail: 'Recevoir aussi le résumé par courriel',
    outcome: (isDigestWanted: boolean, isMailWanted: boolean): string => {
      if (!isDigestWanted) return 'Plus de résumé, ni ici ni par courriel.';
      return isMailWanted ? 'Il se lit ici et vous est aussi écrit.' : 'Il ne se lit qu’ici.';
    },
    urgentMail: 'Recevoir aussitôt par courriel les messages urgents',
    urgentOutcome: (isWanted: boolean): string =>
      isWanted
        ? 'Ils se lisent ici et vous sont écrits aussitôt, même sans résumé.'
        : 'Ils ne se lisent qu’ici : aucun courriel ne vous prévient.',
    language: 'Langue des résumés et des courriels',
    languageNote: 'Ce que l’expéditeur n’a pas écrit dans cette langue reste dans la sienne.',
    save: 'Enregistrer',
    saved: 'C’est enregistré.',
    failed: 'Vos choix n’ont pas pu être enregistrés.',
    loadFailed: 'Vos choix n’ont pas pu être lus.',
  },
};

export type DigestWords = typeof digestWords;
