/** The words of items in French: reading and confirming, the digest, the desk and its form. */

import type { Frequency, ItemKind, ReceiptBy, Role, SentKind } from '@preau/client';

const many = (count: number, one: string, more: string) => `${count} ${count < 2 ? one : more}`;

const countedRoles: Record<Role, readonly [one: string, more: string]> = {
  teacher: ['enseignant', 'enseignants'],
  student: ['élève', 'élèves'],
  guardian: ['parent', 'parents'],
  staff: ['personnel', 'personnels'],
  operator: ['exploitant', 'exploitants'],
};

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
  desk: {
    title: 'Annonces et devoirs',
    write: { announcement: 'Nouvelle annonce', assignment: 'Nouveau devoir' } satisfies Record<
      ItemKind,
      string
    >,
    mine: 'Ce que vous avez envoyé',
    empty: 'Rien encore. Ce que vous envoyez d’ici peut être modifié ou retiré plus tard.',
    failed: 'La liste n’a pas pu être lue.',
    retry: 'Réessayer',
    more: 'Voir plus',
    back: 'Retour à la liste',
    edit: 'Modifier',
    withdraw: 'Retirer',
    withdrawSure: 'Retirer pour tout le monde ? Cela ne se défait pas.',
    withdrawYes: 'Oui, retirer',
    cancel: 'Annuler',
    withdrawn: 'Retiré',
    later: (day: string, time: string) => `Paraîtra ${day} à ${time}`,
    published: (day: string, time: string) => `Publié ${day} à ${time}`,
    readBy: (count: number, of: number) => `${count} sur ${of} ${count < 2 ? 'a lu' : 'ont lu'}`,
    doneBy: (count: number, of: number) => `${count} sur ${of} ${count < 2 ? 'a terminé' : 'ont terminé'}`,
    readers: 'Ont lu',
    moreReaders: (count: number) =>
      count > 0 ? `Voir ${many(count, 'autre lecteur', 'autres lecteurs')}` : 'Voir la suite',
    noReader: 'Personne encore.',
    pupils: 'Élèves',
    pupilDone: 'Fait',
    pupilOpen: 'Pas encore',
    extend: (name: string) => `Autre date pour ${name}`,
    extendShort: 'Autre date',
    extendClear: (name: string) => `Rendre à ${name} la date de la classe`,
    extendClearShort: 'Date de la classe',
    troubles: {
      withdraw: 'Le retrait n’a pas abouti. Réessayez.',
      extend: 'La date n’a pas pu être changée. Réessayez.',
      readers: 'La suite de la liste n’a pas pu être lue. Réessayez.',
    },
    done: {
      sent: 'C’est publié.',
      scheduled: 'C’est programmé.',
      edited: 'La modification est enregistrée.',
      withdrawn: 'C’est retiré.',
    },
  },
  form: {
    title: {
      announcement: 'Nouvelle annonce',
      assignment: 'Nouveau devoir',
    } satisfies Record<ItemKind, string>,
    editing: (title: string) => `Modifier : ${title}`,
    places: 'Où ?',
    roles: 'Pour qui ?',
    options: 'Plus d’options',
    language: 'Aussi dans une autre langue',
    noLanguage: 'Non',
    languages: {
      en: 'Anglais',
      es: 'Espagnol',
      pt: 'Portugais',
      ar: 'Arabe',
      tr: 'Turc',
      uk: 'Ukrainien',
    },
    otherTitle: 'Titre dans cette langue',
    otherText: 'Texte dans cette langue',
    publishAt: 'Publier plus tard (facultatif)',
    expiresAt: 'Retirer de l’affichage le (facultatif)',
    receipt: 'Demander une confirmation de lecture',
    receipts: {
      none: 'Non',
      student: 'Une par élève : un seul parent suffit',
      account: 'Une par personne',
    } satisfies Record<ReceiptBy | 'none', string>,
    names: 'Voir qui a lu, et pas seulement combien. Les destinataires le sauront.',
    urgent: 'Urgent : paraît tout de suite, même le soir',
    reason: 'Motif, gardé dans le journal et non publié',
    reach: (total: number, parts: readonly string[]) =>
      total === 0
        ? 'Personne ne recevrait cet envoi.'
        : `Pour ${many(total, 'personne', 'personnes')} : ${parts.join(', ')}.`,
    counted: (role: Role, count: number) => many(count, ...countedRoles[role]),
    receiptsExpected: (count: number) =>
      `${many(count, 'confirmation attendue', 'confirmations attendues')}.`,
    counting: 'Calcul du nombre de destinataires…',
    reachNone: 'Choisissez où et pour qui : le nombre de destinataires s’affichera ici.',
    reachFailed: 'Le nombre de destinataires n’a pas pu être calculé.',
    late: 'Ce n’est pas le temps scolaire : les élèves le verraient pendant leur repos.',
    publishOffered: (day: string, time: string) => `Publier ${day} à ${time}`,
    send: {
      announcement: (count: number) => `Publier pour ${many(count, 'personne', 'personnes')}`,
      assignment: (count: number) => `Donner à ${many(count, 'personne', 'personnes')}`,
    } satisfies Record<ItemKind, unknown>,
    sendUnknown: 'Publier',
    save: 'Enregistrer la modification',
    sending: 'Envoi…',
    failed: 'L’envoi n’a pas abouti. Votre texte est gardé : réessayez.',
    conflict: 'Une autre version a été enregistrée entre-temps. Revenez à la liste et rouvrez-la.',
    notAllowed: 'Vous ne pouvez pas publier à tous ces endroits.',
    rules: {
      places: 'Choisissez au moins un endroit.',
      audience: 'Choisissez au moins un public.',
      reason: 'Indiquez le motif de l’urgence.',
      other: 'Écrivez le titre et le texte dans l’autre langue, ou choisissez « Non ».',
      past: 'L’heure de publication est passée.',
      expired: 'La fin d’affichage doit venir après la publication.',
    },
  },
};

export type ItemWords = typeof itemWords;
