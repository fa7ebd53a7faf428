/** What is being written in a class: a post or a question, checked as the hub will check it, and kept when something goes wrong. */

import { bodyProblem, type BodyProblem, type Content } from '@preau/client';
import { Store } from './store.ts';

/** The kinds that are said in a class as they come to mind; what is planned is written at the desk. */
export type SpokenKind = 'post' | 'question';

export interface Draft {
  readonly kind: SpokenKind;
  readonly text: string;
  /** One address per line. */
  readonly links: string;
}

export interface ComposerView {
  readonly draft: Draft;
  /** The rule that the draft broke when it was last to be sent. */
  readonly problem: BodyProblem | undefined;
}

function contentOf({ kind, text, links }: Draft): Content {
  const addresses = links
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (kind === 'question' || addresses.length === 0) return { kind, body: { text } };
  return { kind, body: { text, links: addresses } };
}

export class ComposerModel {
  readonly view = new Store<ComposerView>({
    draft: { kind: 'post', text: '', links: '' },
    problem: undefined,
  });
  readonly #send: (content: Content) => void;

  constructor(send: (content: Content) => void) {
    this.#send = send;
  }

  /** Changes the draft. A question keeps the links of the post that it might become again. */
  edit(part: Partial<Draft>): void {
    this.view.set({ draft: { ...this.view.value.draft, ...part }, problem: undefined });
  }

  /** Sends the draft and begins another, or says which rule it breaks. */
  submit(): boolean {
    const { draft } = this.view.value;
    const content = contentOf(draft);
    const problem = bodyProblem(content.kind, content.body);
    if (problem) {
      this.view.change({ problem });
      return false;
    }
    this.#send(content);
    this.view.set({ draft: { kind: draft.kind, text: '', links: '' }, problem: undefined });
    return true;
  }

  /** Takes back what could not be sent. */
  restore({ kind, body }: Content): void {
    if (kind !== 'post' && kind !== 'question') return;
    const links = 'links' in body ? (body.links ?? []) : [];
    this.view.set({ draft: { kind, text: body.text, links: links.join('\n') }, problem: undefined });
  }
}
