/** A streamed reply: its text, piece by piece. */

import { failure, type ChatRoutes, type Schemas } from "./client.js";
import { readEvents, type ServerEvent } from "./events.js";

/** A stream that stopped before its end, or told of an error. */
export class StreamError extends Error {
  override readonly name = "StreamError";
}

/** Sends a message, and gives the pieces of the reply's text as they are written. */
export async function* streamReply(
  client: ChatRoutes,
  conversationId: string,
  body: Schemas["SendMessageRequest"],
): AsyncGenerator<string> {
  const { data, error, response } = await client.POST(
    "/conversations/{conversationId}/messages/stream",
    { params: { path: { conversationId } }, body, parseAs: "stream" },
  );
  if (!response.ok) throw failure(response, error);
  const type = response.headers.get("Content-Type") ?? "nothing";
  if (!data || !type.startsWith("text/event-stream")) {
    throw new StreamError(`an event stream was asked for, and ${type} came`);
  }
  yield* readReply(data);
}

/** The text of a reply, from the bytes of its event stream. */
export async function* readReply(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let whole = false;
  try {
    for await (const event of readEvents(body)) {
      if (event.data === "[DONE]") return;
      const chunk = chunkOf(event);
      whole ||= isLast(chunk);
      const text = textOf(chunk);
      if (text !== "") yield text;
    }
  } catch (error) {
    if (error instanceof StreamError) throw error;
    if (!whole) throw new StreamError("the stream was cut off", { cause: error });
  }
  if (!whole) throw new StreamError("the stream ended before the reply did");
}

type ErrorChunk = Schemas["ErrorChunk"];
type Chunk = Exclude<Schemas["StreamEvent"], ErrorChunk>;

function chunkOf(event: ServerEvent): Chunk {
  const chunk = parsed(event.data);
  if (event.name === "error" || (chunk !== undefined && isError(chunk))) {
    const told: Partial<ErrorChunk> = (chunk as ErrorChunk | undefined) ?? {};
    throw new StreamError(`the service gave up: ${told.message ?? told.error ?? event.data}`);
  }
  if (chunk === undefined) throw new StreamError(`an event is no JSON object: ${event.data}`);
  return chunk;
}

/** A `StreamChunk` may carry a `type` of its own, so the type alone does not tell them apart for TypeScript. */
function isError(chunk: Schemas["StreamEvent"]): chunk is ErrorChunk {
  return chunk.type === "error";
}

function parsed(data: string): Schemas["StreamEvent"] | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === "object" && value !== null ? (value as Schemas["StreamEvent"]) : undefined;
  } catch {
    return undefined; // who asked says what to make of it
  }
}

function isLast(chunk: Chunk): boolean {
  if (!("choices" in chunk)) return chunk.type === "complete";
  return chunk.type === "complete" || chunk.choices.some((each) => each.finish_reason != null);
}

/** A chunk in both dialects holds its text twice; `choices` is the documented place. */
function textOf(chunk: Chunk): string {
  if ("choices" in chunk) return chunk.choices[0]?.delta.content ?? "";
  return chunk.type === "content" ? chunk.content : "";
}
