/** What the hub tells an account's sessions of its own marks, in whichever of them they are made. */

/** How a student's mark on an assignment stands. */
export interface OwnMark {
  readonly item: string;
  /** Since when it is done, in school time; `null` if it is not. */
  readonly done_at: number | null;
}

/** The account has marked something. */
export interface Marked {
  readonly type: 'marked';
  /** The account's own channel. */
  readonly channel: string;
  /** `null` if this session was not told of more than one: ask for all of them. */
  readonly mark: OwnMark | null;
}
