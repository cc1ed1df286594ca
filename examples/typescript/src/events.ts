/** Event streams, read as https://html.spec.whatwg.org/multipage/server-sent-events.html says. */

export interface ServerEvent {
  /** Its name; "message" where the stream names none. */
  name: string;
  data: string;
  /** The id of the last event that had one: what `Last-Event-ID` takes to go on from here. */
  id: string;
}

/** Turns text into events, wherever the text was cut. What has no blank line behind it is no event yet. */
export class EventDecoder {
  #line = "";
  #afterReturn = false;
  #name = "";
  #data: string[] = [];
  #id = "";

  /** Takes the next text, and gives the events that it completes. */
  *feed(text: string): Generator<ServerEvent> {
    // The "\n" of a "\r\n" that was cut in two ends no line of its own.
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
    // A comment is a line with an empty field name; it and unknown fields say nothing here.
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

/** The events of a response's body, each as soon as it is there. */
export async function* readEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  const utf8 = new TextDecoder(); // drops a byte order mark, and keeps a character that was cut
  const events = new EventDecoder();
  for await (const bytes of body) yield* events.feed(utf8.decode(bytes, { stream: true }));
}
