/** The language that the page speaks now, and the zone of its times; a change changes the whole page at once. */

import {
  fr,
  LANGUAGES,
  messagesIn,
  timesIn,
  type Language,
  type Messages,
  type Times,
} from '../i18n/index.ts';
import type { Place } from '../state/places.ts';
import { rememberLanguage } from './browser.ts';

class Words {
  #spoken: { readonly language: Language; readonly say: Messages } = $state.raw({ language: 'fr', say: fr });
  /** The school's, once somebody is inside. */
  zone: string = $state('UTC');
  readonly language: Language = $derived(this.#spoken.language);
  readonly say: Messages = $derived(this.#spoken.say);
  readonly times: Times = $derived(timesIn(this.say.locale, this.zone));
  #wanted: Language = 'fr';

  /** What a place is called. */
  titleOf({ kind, title }: Place): string {
    const word = this.say.places[kind];
    if (title === '') return word;
    return kind === 'level' ? `${word} ${title}` : title;
  }

  /** Speaks a language as soon as its words are there; without them, the one before. */
  async speak(language: Language): Promise<void> {
    this.#wanted = language;
    const say = await messagesIn(language).catch(() => undefined);
    if (!say || this.#wanted !== language) return;
    this.#spoken = { language, say };
    rememberLanguage(language);
  }

  /** Goes to the other language. */
  turn(): void {
    void this.speak(LANGUAGES.find((language) => language !== this.language) ?? 'fr');
  }
}

export const words = new Words();
