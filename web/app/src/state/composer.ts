/** What is being written: a draft of one kind, checked as the hub will check it, and kept when something goes wrong. */

import { bodyProblem, type BodyProblem, type Content, type SentKind } from '@preau/client';
import { Store } from './store.ts';

export interface Draft {
  readonly kind: SentKind;
  readonly title: string;
  readonly text: string;
  readonly subject: string;
  /** `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM`. */
  readonly due: string;
  /** One address per line. */
  readonly links: string;
}

export interface ComposerView {
  readonly draft: Draft;
  /** The rule that the draft broke when it was last to be sent. */
  readonly problem: BodyProblem | undefined;
}

function empty(kind: SentKind): Draft {
  return { kind, title: '', text: '', subject: '', due: '', links: '' };
}

function addressesOf(lines: string): string[] {
  return lines
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function contentOf({ kind, title, text, subject, due, links }: Draft): Content {
  switch (kind) {
    case 'post': {
      const addresses = addressesOf(links);
      return { kind, body: { text, ...(addresses.length === 0 ? {} : { links: addresses }) } };
    }
    case 'question':
      return { kind, body: { text } };
    case 'announcement':
      return { kind, body: { title, text } };
    case 'assignment':
      return { kind, body: { title, text, due, subject, links: addressesOf(links) } };
  }
}

function draftOf(content: Content): Draft {
  const draft = empty(content.kind);
  if (content.kind !== 'assignment' && content.kind !== 'post') return { ...draft, ...content.body };
  const { links = [], ...rest } = content.body;
  return { ...draft, ...rest, links: links.join('\n') };
}

export class ComposerModel {
  /** The kinds that may be written here, the usual one first. */
  readonly kinds: readonly SentKind[];
  readonly view: Store<ComposerView>;
  readonly #send: (content: Content) => void;

  constructor(kinds: readonly [SentKind, ...SentKind[]], send: (content: Content) => void) {
    this.kinds = kinds;
    this.#send = send;
    this.view = new Store<ComposerView>({ draft: empty(kinds[0]), problem: undefined });
  }

  /** Changes the draft. What stands in fields of another kind is kept, so changing the kind loses nothing. */
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
    this.view.set({ draft: empty(draft.kind), problem: undefined });
    return true;
  }

  /** Takes back what could not be sent. */
  restore(content: Content): void {
    this.view.set({ draft: draftOf(content), problem: undefined });
  }
}
