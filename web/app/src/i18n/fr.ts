/** The page's words in French: the language that it is written in first. */

import { itemWords } from './fr-items.ts';
import type { Trouble } from '../state/line.ts';
import type { PlaceKind } from '../state/places.ts';
import type { ResetWhy, Role, Scale, SentKind } from '@preau/client';

const many = (count: number, one: string, more: string) =>
  `${count.toLocaleString('fr')} ${count < 2 ? one : more}`;

const troubles: Record<Trouble, string> = {
  lost: 'La connexion est coupée.',
  restarting: 'Le préau redémarre.',
  full: 'Beaucoup de monde en même temps.',
  failed: 'Le préau a eu un problème.',
  logged_out: 'Votre session est terminée.',
  revoked: 'Votre compte n’est plus ouvert ici.',
  abuse: 'Trop de messages refusés : la connexion a été fermée.',
  outdated: 'Cette page n’est plus à jour.',
  refused: 'L’entrée a été refusée.',
  left: 'Vous êtes sorti.',
  elsewhere: 'Votre compte est ouvert dans une autre fenêtre.',
  kicked: 'La connexion a été fermée par l’exploitation.',
};

const remedies: Record<Trouble, string> = {
  lost: 'Rechargez la page.',
  restarting: 'Rechargez la page dans un instant.',
  full: 'Rechargez la page dans un instant.',
  failed: 'Rechargez la page ; si cela recommence, prévenez l’établissement.',
  logged_out: 'Ressortez, puis connectez-vous à nouveau.',
  revoked: 'Adressez-vous au secrétariat de l’établissement.',
  abuse: 'Rechargez la page.',
  outdated: 'Rechargez la page.',
  refused: 'Adressez-vous au secrétariat de l’établissement.',
  left: 'Connectez-vous à nouveau.',
  elsewhere: 'Fermez les fenêtres dont vous n’avez plus besoin.',
  kicked: 'Adressez-vous à l’établissement.',
};

const kinds: Record<SentKind, string> = {
  post: 'Message',
  question: 'Question',
  announcement: 'Annonce',
  assignment: 'Devoir',
};

const roles: Record<Role, string> = {
  teacher: 'Enseignants',
  student: 'Élèves',
  guardian: 'Parents',
  staff: 'Vie scolaire',
  operator: 'Exploitation',
};

const places: Record<PlaceKind, string> = {
  stream: 'Tout',
  class: 'Classe',
  group: 'Groupe',
  level: 'Niveau',
  school: 'Établissement',
  bulletin: 'Informations',
  region: 'Région',
  region_bulletin: 'Informations de la région',
  account: 'Pour moi',
  desk: 'Annonces et devoirs',
};

const resets: Record<ResetWhy, string> = {
  epoch: 'Le préau a été restauré : le fil a été rechargé.',
  trimmed: 'Vous étiez absent longtemps : voici les derniers messages, les plus anciens ont été effacés.',
  ahead: 'Le préau a été restauré : le fil a été rechargé.',
};

/** A line on somebody whom one may try to be. */
function about(role: Role, classes: readonly string[]): string {
  const where = classes.join(', ');
  switch (role) {
    case 'teacher':
      return where === '' ? 'Enseigne' : `Enseigne en ${where}`;
    case 'student':
      return where === '' ? 'Élève' : `Élève de ${where}`;
    case 'guardian':
      return where === '' ? 'Parent d’élève' : `Parent d’élève de ${where}`;
    case 'staff':
      return 'Écrit à tout l’établissement';
    case 'operator':
      return 'Fait fonctionner le préau';
  }
}

