/**
 * Whether a publication's body has the shape of its kind.
 *
 * A text that a later hub allows to be longer is no reason to lose it: only what could not be shown is refused.
 */

import { bodyProblem, isCivil } from './body.ts';
import { isHappening, PROPOSAL } from './lesson-shape.ts';
import {
  RECEIPTS,
  REMINDED,
  type ChildSection,
  type DigestEntry,
  type Kind,
  type Publication,
  type SentPublication,
} from './messages.ts';
import {
  fits,
  isBoolean,
  isChannel,
  isCount,
  isFields,
  isIdentifier,
  isListOf,
  isOneOf,
  isPosition,
  isSentKind,
  isText,
  optional,
  type Shape,
} from './shape.ts';

const WORDING: Shape = { title: isText, text: isText };
const isReceipt = (value: unknown) => isOneOf(RECEIPTS, value);
const isTranslations = (value: unknown) =>
  isFields(value) && Object.values(value).every((wording) => fits(wording, WORDING));
const isLinks = (value: unknown) => isListOf(value, isText);

const ITEM: Shape = { item: optional(isIdentifier), version: optional(isCount) };

const ANNOUNCEMENT: Shape = {
  ...ITEM,
  language: optional(isText),
  translations: optional(isTranslations),
  expires_at: optional(isCount),
  receipt: optional(isReceipt),
  names: optional(isBoolean),
};

const REMINDER_ENTRY: Shape = {
  item: isIdentifier,
  channel: isChannel,
  title: isText,
  subject: isText,
  due: isCivil,
  when: (value) => isOneOf(REMINDED, value),
};

const DIGEST_ENTRY: Shape = {
  item: optional(isIdentifier),
  channel: isChannel,
  kind: (value) => isOneOf(['announcement', 'assignment'], value),
  author: isIdentifier,
  published_at: isCount,
  title: isText,
  text: isText,
  due: optional(isCivil),
  subject: optional(isText),
  links: optional(isLinks),
  receipt: optional(isReceipt),
};

const isDigestEntries = (value: unknown) =>
  isListOf(value, (entry): entry is DigestEntry => fits(entry, DIGEST_ENTRY));

const DIGEST: Shape = {
  date: isCivil,
  language: isText,
  children: (value) =>
    isListOf(value, (section): section is ChildSection =>
      fits(section, { child: isIdentifier, entries: isDigestEntries }),
    ),
  school: isDigestEntries,
  left_out: optional(isCount),
};

/** Whether somebody wrote it, and not the hub. */
export function isSent(publication: Publication): publication is SentPublication {
  return isSentKind(publication.kind);
}

/** Whether what a kind says can be shown. */
export function isSaid(kind: Kind, body: unknown): boolean {
  switch (kind) {
    case 'post':
    case 'question':
      return bodyProblem(kind, body)?.rule !== 'shape';
    case 'announcement':
      return bodyProblem(kind, body)?.rule !== 'shape' && fits(body, ANNOUNCEMENT);
    case 'assignment':
      return (
        bodyProblem(kind, body)?.rule !== 'shape' && fits(body, { ...ITEM, earlier: optional(isBoolean) })
      );
    case 'withdrawal':
      return fits(body, { item: isIdentifier });
    case 'extension':
      return fits(body, { item: isIdentifier, due: (value) => value === null || isCivil(value) });
    case 'reminder':
      return fits(body, {
        entries: (value) => isListOf(value, (entry): entry is object => fits(entry, REMINDER_ENTRY)),
      });
    case 'digest':
      return fits(body, DIGEST);
    case 'lesson':
      return isHappening(body);
    case 'proposal':
      return fits(body, PROPOSAL);
    case 'deletion':
      return fits(body, { at: isPosition });
  }
}
