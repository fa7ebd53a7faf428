/** What is being written. */

import { expect, test } from 'vitest';

import type { Content } from '@preau/client';
import { ComposerModel } from '../src/state/composer.ts';

function compose() {
  const sent: Content[] = [];
  const model = new ComposerModel((content) => sent.push(content));
  return { model, sent };
}

test('a draft is sent and the next one begins, of the same kind', () => {
  const { model, sent } = compose();
  model.edit({ kind: 'question', text: 'Pourquoi le signe moins ?' });
  expect(model.submit()).toBe(true);
  expect(sent).toEqual([{ kind: 'question', body: { text: 'Pourquoi le signe moins ?' } }]);
  expect(model.view.value.draft).toEqual({ kind: 'question', text: '', links: '' });
});

test('what the hub would refuse stays, with the rule that it breaks, until it is changed', () => {
  const { model, sent } = compose();
  model.edit({ text: 'gardé', links: 'http://a.example' });
  expect(model.submit()).toBe(false);
  expect(model.view.value).toMatchObject({
    draft: { text: 'gardé' },
    problem: { field: 'links', rule: 'link' },
  });
  model.edit({ links: 'https://a.example' });
  expect(model.view.value.problem).toBeUndefined();
  expect(model.submit()).toBe(true);
  expect(sent).toHaveLength(1);
});

test('links are lines, and empty ones are none; a question has none', () => {
  const { model, sent } = compose();
  model.edit({ text: 't', links: ' https://a.example \n\nhttps://b.example' });
  model.submit();
  model.edit({ text: 't', links: ' \n' });
  model.submit();
  model.edit({ kind: 'question', text: 't', links: 'https://a.example' });
  model.submit();
  expect(sent.map(({ body }) => body)).toEqual([
    { text: 't', links: ['https://a.example', 'https://b.example'] },
    { text: 't' },
    { text: 't' },
  ]);
});

test('changing the kind loses nothing, and what could not be sent comes back whole', () => {
  const { model } = compose();
  model.edit({ text: 'déjà écrit' });
  model.edit({ kind: 'question' });
  expect(model.view.value.draft.text).toBe('déjà écrit');
  model.restore({ kind: 'post', body: { text: 'x', links: ['https://a', 'https://b'] } });
  expect(model.view.value.draft).toEqual({ kind: 'post', text: 'x', links: 'https://a\nhttps://b' });
});
