/**
 * What a publication says, by kind, checked before it is sent.
 *
 * The hub checks again and has the last word; checking here lets a person correct a text while it is still in the form.
 * Bodies are plain text, never markup: whoever shows one shows it as text.
 */

import type { Content } from './messages.ts';
import { isFields, isText, type Fields } from './shape.ts';

/** The hub's bounds, in characters (Unicode code points) and links. */
export const BODY_LIMITS = {
  post_text: 4_000,
  question_text: 500,
  notice_text: 10_000,
  title: 200,
  links: 10,
  link: 2_000,
} as const;

/** The rule that a body breaks. It never repeats what was written. */
export interface BodyProblem {
  readonly field: 'body' | 'text' | 'title' | 'subject' | 'due' | 'links';
  readonly rule: 'shape' | 'empty' | 'too_long' | 'control' | 'due' | 'link';
  /** The bound, for `too_long`. */
  readonly max?: number;
}

type TextField = 'text' | 'title' | 'subject';

/** The first rule that a body breaks, or `undefined` if the hub will take it. */
export function bodyProblem(kind: Content['kind'], body: unknown): BodyProblem | undefined {
  if (!isFields(body)) return { field: 'body', rule: 'shape' };
  switch (kind) {
    case 'post':
      return text(body, 'text', BODY_LIMITS.post_text, 'required') ?? links(body['links'] ?? []);
    case 'question':
      return text(body, 'text', BODY_LIMITS.question_text, 'required');
    case 'announcement':
      return (
        text(body, 'title', BODY_LIMITS.title, 'required') ??
        text(body, 'text', BODY_LIMITS.notice_text, 'required')
      );
    case 'assignment':
      return (
        text(body, 'title', BODY_LIMITS.title, 'required') ??
        text(body, 'text', BODY_LIMITS.notice_text, 'may_be_empty') ??
        text({ subject: '', ...body }, 'subject', BODY_LIMITS.title, 'may_be_empty') ??
        due(body['due']) ??
        links(body['links'] ?? [])
      );
  }
}

function text(body: Fields, field: TextField, max: number, need: 'required' | 'may_be_empty') {
  const value = body[field];
  if (!isText(value)) return { field, rule: 'shape' } as const;
  if (need === 'required' && value.trim() === '') return { field, rule: 'empty' } as const;
  // A string's length counts UTF-16 units: never fewer than code points, so the cheap test comes first.
  if (value.length > max && [...value].length > max) return { field, rule: 'too_long', max } as const;
  if (hasControl(value)) return { field, rule: 'control' } as const;
  return undefined;
}

/** Control characters other than line breaks and tabs (Unicode category Cc). */
function hasControl(value: string): boolean {
  return /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/.test(value);
}

const CIVIL = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2}))?$/;

/** Whether a text is a civil date or minute that exists. */
export function isCivil(value: unknown): value is string {
  if (!isText(value)) return false;
  const parts = CIVIL.exec(value);
  if (!parts) return false;
  const [year, month, day, hour, minute] = parts.slice(1).map((part) => Number(part ?? 0));
  const date = new Date(0);
  date.setUTCFullYear(year ?? 0, (month ?? 0) - 1, day);
  return (
    date.getUTCMonth() + 1 === month && date.getUTCDate() === day && (hour ?? 0) < 24 && (minute ?? 0) < 60
  );
}

function due(value: unknown): BodyProblem | undefined {
  return isCivil(value) ? undefined : { field: 'due', rule: 'due' };
}

function links(value: unknown): BodyProblem | undefined {
  if (!Array.isArray(value)) return { field: 'links', rule: 'shape' };
  if (value.length > BODY_LIMITS.links) return { field: 'links', rule: 'too_long', max: BODY_LIMITS.links };
  for (const link of value) {
    if (!isText(link)) return { field: 'links', rule: 'shape' };
    if (link.length > BODY_LIMITS.link) return { field: 'links', rule: 'too_long', max: BODY_LIMITS.link };
    if (!/^https:\/\/[^/?#\s]/.test(link) || /\s/.test(link) || hasControl(link)) {
      return { field: 'links', rule: 'link' };
    }
  }
  return undefined;
}
