/** The words of a demo's clock, in French. */

export const demoWords = {
  school: 'Heure du lycée',
  pace: (speed: number) => `× ${speed}`,
  badge: 'Démo',
  title: 'Heure de la démonstration',
  time: 'Date et heure du lycée',
  speed: 'Vitesse',
  normal: 'normale',
  faster: (speed: number) => `${speed} fois plus vite`,
  apply: 'Régler',
  failed: 'L’heure n’a pas pu être réglée.',
  everybody: 'Le réglage vaut pour tout le monde.',
};

export type DemoWords = typeof demoWords;
