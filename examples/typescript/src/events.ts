/** Decodes event streams (https://html.spec.whatwg.org/multipage/server-sent-events.html). */

export interface ServerEvent {
  /** The event type; "message" if the stream names none. */
  name: string;
  data: string;
  /** The id of the last event that has one. Send it as `Last-Event-ID` to resume the stream. */
  id: string;
}

/** Decodes text into events, wherever the text is split. An event is complete at its blank line. */
export class EventDecoder {
  #line = "";
  #afterReturn = false;
  #name = "";
  #data: string[] = [];
  #id = "";

  /** Yields the events that the next piece of text completes. */
  *feed(text: string): Generator<ServerEvent> {
    // After a "\r" at the end of the previous text, a leading "\n" belongs to the same line end.
    let start = this.#afterReturn && text.startsWith("\n") ? 1 : 0;
    if (text !== "") this.#afterReturn = text.endsWith("\r");
    for (const end of text.matchAll(/\r\n|\n|\r/g)) {
      if (end.index < start) continue;
      const line = this.#line + text.slice(start, end.index);
      this.#line = "";
      start = end.index + end[0].length;
      const event = this.#take(line);
      if (event !== undefined) yield event;
    }
    this.#line += text.slice(start);
  }

  #take(line: string): ServerEvent | undefined {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    // Ignore unknown fields, and comments, which have an empty field name.
    if (field === "event") this.#name = value;
    else if (field === "data") this.#data.push(value);
    else if (field === "id" && !value.includes("\0")) this.#id = value;
    return undefined;
  }

  #dispatch(): ServerEvent | undefined {
    const [name, data] = [this.#name || "message", this.#data];
    this.#name = "";
    this.#data = [];
    return data.length === 0 ? undefined : { name, data: data.join("\n"), id: this.#id };
  }
}

/** Yields the events of a response body, each as soon as it is complete. */
export async function* readEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  const utf8 = new TextDecoder(); // removes a byte order mark, and joins split characters
  const events = new EventDecoder();
  for await (const bytes of body) yield* events.feed(utf8.decode(bytes, { stream: true }));
}