export const fr = {
  other: 'English',
  locale: 'fr-FR',
  tagline: 'La cour couverte de votre classe',
  skip: 'Aller au contenu',
  loading: 'Un instant…',
  missing: 'Cette partie de la page n’a pas pu être chargée.',
  roles,
  places,
  kinds,
  entrance: {
    title: 'Qui entre ?',
    lead: 'Ceci est une démonstration : choisissez un compte, sans mot de passe. Ouvrez un second onglet pour être deux.',
    about,
    entering: 'On vous ouvre…',
    refused: 'Ce compte n’a pas pu entrer.',
    unreachable: 'Le préau ne répond pas.',
    retry: 'Réessayer',
  },
  header: {
    leave: 'Sortir',
    menu: 'Mes classes',
  },
  line: {
    connecting: 'Connexion…',
    live: 'En direct',
    reconnecting: 'Nouvelle tentative…',
    waiting: (seconds: number) =>
      seconds > 0 ? `Nouvel essai dans ${many(seconds, 'seconde', 'secondes')}` : 'Nouvel essai…',
    kept: 'Ce que vous écrivez est gardé et partira au retour de la connexion.',
    closed: 'Déconnecté',
    resumed: 'La connexion est revenue. Rien ne manque.',
    troubles,
    remedies,
    reload: 'Recharger la page',
    queued: 'Salle d’attente',
    suspended: 'Fermé pour le moment',
    reading: 'Lecture seule',
    readOnly:
      'Votre réseau bloque la connexion en direct : vous lisez, mais vous ne pouvez pas écrire d’ici.',
    notRead: (count: number) =>
      count === 0
        ? ''
        : `${many(count, 'fil n’arrive pas', 'fils n’arrivent pas')} en direct de cette façon.`,
  },
  waiting: {
    title: 'Vous êtes dans la salle d’attente',
    text: 'Beaucoup de monde arrive en même temps. Votre place est gardée : vous entrerez tout seul, sans rien recharger.',
    ahead: (count: number) =>
      count === 0 ? 'C’est bientôt à vous.' : `Environ ${many(count, 'personne', 'personnes')} avant vous.`,
    minutes: (count: number) =>
      count < 2 ? 'Encore une minute environ.' : `Encore ${count} minutes environ.`,
    estimate: 'C’est une estimation.',
    progress: 'Votre avancée dans la file',
    again:
      'Vous êtes revenu dans la salle d’attente. Ce que vous lisiez reste ici, ce que vous écrivez est gardé.',
  },
  suspended: {
    title: (when: string) => (when === '' ? 'Fermé pour le moment' : `Ouverture pour vous à ${when}`),
    on: (day: string, time: string) => `${time} (${day})`,
    text: 'Pendant la journée de classe, le préau est réservé aux élèves et à leurs enseignants. Cette page s’ouvrira toute seule : rien à guetter, rien à recharger.',
    others: 'Le préau n’est pas ouvert à cette heure. Cette page s’ouvrira toute seule : rien à recharger.',
    unknown: 'L’heure d’ouverture n’est pas encore connue. La page la demandera de temps en temps.',
  },
  kicked: {
    title: 'Accès interrompu par l’exploitation',
    text: (when: string) =>
      `Vous pourrez revenir ${when} environ : cette page s’ouvrira toute seule. Une question ? Adressez-vous à l’établissement.`,
  },
  elsewhere: {
    title: 'Vous avez ouvert le préau dans une autre fenêtre',
    text: 'Cette fenêtre-ci s’est arrêtée pour lui laisser la place.',
    here: 'Continuer dans cette fenêtre',
  },
  bulletin: {
    title: 'Informations pour tous',
    urgent: 'Urgent',
    notice: 'Message de l’exploitation',
    empty: 'Rien à signaler.',
    again: 'Relues quand vous revenez sur cette page.',
  },
  load: {
    2: 'Beaucoup de monde en ce moment : les réactions et les listes de présence sont en pause.',
    3: 'Énormément de monde : les cours passent d’abord, certains messages arrivent un peu plus tard.',
    4: 'Le préau est plein : les cours en direct passent d’abord. Gardez cette page ouverte.',
  },
  feed: {
    label: (title: string) => `Fil : ${title}`,
    empty: 'Rien encore.',
    emptyHint: 'Ce qui sera écrit ici apparaîtra tout de suite, sans recharger la page.',
    earlier: 'Voir plus tôt',
    earlierLoading: 'Chargement…',
    earlierFailed: 'Le chargement a échoué. Réessayer',
    behind: 'Vous recevez les messages avec un peu de retard, sans rien manquer.',
    ended: 'Vous ne suivez plus ce fil : votre inscription a changé.',
    resets,
    understood: 'J’ai compris',
    pause: 'Pause',
    resume: 'Reprendre',
    heldBack: (count: number) => `Afficher ${many(count, 'nouveau message', 'nouveaux messages')}`,
    newest: 'Dernier message',
    you: 'vous',
    erased: 'Compte effacé',
    stored: 'Enregistré',
    dueFor: 'Pour',
    links: 'Liens',
    actions: (name: string) => `Que faire du message de ${name}`,
    heard: (count: number) => many(count, 'nouveau message', 'nouveaux messages'),
    lesson: {
      started: (title: string) => (title === '' ? 'Le cours commence' : `Le cours commence : ${title}`),
      ended: 'Le cours est terminé',
      poll: (text: string) => (text === '' ? 'Sondage' : `Sondage : ${text}`),
      closed: 'fermé',
    },
    choices: {
      yes_no: ['Oui', 'Non'],
      letters: ['A', 'B', 'C', 'D'],
      numbers: ['1', '2', '3', '4', '5'],
    } satisfies Record<Scale, readonly string[]> as Record<Scale, readonly string[]>,
    unread: (count: number) => many(count, 'non lu', 'non lus'),
    leftOut: (count: number) =>
      `${many(count, 'fil n’est pas suivi', 'fils ne sont pas suivis')} sur cette page.`,
  },
  live: {
    now: 'Cours en direct',
    since: (time: string) => `depuis ${time}`,
    join: 'Rejoindre',
  },
  ...itemWords,
  nothing: 'L’annuaire de l’établissement ne vous donne encore rien à suivre.',
};

export type Messages = typeof fr;
