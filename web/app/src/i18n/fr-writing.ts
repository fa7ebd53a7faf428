/** The words of writing in French: forms, what is on its way, what is to be handed in. They come with those. */

import type { BodyProblem } from '@preau/client';
import type { DueGroupName } from '../state/due.ts';

const many = (count: number, one: string, more: string) => `${count} ${count < 2 ? one : more}`;

const fields: Record<BodyProblem['field'], string> = {
  body: 'Le message',
  text: 'Le texte',
  title: 'Le titre',
  subject: 'La matière',
  due: 'La date',
  links: 'Les liens',
};

const due: Record<DueGroupName, string> = {
  late: 'En retard',
  today: 'Aujourd’hui',
  tomorrow: 'Demain',
  week: 'Cette semaine',
  later: 'Plus tard',
};

function problem({ field, rule, max }: BodyProblem): string {
  switch (rule) {
    case 'empty':
      return `${fields[field]} manque.`;
    case 'too_long':
      return field === 'links'
        ? `Il y a trop de liens, ou l’un d’eux est trop long (${max} au plus).`
        : `${fields[field]} est trop long : ${max} caractères au plus.`;
    case 'due':
      return 'Indiquez pour quel jour.';
    case 'link':
      return 'Chaque lien commence par https:// et tient sur une ligne.';
    case 'control':
    case 'shape':
      return `${fields[field]} contient un caractère qui ne peut pas être envoyé.`;
  }
}

function failure(code: string): string {
  switch (code) {
    case 'not_allowed':
      return 'Vous ne pouvez pas écrire ici.';
    case 'storage_full':
      return 'Le préau n’a plus de place. Prévenez l’établissement ; votre texte reste ici.';
    case 'storage_failed':
      return 'Le préau ne peut rien enregistrer pour le moment. Réessayez plus tard.';
    case 'busy':
    case 'rate_limited':
      return 'Trop de monde écrit en même temps. Réessayez dans un instant.';
    case 'link_host':
      return 'Ce site n’est pas de ceux que la région autorise.';
    case 'muted':
    case 'mode_forbids':
    case 'slow_mode':
    case 'posting_stopped':
    case 'shed':
      return 'On ne peut pas écrire ici en ce moment.';
    case 'no_lesson':
      return 'Le cours est terminé.';
    case 'read_only':
      return 'Ce réseau permet seulement de lire. Copiez votre texte, ou réessayez depuis un autre réseau.';
    case 'queue_full':
      return 'Trop de messages attendent déjà la connexion. Réessayez quand elle est revenue.';
    case 'closed':
      return 'La connexion est fermée.';
    default:
      return 'Le préau n’a pas accepté ce message.';
  }
}

export const writingWords = {
  sending: {
    label: 'Vos envois',
    sending: 'Envoi…',
    waiting: 'En attente de la connexion',
    stored: 'Enregistré',
    scheduled: 'Programmé',
    held: 'Le professeur le lit d’abord',
    rejected: 'Le professeur ne l’a pas publié',
    scheduledFor: (day: string, time: string) => `Sera publié ${day} à ${time}, aux heures de classe.`,
    failed: 'Non envoyé',
    failure,
    uncertain: 'Il a peut-être été enregistré : réessayer ne le doublera pas.',
    retry: 'Réessayer',
    edit: 'Corriger',
    discard: 'Supprimer',
  },
  composer: {
    label: (title: string) => `Écrire : ${title}`,
    text: { post: 'Votre message', question: 'Votre question' },
    links: 'Liens, un par ligne',
    addLinks: 'Joindre un lien',
    send: { post: 'Envoyer', question: 'Poser la question' },
    shortcut: 'Ctrl + Entrée pour envoyer',
    problem,
  },
  due: {
    title: 'À rendre',
    groups: due,
    empty: 'Rien à rendre. Profitez-en.',
    incomplete: 'La liste n’est peut-être pas complète : elle se remplit au retour de la connexion.',
    count: (count: number) => many(count, 'devoir', 'devoirs'),
    tick: (title: string) => `Fait : ${title}`,
    own: 'Délai pour vous',
    failed: 'La coche n’a pas pu être enregistrée.',
    reminders: 'Rappel',
    remind: (title: string, due: string) => `« ${title} » est à rendre ${due}.`,
  },
};

export type WritingWords = typeof writingWords;
