/** The words of the desk in French: what was sent, and the form that sends. */

import type { ItemKind, ReceiptBy, Role } from '@preau/client';

const many = (count: number, one: string, more: string) => `${count} ${count < 2 ? one : more}`;

const countedRoles: Record<Role, readonly [one: string, more: string]> = {
  teacher: ['enseignant', 'enseignants'],
  student: ['élève', 'élèves'],
  guardian: ['parent', 'parents'],
  staff: ['personnel', 'personnels'],
  operator: ['exploitant', 'exploitants'],
};

export const deskWords = {
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
    extendSave: 'Enregistrer',
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
    fields: {
      title: 'Titre',
      text: { announcement: 'Texte', assignment: 'Consigne' } satisfies Record<ItemKind, string>,
      subject: 'Matière (facultatif)',
      due: 'Pour le',
      links: 'Liens, un par ligne (facultatif)',
    },
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
    lateSent: 'Parti hors du temps scolaire : les élèves le voient pendant leur repos.',
    publishOffered: (day: string, time: string) => `Publier ${day} à ${time}`,
    publishInstead: (day: string, time: string) => `Le retirer, et le publier ${day} à ${time}`,
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

export type DeskWords = typeof deskWords;
