/** The language that the page speaks now, and the zone of its times; a change changes the whole page at once. */

import { LANGUAGES, MESSAGES, timesIn, type Language, type Messages, type Times } from '../i18n/index.ts';
import type { Place } from '../state/places.ts';
import { preferredLanguage, rememberLanguage } from './browser.ts';

class Words {
  language: Language = $state(preferredLanguage());
  /** The school's, once somebody is inside. */
  zone: string = $state('UTC');
  readonly say: Messages = $derived(MESSAGES[this.language]);
  readonly times: Times = $derived(timesIn(this.say.locale, this.zone));

  /** What a place is called. */
  titleOf({ kind, title }: Place): string {
    const word = this.say.places[kind];
    if (title === '') return word;
    return kind === 'level' ? `${word} ${title}` : title;
  }

  speak(language: Language): void {
    this.language = language;
    rememberLanguage(language);
  }

  /** Goes to the other language. */
  turn(): void {
    this.speak(LANGUAGES.find((language) => language !== this.language) ?? 'fr');
  }
}

export const words = new Words();
words.speak(words.language);
