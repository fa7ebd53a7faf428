/** The words of logging in and out, in French. */

import type { LoginTrouble } from '../state/login.ts';

interface Said {
  readonly title: string;
  readonly text: string;
}

const troubles: Record<LoginTrouble, Said> = {
  away: {
    title: 'L’espace de travail ne répond pas',
    text: 'C’est lui qui vérifie votre compte. Réessayez dans quelques minutes ; les cours en direct continuent.',
  },
  denied: {
    title: 'La connexion a été refusée',
    text: 'Vous avez annulé, ou l’espace de travail ne vous a pas laissé passer.',
  },
  unknown: {
    title: 'Ce compte n’est pas dans l’annuaire',
    text: 'L’espace de travail vous connaît, mais l’annuaire du préau pas encore. Un compte nouveau y arrive en général le lendemain ; sinon, adressez-vous au secrétariat.',
  },
  again: {
    title: 'Il faut recommencer la connexion',
    text: 'Elle a pris trop de temps, ou elle a été commencée dans une autre fenêtre.',
  },
  busy: {
    title: 'Beaucoup de monde se connecte',
    text: 'Réessayez dans un instant.',
  },
  ended: {
    title: 'Vous êtes déconnecté',
    text: 'Votre connexion a pris fin : vous vous êtes déconnecté ailleurs, ou elle a atteint sa durée. Rien de ce que vous aviez envoyé n’est perdu.',
  },
};

export const loginWords = {
  title: 'Entrer dans le préau',
  text: 'Vous entrez avec votre compte de l’espace de travail. Le préau ne voit jamais votre mot de passe.',
  button: 'Se connecter avec l’espace de travail',
  again: 'Se reconnecter avec l’espace de travail',
  troubles,
  none: {
    title: 'On n’entre pas par cette page',
    text: 'Cette installation n’a pas de fournisseur d’identité : les applications y viennent avec leurs propres jetons.',
  },
  out: {
    menu: 'Se déconnecter',
    here: 'Sur cet appareil',
    everywhere: 'Sur tous mes appareils',
    failed: 'La déconnexion n’a pas abouti. Réessayez.',
  },
};

export type LoginWords = typeof loginWords;
