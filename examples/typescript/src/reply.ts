/** Reads the text of a streamed reply. */

import { makeError, type ChatRoutes, type Schemas } from "./client.js";
import { readEvents, type ServerEvent } from "./events.js";

/** A stream that ended early or reported an error. */
export class StreamError extends Error {
  override readonly name = "StreamError";
}

/** Sends a message, and yields the text of the reply as it arrives. */
export async function* streamReply(
  client: ChatRoutes,
  conversationId: string,
  body: Schemas["SendMessageRequest"],
): AsyncGenerator<string> {
  const { data, error, response } = await client.POST(
    "/conversations/{conversationId}/messages/stream",
    { params: { path: { conversationId } }, body, parseAs: "stream" },
  );
  if (!response.ok) throw makeError(response, error);
  const type = response.headers.get("Content-Type") ?? "no content type";
  if (!data || !type.startsWith("text/event-stream")) {
    throw new StreamError(`Expected text/event-stream, got ${type}.`);
  }
  yield* readReply(data);
}

/** Yields the text of a reply from the bytes of its event stream, in either dialect. */
export async function* readReply(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let complete = false;
  try {
    for await (const event of readEvents(body)) {
      if (event.data === "[DONE]") return;
      const chunk = parseChunk(event);
      complete ||= isLast(chunk);
      const text = textOf(chunk);
      if (text !== "") yield text;
    }
  } catch (error) {
    if (error instanceof StreamError) throw error;
    if (!complete) throw new StreamError("The stream was interrupted.", { cause: error });
  }
  if (!complete) throw new StreamError("The stream ended before the reply was complete.");
}

type Chunk = Schemas["StreamEvent"];

function parseChunk(event: ServerEvent): Chunk {
  const chunk: Chunk | undefined = parseObject(event.data);
  if (event.name === "error" || chunk?.type === "error") {
    const error: Schemas["StreamError"] = parseObject(event.data) ?? {};
    throw new StreamError(`The stream reported an error: ${error.message ?? error.error ?? event.data}`);
  }
  if (chunk === undefined) throw new StreamError(`An event is not a JSON object: ${event.data}`);
  return chunk;
}

function parseObject(data: string): object | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined; // the caller throws the error
  }
}

function isLast(chunk: Chunk): boolean {
  return chunk.type === "complete" || (chunk.choices ?? []).some((each) => each.finish_reason != null);
}

/** Returns the text of a chunk. A chunk in both dialects has it twice; `choices` is the documented place. */
function textOf(chunk: Chunk): string {
  if (chunk.choices) return chunk.choices[0]?.delta.content ?? "";
  return chunk.type === "content" ? (chunk.content ?? "") : "";
}
