import assert from "node:assert/strict";
import { test } from "node:test";
import { EventDecoder, readEvents, type ServerEvent } from "./events.js";
import { readReply, StreamError } from "./reply.js";

const STREAM = [
  ": a comment, which servers send to keep a connection open\n\n",
  'data: {"a":\ndata:1}\n\n',
  "event: error\r\ndata:  two spaces\r\nid: 7\r\n\r\n",
  "data\rdata\r\r",
  "id: has a \0 in it\nretry: 10\nunknown: x\n\n",
  "data: Größe 🌿\n\n",
  "data: without a blank line after it\n",
].join("");

const EVENTS: ServerEvent[] = [
  { name: "message", data: '{"a":\n1}', id: "" },
  { name: "error", data: " two spaces", id: "7" },
  { name: "message", data: "\n", id: "7" },
  { name: "message", data: "Größe 🌿", id: "7" },
];

async function* pieces(bytes: Uint8Array, ...cuts: number[]): AsyncGenerator<Uint8Array> {
  let start = 0;
  for (const end of [...cuts, bytes.length]) {
    yield bytes.subarray(start, end);
    start = end;
  }
}

async function all<T>(found: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const each of found) list.push(each);
  return list;
}

const bytesOf = (text: string) => new TextEncoder().encode(text);

test("events do not depend on where the bytes are split", async () => {
  const bytes = bytesOf(`\uFEFF${STREAM}`);
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    assert.deepEqual(await all(readEvents(pieces(bytes, cut))), EVENTS, `split at ${cut}`);
  }
  const everywhere = Array.from(bytes.keys()).slice(1);
  assert.deepEqual(await all(readEvents(pieces(bytes, ...everywhere))), EVENTS);
});

test("an event is complete at its blank line", () => {
  const decoder = new EventDecoder();
  assert.equal([...decoder.feed("data: x\r\n\r")].length, 1);
  assert.equal([...decoder.feed("\ndata: y\n\n")].length, 1);
});

const event = (data: unknown, name?: string) =>
  (name === undefined ? "" : `event: ${name}\n`) +
  `data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;
const piece = (content: string, finish_reason: string | null = null) =>
  event({ id: "m", model: "x", created: 1, choices: [{ index: 0, delta: { content }, finish_reason }] });
const last = { type: "complete", message: { id: "m" } };

const read = (...events: string[]) => all(readReply(pieces(bytesOf(events.join("")))));

test("a reply is read in both dialects", async () => {
  const compact = (content: string) => event({ type: "content", content });
  assert.deepEqual(await read(piece("a "), piece("b"), piece("", "stop"), event("[DONE]")), ["a ", "b"]);
  assert.deepEqual(await read(compact("a "), compact("b"), event(last)), ["a ", "b"]);
  assert.deepEqual(await read(piece("all", "stop")), ["all"]);
  assert.deepEqual(await read(event({ type: "thinking" }), compact("a"), event("[DONE]")), ["a"]);
});

test("a reply that ends early or reports an error throws", async () => {
  const failures: [string[], RegExp][] = [
    [[], /ended before/],
    [[piece("a")], /ended before/],
    [[piece("a"), piece("b", "stop").trimEnd()], /ended before/],
    [[piece("a"), event({ type: "error", error: "INTERNAL_ERROR" })], /reported an error: INTERNAL_ERROR/],
    [[event({ message: "It is gone." }, "error")], /reported an error: It is gone\./],
    [[event("gone", "error")], /reported an error: gone/],
    [[event("{"), event("[DONE]")], /not a JSON object: \{/],
    [[event("null"), event("[DONE]")], /not a JSON object: null/],
  ];
  for (const [events, message] of failures) {
    await assert.rejects(read(...events), (error) => error instanceof StreamError && message.test(error.message));
  }
});

test("text before an error is yielded, and a connection lost after the end is ignored", async () => {
  async function* lost(...events: string[]) {
    for (const each of events) yield bytesOf(each);
    throw new TypeError("terminated");
  }
  const seen: string[] = [];
  const reading = async () => {
    for await (const text of readReply(lost(piece("a"), piece("b")))) seen.push(text);
  };
  await assert.rejects(reading, /The stream was interrupted/);
  assert.deepEqual(seen, ["a", "b"]);
  assert.deepEqual(await all(readReply(lost(piece("a", "stop")))), ["a"]);
});
