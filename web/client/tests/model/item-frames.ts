/** The golden frames of items, and of what the hub says about them. */

import type { ServerMessage } from '../../src/messages.ts';

export const ITEM_FRAMES: Readonly<Record<string, ServerMessage>> = {
  'publication-announcement-item': {
    type: 'publication',
    channel: 'class:lp-2a',
    position: {
      epoch: '1f2e3d4c',
      offset: 42,
    },
    kind: 'announcement',
    author: 't.martin',
    message_id: '0b5e6f0a-4d1c-4a58-9f0e-2f6f6c1d7a31.2',
    audience: ['teacher', 'student', 'guardian'],
    published_at: 1774630680000,
    body: {
      title: 'Sortie au musée',
      text: 'Rendez-vous à 8 h 15.',
      translations: {
        en: {
          title: 'Museum trip',
          text: 'Meet at 8:15.',
        },
      },
      expires_at: 1774976400000,
      item: '0b5e6f0a-4d1c-4a58-9f0e-2f6f6c1d7a31',
      version: 2,
      receipt: 'student',
      names: true,
    },
  },
  'publication-assignment-item': {
    type: 'publication',
    channel: 'class:lp-2a',
    position: {
      epoch: '1f2e3d4c',
      offset: 42,
    },
    kind: 'assignment',
    author: 't.martin',
    message_id: '9d2c1e44-7a0b-4c7d-8a35-6b0f4f1e2c90.3',
    audience: ['teacher', 'student', 'guardian'],
    published_at: 1774630680000,
    body: {
      title: 'Exercices',
      text: '1 à 5',
      due: '2026-03-30T08:00',
      subject: 'Maths',
      links: ['https://example.org/feuille'],
      item: '9d2c1e44-7a0b-4c7d-8a35-6b0f4f1e2c90',
      version: 3,
      earlier: true,
    },
  },
  'publication-digest': {
    type: 'publication',
    channel: 'account:p.lea',
    position: {
      epoch: '1f2e3d4c',
      offset: 42,
    },
    kind: 'digest',
    author: '{hub}',
    message_id: 'digest.2026-03-27',
    audience: ['guardian'],
    published_at: 1774630680000,
    body: {
      date: '2026-03-27',
      language: 'fr',
      children: [
        {
          child: 'e.lea',
          entries: [
            {
              item: '0b5e6f0a-4d1c-4a58-9f0e-2f6f6c1d7a31',
              channel: 'class:lp-2a',
              kind: 'announcement',
              author: 't.martin',
              published_at: 1774630680000,
              title: 'Sortie au musée',
              text: 'Rendez-vous à 8 h 15.',
              receipt: 'student',
            },
            {
              item: '9d2c1e44-7a0b-4c7d-8a35-6b0f4f1e2c90',
              channel: 'class:lp-2a',
              kind: 'assignment',
              author: 't.martin',
              published_at: 1774630680000,
              title: 'Exercices',
              text: '1 à 5',
              due: '2026-04-02',
              subject: 'Maths',
              links: ['https://example.org/feuille'],
            },
          ],
        },
      ],
      school: [
        {
          channel: 'school:lp',
          kind: 'announcement',
          author: 's.durand',
          published_at: 1774627200000,
          title: 'Cantine',
          text: 'Pas de service lundi.',
        },
      ],
      left_out: 2,
    },
  },
  'publication-extension': {
    type: 'publication',
    channel: 'account:e.lea',
    position: {
      epoch: '1f2e3d4c',
      offset: 42,
    },
    kind: 'extension',
    author: 't.martin',
    message_id: '9d2c1e44-7a0b-4c7d-8a35-6b0f4f1e2c90.e1',
    audience: ['student'],
    published_at: 1774630680000,
    body: {
      item: '9d2c1e44-7a0b-4c7d-8a35-6b0f4f1e2c90',
      due: '2026-04-02',
    },
  },
  'publication-reminder': {
    type: 'publication',
    channel: 'account:e.lea',
    position: {
      epoch: '1f2e3d4c',
      offset: 42,
    },
    kind: 'reminder',
    author: '{hub}',
    message_id: 'reminder.2026-03-27',
    audience: ['student'],
    published_at: 1774630680000,
    body: {
      entries: [
        {
          item: '9d2c1e44-7a0b-4c7d-8a35-6b0f4f1e2c90',
          channel: 'class:lp-2a',
          title: 'Exercices',
          subject: 'Maths',
          due: '2026-03-30T08:00',
          when: 'two_days',
        },
      ],
    },
  },
  'publication-withdrawal': {
    type: 'publication',
    channel: 'class:lp-2a',
    position: {
      epoch: '1f2e3d4c',
      offset: 42,
    },
    kind: 'withdrawal',
    author: 't.martin',
    message_id: '0b5e6f0a-4d1c-4a58-9f0e-2f6f6c1d7a31.x',
    audience: ['teacher', 'student', 'guardian'],
    published_at: 1774630680000,
    body: {
      item: '0b5e6f0a-4d1c-4a58-9f0e-2f6f6c1d7a31',
    },
  },
};
