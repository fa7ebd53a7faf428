/** The words of a lesson in French: the class while it is live, and the teacher's console. */

import type { Mode, Reaction, Scale, Shown, Standing } from '@preau/client';

const many = (count: number, one: string, more: string) => `${count} ${count < 2 ? one : more}`;
const place = (count: number) => (count === 1 ? '1re' : `${count}e`);

/** Why something could not be done in a lesson. */
function trouble(code: string): string {
  switch (code) {
    case 'no_lesson':
      return 'Le cours est terminé.';
    case 'lesson_runs':
      return 'Un cours est déjà ouvert dans cette classe.';
    case 'poll_open':
      return 'Un sondage est déjà ouvert : fermez-le d’abord.';
    case 'unknown_target':
      return 'Ce n’est plus là : quelqu’un l’a peut-être déjà traité.';
    case 'muted':
    case 'mode_forbids':
      return 'Ce n’est pas possible en ce moment du cours.';
    case 'rate_limited':
    case 'slow_mode':
      return 'C’était un peu rapide. Réessayez dans un instant.';
    case 'shed':
    case 'busy':
      return 'Il y a beaucoup de monde : réessayez dans un instant.';
    case 'not_allowed':
      return 'Vous ne pouvez pas faire cela ici.';
    case 'closed':
    case 'queue_full':
    case 'read_only':
      return 'Sans connexion, ce n’est pas possible. Réessayez quand elle est revenue.';
    default:
      return 'Cela n’a pas abouti. Réessayez.';
  }
}

