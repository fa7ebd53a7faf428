/**
 * Reads a stream of server-sent events (WHATWG HTML §9.2.6) from the pieces in which it arrives.
 *
 * An event without an end is bounded; what the hub does not send (`retry`, ids of its own accord) is ignored.
 */

/** The longest event, in characters; the hub's own messages are far shorter. */
const EVENT_CHARS_MAX = 256 * 1_024;

/** One event of a stream. */
export interface StreamEvent {
  /** `message` unless it is named. */
  readonly name: string;
  readonly text: string;
}

/** Server-Sent Events as their bytes come in (WHATWG HTML §9.2.6): a line may be cut anywhere. */
export class EventStream {
  #rest = '';
  #name = '';
  #lines: string[] = [];
  #size = 0;
  #afterReturn = false;

  /** The events that this piece completes, or `too_long`: then nothing more can be read. */
  take(piece: string): StreamEvent[] | 'too_long' {
    const events: StreamEvent[] = [];
    for (const line of this.#split(piece)) {
      const event = this.#line(line);
      if (event) events.push(event);
    }
    return this.#size + this.#rest.length > EVENT_CHARS_MAX ? 'too_long' : events;
  }

  /** Whole lines, however they end; a line feed that follows the return of the last piece is not another line. */
  #split(piece: string): string[] {
    const fresh = this.#afterReturn && piece.startsWith('\n') ? piece.slice(1) : piece;
    if (piece !== '') this.#afterReturn = piece.endsWith('\r');
    const lines = (this.#rest + fresh).split(/\r\n|\n|\r/);
    this.#rest = lines.pop() ?? '';
    return lines;
  }

  #line(line: string): StreamEvent | undefined {
    if (line === '') return this.#end();
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#name = value;
    if (field === 'data') {
      this.#lines.push(value);
      this.#size += value.length;
    }
    return undefined;
  }

  #end(): StreamEvent | undefined {
    const event = { name: this.#name || 'message', text: this.#lines.join('\n') };
    const isEmpty = this.#lines.length === 0;
    this.#name = '';
    this.#lines = [];
    this.#size = 0;
    return isEmpty ? undefined : event;
  }
}
