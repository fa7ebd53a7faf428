/** What is being written. */

import { expect, test } from 'vitest';

import type { Content } from '@preau/client';
import { ComposerModel } from '../src/state/composer.ts';

function compose() {
  const sent: Content[] = [];
  const model = new ComposerModel(['post', 'announcement', 'assignment'], (content) => sent.push(content));
  return { model, sent };
}

test('a draft is sent and the next one begins, of the same kind', () => {
  const { model, sent } = compose();
  model.edit({ kind: 'announcement', title: 'Sortie', text: 'Jeudi' });
  expect(model.submit()).toBe(true);
  expect(sent).toEqual([{ kind: 'announcement', body: { title: 'Sortie', text: 'Jeudi' } }]);
  expect(model.view.value.draft).toMatchObject({ kind: 'announcement', title: '', text: '' });
});

test('what the hub would refuse stays, with the rule that it breaks, until it is changed', () => {
  const { model, sent } = compose();
  model.edit({ kind: 'assignment', title: 'Exercices', due: '', text: 'gardé' });
  expect(model.submit()).toBe(false);
  expect(model.view.value).toMatchObject({
    draft: { text: 'gardé' },
    problem: { field: 'due', rule: 'due' },
  });
  model.edit({ due: '2026-03-30' });
  expect(model.view.value.problem).toBeUndefined();
  expect(model.submit()).toBe(true);
  expect(sent).toHaveLength(1);
});

test('links are lines, and empty ones are none', () => {
  const { model, sent } = compose();
  model.edit({
    kind: 'assignment',
    title: 't',
    due: '2026-03-30',
    links: ' https://a.example \n\nhttps://b.example',
  });
  model.submit();
  expect(sent[0]?.body).toMatchObject({ links: ['https://a.example', 'https://b.example'] });
});

test('changing the kind loses nothing, and what could not be sent comes back whole', () => {
  const { model } = compose();
  model.edit({ text: 'déjà écrit' });
  model.edit({ kind: 'announcement' });
  expect(model.view.value.draft.text).toBe('déjà écrit');
  model.restore({
    kind: 'assignment',
    body: { title: 't', text: 'x', due: '2026-03-30', links: ['https://a', 'https://b'] },
  });
  expect(model.view.value.draft).toEqual({
    kind: 'assignment',
    title: 't',
    text: 'x',
    subject: '',
    due: '2026-03-30',
    links: 'https://a\nhttps://b',
  });
});
