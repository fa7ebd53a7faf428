/** The words of the operators' dashboard in French. */

import { orderWords } from './fr-orders.ts';
import type { Lost } from '../state/operations/watch.ts';
import type { ClassName, IndicatorName } from '../state/operations/moment.ts';
import type { Trouble } from '../state/operations/operations.ts';

const many = (count: number, one: string, more: string) => `${count} ${Math.abs(count) < 2 ? one : more}`;
const number = (value: number) => value.toLocaleString('fr-FR', { maximumFractionDigits: 1 });

/** Five levels, in their order. */
type Levels = readonly [string, string, string, string, string];

export const operationsWords = {
  locale: 'fr-FR',
  title: 'Exploitation',
  pageTitle: 'préau · exploitation',
  skip: 'Aller au contenu',
  number,
  many,
  tabs: { wall: 'Mur', act: 'Agir', journal: 'Journal', report: 'Rapport' },
  tabsLabel: 'Parties du tableau de bord',
  theme: { dark: 'Sombre', light: 'Clair', toDark: 'Passer en sombre', toLight: 'Passer en clair' },
  leave: 'Sortir',
  entrance: {
    lead: 'Le mur de l’équipe de veille : qui est là, qui attend, ce que la charge coûte, et de quoi agir.',
    demoTitle: 'Démonstration',
    demoText: 'Établissement fictif. Ici, on entre sans mot de passe ; un vrai préau ne propose jamais ceci.',
    demoEnter: (name: string) => `Entrer comme ${name}`,
    workspaceTitle: 'Entrer avec l’espace de travail',
    workspaceText: 'Pour les exploitants de l’annuaire. Le préau ne voit jamais votre mot de passe.',
    workspaceEnter: 'Se connecter avec l’espace de travail',
    workspaceElsewhere: (address: string) =>
      `La connexion de l’espace de travail ne vaut que sous le nom de ${address} : ouvrez ce tableau sous ce nom, avec son port à lui.`,
    notOperator: (account: string) =>
      `Vous êtes connecté comme ${account}, et ce compte n’est pas celui d’un exploitant.`,
    logOut: 'Se déconnecter',
    secretTitle: 'Entrer avec le secret de la machine',
    secretText:
      'Il se trouve dans le fichier operator.json du dossier de données, et change à chaque démarrage. Le jeton d’un exploitant convient aussi. La page le garde en mémoire, nulle part ailleurs.',
    secret: 'Secret ou jeton',
    who: 'Votre nom, pour le journal',
    whoHint: 'Lettres, chiffres, points et tirets.',
    enter: 'Entrer',
    entering: 'Entrée…',
    asking: 'Chargement…',
    troubles: {
      refused:
        'Ce secret n’ouvre rien ici. S’il vient d’operator.json : le préau a peut-être redémarré depuis.',
      unreachable: 'Le préau ne répond pas.',
      ended: 'Votre session d’exploitation est terminée : entrez à nouveau.',
      away: 'L’espace de travail ne répond pas. Réessayez, ou entrez avec le secret de la machine.',
      unknown: 'L’espace de travail vous connaît, l’annuaire du préau pas encore.',
      not_operator: 'Ce tableau est réservé aux exploitants.',
    } satisfies Record<Trouble, string>,
    retry: 'Réessayer',
  },
  line: {
    live: 'En direct',
    first: 'Première mesure attendue…',
    staleTitle: (seconds: number) => `Ces chiffres datent d’il y a ${ageIn(seconds)}`,
    staleText: 'Plus rien n’arrive. Ne décidez pas d’après ce mur tant qu’il n’est pas de nouveau en direct.',
    lost: {
      silent: 'Le flux est ouvert, mais muet.',
      unreachable: 'La ligne est coupée, ou le préau est arrêté.',
      draining: 'Le préau s’arrête.',
      busy: 'Trop de tableaux sont ouverts.',
      outdated: 'Cette page et le préau ne se comprennent plus : rechargez-la.',
    } satisfies Record<Lost, string>,
    retry: 'Réessayer maintenant',
    backAgain: 'Le mur est de nouveau en direct.',
  },
  alarms: {
    title: 'À savoir tout de suite',
    draining: 'Le préau s’arrête : plus personne n’entre.',
    notStoring: 'Le disque ne prend plus rien : les publications sont refusées, la lecture continue.',
    calendar: (why: string) => `Calendrier : ${why}`,
    evicting: 'Des connexions sont renvoyées pour que le préau tienne.',
  },
  level: {
    title: 'Charge',
    of: (level: number) => `${level} sur 4`,
    names: ['Tranquille', 'Serré', 'Élevé', 'Sévère', 'Critique'] satisfies Levels,
    sheds: [
      'Rien n’est coupé.',
      'Plus de places prêtées. Les réactions sont coupées.',
      'Les parents et ceux qui empruntent une place attendent. Ce qui bouge en classe est dit moins souvent.',
      'N’entrent que les enseignants et les élèves en cours. Les messages des élèves sont coupés.',
      'N’entrent que les enseignants en cours et ceux qui reviennent. Votes et sondages coupés ; des connexions sont renvoyées.',
    ] satisfies Levels,
    never: 'Annonces et devoirs ne sont jamais coupés.',
    because: (cause: string, value: string) => `Ce qui pèse le plus : ${cause}, ${value}.`,
    calm: 'Aucun indicateur n’est sous pression.',
  },
  tiles: {
    connections: 'Connectés',
    seats: 'Places prises',
    seatsOf: (taken: string, seats: string) => `${taken} sur ${seats}`,
    resting: (count: number) =>
      `dont ${number(count)} ${count < 2 ? 'gardée pour qui n’a' : 'gardées pour ceux qui n’ont'} plus de ligne`,
    waiting: 'En attente',
    waitingNobody: 'Personne n’attend',
    waitingMost: (who: string) => `surtout ${who}`,
    admissions: 'Entrées par seconde',
    admissionsAllowed: (rate: string) => `${rate} permises`,
    refused: 'Refus par seconde',
    reliability: 'Entrés du premier coup',
    reliabilityNone: 'Aucun élève n’a encore essayé aujourd’hui',
    reliabilityOf: (first: string, tried: string) => `${first} sur ${tried} élèves aujourd’hui`,
    reliabilityBefore: (date: string, part: string) => `${date} : ${part}`,
    reliabilityNoBefore: 'pas de jour précédent à comparer',
    unknown: 'non mesuré',
    trend: (delta: number, minutes: number) =>
      delta === 0
        ? `stable depuis ${minutes} min`
        : `${delta > 0 ? '▲ +' : '▼ −'}${number(Math.abs(delta))} en ${minutes} min`,
  },
  roles: {
    teacher: 'Enseignants',
    student: 'Élèves',
    guardian: 'Parents',
    staff: 'Personnels',
    operator: 'Exploitants',
  },
  classes: {
    operator: 'Exploitants',
    teacher: 'Enseignants',
    student_live: 'Élèves en cours',
    student: 'Autres élèves',
    staff: 'Personnels',
    guardian: 'Parents',
  } satisfies Record<ClassName, string>,
  indicators: {
    shard_lag_ms: 'retard des boucles',
    fanout_lag_ms: 'retard de livraison',
    queued_part: 'file d’attente des sockets',
    memory_part: 'mémoire',
    psi_part: 'attente de processeur',
  } satisfies Record<IndicatorName, string>,
  plots: {
    table: 'Tableau',
    span: 'Durée montrée',
    minutes: (count: number) => (count === 60 ? 'La dernière heure' : `${count} minutes`),
    tableOf: (title: string) => `${title} : tableau`,
    time: 'Heure',
    empty: 'Rien n’a encore été mesuré.',
    most: (label: string, value: string, time: string) => `${label} : au plus ${value} à ${time}.`,
    now: (text: string) => `Maintenant ${text}.`,
    connections: 'Connexions',
    seats: 'Places et attente',
    seatsTotal: 'Places',
    taken: 'Prises',
    waiting: 'En attente',
    flow: 'Entrées et refus, par seconde',
    admitted: 'Entrées',
    allowed: 'Permises',
    waits: 'Mis en attente',
    refused: 'Refusés',
    suspended: 'Hors horaires',
    load: 'Pression, de 0 à 1',
    lags: 'Retards, en millisecondes',
    fanout: 'Livraison',
    shard: 'Boucles',
    memory: 'Mémoire, en Mio',
    resident: 'Processus',
    queued: 'En file',
    traffic: 'Messages, par seconde',
    publications: 'Publications',
    deliveries: 'Livraisons',
  },
  seats: {
    title: 'Places par catégorie',
    class: 'Catégorie',
    own: 'À elle',
    reserve: 'Réserve',
    taken: 'Prises',
    lent: 'Prêtées',
    borrowed: 'Empruntées',
    waiting: 'Attendent',
    bound: {
      memory: 'Ce que la machine porte est borné par sa mémoire.',
      files: 'Ce que la machine porte est borné par les fichiers ouverts.',
    } as Readonly<Record<string, string>>,
    total: (taken: string, seats: string) => `Places prises : ${taken} sur ${seats}.`,
    recalled: (count: number) =>
      `${many(count, 'place prêtée est rappelée', 'places prêtées sont rappelées')}.`,
    live: (count: number) => `${many(count, 'classe est en cours', 'classes sont en cours')}.`,
    bar: (taken: string, own: string) => `${taken} prises, ${own} à elle`,
    groups: 'Par groupe d’établissements',
    group: 'Groupe',
    evicted: 'Renvoyées',
    otherGroup: 'les autres',
  },
  causes: {
    title: 'D’où vient la charge',
    indicator: 'Indicateur',
    value: 'Mesuré',
    marks: 'De … à',
    pressure: 'Pression',
    unmeasured: 'non mesurable ici',
    notNow: 'pas mesuré cette seconde',
  },
  refusals: {
    title: 'Réponses sans place',
    reason: 'Motif',
    perSecond: 'par seconde',
    total: 'depuis le démarrage',
    none: 'Aucune depuis le démarrage.',
    reasons: {
      waits: 'mis en salle d’attente',
      suspended: 'hors de ses horaires',
      kicked: 'tenu dehors par l’exploitation',
      cool_down: 'vient d’être remplacé',
      closed: 'catégorie fermée à cette charge',
      draining: 'le préau s’arrête',
      token_missing: 'sans jeton',
      token_invalid: 'jeton invalide',
      token_expired: 'jeton périmé',
      unknown_account: 'compte inconnu',
      rate_limited: 'trop de demandes',
      busy: 'file pleine',
      seat_spent: 'place déjà utilisée',
      seat_expired: 'place périmée',
      seat_invalid: 'place invalide',
    } as Readonly<Record<string, string>>,
  },
  memory: {
    title: 'Mémoire',
    base: 'Socle',
    seats: (count: string, each: string) => `${count} connexions × ${each}`,
    measured: 'mesuré',
    assumed: 'valeur de départ : trop peu de connexions pour mesurer',
    pool: 'Réserve pour ce qui attend',
    poolUsed: (used: string) => `dont ${used} utilisés`,
    sum: 'Somme prévue',
    budget: 'Budget',
    resident: 'Occupés par le processus',
    unknown: 'La mémoire n’a pas été mesurée cette seconde.',
    sentence: (resident: string, sum: string, budget: string) =>
      `${resident} occupés ; la somme prévue est ${sum}, le budget ${budget}.`,
    mebibytes: (value: string) => `${value} Mio`,
    bytes: (value: string) => `${value} octets`,
  },
  schools: {
    title: 'Établissements à regarder',
    none: 'Aucun ne se distingue.',
    here: (count: number) => `${many(count, 'établissement a', 'établissements ont')} quelqu’un de connecté.`,
    turned_away: (count: number, asked: number, minutes: number) =>
      `${count} demandes sur ${asked} sans place en ${minutes} min`,
    emptied: (before: number, now: number, minutes: number) =>
      `${before} connexions il y a ${minutes} min, ${now} maintenant`,
    unreliable: (first: number, tried: number) =>
      `${first} élèves sur ${tried} entrés du premier coup aujourd’hui`,
  },
  decisions: {
    title: 'Décisions en vigueur',
    none: 'Aucune : le calendrier et la configuration font foi.',
    notice: 'Avis affiché',
    closed: 'Fermé',
    opened: 'Ouvert',
    until: (time: string) => `jusqu’à ${time}`,
    from: (time: string) => `à partir de ${time}`,
    everySchool: 'tous les établissements',
    posting: 'Publication coupée',
    class: (id: string) => `classe ${id}`,
    school: (id: string) => `établissement ${id}`,
    kicked: 'Tenu dehors',
    left: (seconds: number) => `encore ${ageIn(seconds)}`,
  },
  ...orderWords,
};

function ageIn(seconds: number): string {
  if (seconds < 60) return many(seconds, 'seconde', 'secondes');
  if (seconds < 3_600) return many(Math.floor(seconds / 60), 'minute', 'minutes');
  return many(Math.floor(seconds / 3_600), 'heure', 'heures');
}

export type OperationsWords = typeof operationsWords;