export const lessonWords = {
  by: (name: string) => `avec ${name}`,
  here: (here: number, of: number) => `${many(here, 'présent', 'présents')} sur ${of}`,
  over: 'Le cours est terminé. Le fil se lit encore jusqu’à demain.',
  called: 'C’est à vous : votre professeur vous donne la parole.',
  understood: 'J’ai compris',
  tabs: { label: 'Parties du cours', feed: 'Fil', questions: 'Questions', console: 'Le cours' },
  waiting: (count: number) => many(count, 'en attente', 'en attente'),
  trouble,
  states: {
    muted: 'Votre professeur a suspendu vos messages pour le moment. Vous continuez à tout lire.',
    mode: 'Seul votre professeur écrit pour le moment.',
    questions: 'Pour le moment, la classe pose des questions et n’écrit pas dans le fil.',
    held: 'Votre professeur relit avant de publier.',
    slow: (seconds: number) => `Vous pourrez écrire dans ${many(seconds, 'seconde', 'secondes')}.`,
    slowSoon: 'Un message à la fois : la suite dans un instant.',
  },
  hand: {
    raise: 'Lever la main',
    lower: 'Baisser la main',
    asked: 'Un instant…',
    place: (count: number) => `Main levée : ${place(count)} de la file`,
  },
  reactions: {
    label: 'Réagir',
    names: {
      thumbs_up: 'D’accord',
      clap: 'Bravo',
      heart: 'J’aime',
      smile: 'Drôle',
      surprised: 'Étonnant',
      lost: 'Je suis perdu',
    } satisfies Record<Reaction, string>,
  },
  pinned: {
    title: 'Épinglé',
    unpin: 'Détacher',
    more: 'Tout voir',
    less: 'Réduire',
    gone: 'Le message épinglé a été supprimé.',
  },
  actions: {
    menu: (name: string) => `Actions sur le message de ${name}`,
    pin: 'Épingler',
    delete: 'Supprimer',
    deleteSure: 'Supprimer pour toute la classe ?',
    mute: (name: string) => `Suspendre ${name}`,
    unmute: (name: string) => `Rendre la parole à ${name}`,
    report: 'Signaler au professeur',
    reported: 'Signalé au professeur.',
    yes: 'Oui, supprimer',
    cancel: 'Annuler',
  },
  questions: {
    title: 'Questions',
    empty: 'Pas encore de question.',
    emptyHint: 'Les questions attendent ici leur réponse, à part du fil.',
    upvote: (count: number) => `Je me la pose aussi : ${count}`,
    upvoted: (count: number) => many(count, 'élève se la pose aussi', 'élèves se la posent aussi'),
    upvoteShort: 'Moi aussi',
    standings: { open: 'En attente', answered: 'Répondue', dismissed: 'Écartée' } satisfies Record<
      Standing,
      string
    >,
    settled: (count: number) => many(count, 'question traitée', 'questions traitées'),
    answered: 'Répondue',
    dismiss: 'Écarter',
    reopen: 'Rouvrir',
    deleted: 'Cette question a été supprimée.',
    loading: 'Chargement…',
    you: 'vous',
    isOpen: 'questions en attente',
  },
  poll: {
    title: 'Sondage',
    aloud: 'Votre professeur a posé la question à voix haute.',
    aloudTeacher: 'Question posée à voix haute',
    change: 'Vous pouvez changer d’avis jusqu’à la fermeture. Personne ne voit qui a voté quoi.',
    closed: 'Sondage fermé',
    voters: (count: number, of: number) => `${many(count, 'réponse', 'réponses')} sur ${of}`,
    votes: (count: number) => many(count, 'voix', 'voix'),
    mine: 'votre choix',
    text: 'Question (facultatif si elle est posée à voix haute)',
    scale: 'Réponses',
    scales: { yes_no: 'Oui / Non', letters: 'A – D', numbers: '1 – 5' } satisfies Record<Scale, string>,
    shown: 'La classe voit le résultat',
    showns: { live: 'pendant le vote', closed: 'à la fermeture', never: 'jamais' } satisfies Record<
      Shown,
      string
    >,
    open: 'Ouvrir le sondage',
    close: 'Fermer le sondage',
    again: 'Nouveau sondage',
    isOpen: 'en cours',
  },
  lesson: {
    title: 'Le cours',
    subject: 'Sujet du cours (facultatif)',
    start: 'Commencer le cours',
    startHint: 'La classe est prévenue aussitôt : mains levées, questions et sondages s’ouvrent.',
    end: 'Terminer le cours',
    endSure: 'Terminer pour toute la classe ?',
    endYes: 'Oui, terminer',
    endNo: 'Continuer',
  },
  hands: {
    title: 'Mains levées',
    none: 'Aucune main levée.',
    count: (count: number) => many(count, 'main levée', 'mains levées'),
    call: 'Interroger',
    callName: (name: string) => `Interroger ${name}`,
    lower: (name: string) => `Baisser la main de ${name}`,
    lowerAll: 'Tout baisser',
    called: 'A la parole :',
  },
  proposals: {
    title: 'À relire',
    approve: 'Publier',
    reject: 'Refuser',
    waiting: 'Envoi…',
    question: 'Question',
  },
  reports: { title: 'Signalements', seen: 'Vu', gone: 'Ce message a été supprimé.' },
  presence: {
    title: 'Présents',
    missing: (count: number) => many(count, 'absent de la page', 'absents de la page'),
    here: (count: number) => many(count, 'élève en ligne', 'élèves en ligne'),
    of: (here: number, of: number) => `${here} sur ${of}`,
    everybody: 'Tout le monde est là.',
    nobody: 'Personne n’est encore là.',
    note: 'Ce n’est pas l’appel : rien n’en est gardé.',
    muted: 'suspendu',
    exempt: 'a la parole',
    mute: 'Suspendre',
    muteName: (name: string) => `Suspendre les messages de ${name}`,
    unmute: 'Rendre la parole',
    unmuteName: (name: string) => `Rendre la parole à ${name}`,
  },
  rules: {
    title: 'Règles',
    mode: 'Qui écrit ?',
    modes: { open: 'Toute la classe', questions: 'Questions seules', teacher: 'Moi seul' } satisfies Record<
      Mode,
      string
    >,
    slow: 'Entre deux messages d’un élève',
    slows: (seconds: number) =>
      seconds === 0 ? 'pas d’attente' : seconds < 60 ? `${seconds} secondes` : `${seconds / 60} min`,
    moderated: 'Relire avant de publier',
    reactions: 'Réactions permises',
    muteAll: 'Suspendre tous les messages',
    unmuteAll: 'Rendre la parole à tous',
    limited: 'restreintes',
    mutedAll: 'Toute la classe est suspendue.',
  },
};

export type LessonWords = typeof lessonWords;
