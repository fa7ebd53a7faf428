/** What the school has said and asked for before anybody looks. */

import type { Cast } from './cast.ts';
import type { Office } from './office.ts';

/** Posts it all. */
export async function post(office: Office, { channel, teacher: author, staff }: Cast): Promise<void> {
  const audience = ['student', 'guardian'];
  await office.send(staff.account, 'announcement', {
    places: staff.me.channels.filter((name) => name.startsWith('bulletin:lycee')),
    body: { title: 'Grève des transports', text: 'Les cars scolaires ne circulent pas vendredi après-midi.' },
  });
  await office.send(staff.account, 'announcement', {
    places: staff.me.channels.filter((name) => name.startsWith('school:')),
    urgent: { reason: 'journey' },
    body: {
      title: 'Bâtiment B fermé cet après-midi',
      text: 'Une fuite d’eau : les cours du bâtiment B ont lieu au rez-de-chaussée du bâtiment A.',
      translations: {
        en: {
          title: 'Building B closed this afternoon',
          text: 'A leak: lessons move to the ground floor of building A.',
        },
      },
    },
  });
  await office.send(author.account, 'announcement', {
    places: [channel],
    audience,
    body: {
      title: 'Sortie au musée des Confluences',
      text: 'Rendez-vous jeudi à 8 h devant le lycée, avec un pique-nique. Retour vers 17 h.',
      translations: { en: { title: 'Museum trip', text: 'Thursday, 8 am, in front of the school.' } },
      receipt: 'account',
      names: true,
    },
  });
  for (const [title, due] of [
    ['Vecteurs : exercices 1 à 5', '2026-03-30'],
    ['Devoir maison nᵒ 6', '2026-04-03'],
  ] as const) {
    await office.send(author.account, 'assignment', {
      places: [channel],
      audience,
      body: {
        title,
        text: 'Page 84 du manuel. Rédiger les réponses.',
        due,
        subject: 'Mathématiques',
        links: ['https://fr.wikipedia.org/wiki/Vecteur'],
      },
    });
  }
}
