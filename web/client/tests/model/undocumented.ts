/** What the API reference must refuse: an export that says nothing of itself. */

export interface Nameless {
  readonly value: number;
}
