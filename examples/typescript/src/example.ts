/** One conversation, from its first message to its end. */

import { ApiError, bodyOf, connect, type ChatRoutes, type Schemas } from "./client.js";
import { StreamError, streamReply } from "./reply.js";
import { draw } from "./tree.js";

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function create(client: ChatRoutes, title: string): Promise<Schemas["Conversation"]> {
  return bodyOf(await client.POST("/conversations", { body: { title } })).data.conversation;
}

/** Sends a message and waits for the reply; the compact dialect has the reply alone. */
async function send(
  client: ChatRoutes,
  conversationId: string,
  body: Schemas["SendMessageRequest"],
): Promise<Schemas["Message"]> {
  const path = { conversationId };
  const sent = await client.POST("/conversations/{conversationId}/messages", {
    params: { path },
    body,
  });
  const { data } = bodyOf(sent);
  return "assistantMessage" in data ? data.assistantMessage : data.message;
}

async function fork(
  client: ChatRoutes,
  conversationId: string,
  body: Schemas["ForkConversationRequest"],
): Promise<Schemas["Branch"]> {
  const path = { conversationId };
  const forked = await client.POST("/conversations/{conversationId}/fork", {
    params: { path },
    body,
  });
  return bodyOf(forked).data.branch;
}

async function tree(client: ChatRoutes, conversationId: string): Promise<Schemas["ConversationTree"]> {
  const path = { conversationId };
  return bodyOf(await client.GET("/conversations/{conversationId}/tree", { params: { path } })).data;
}

/** Every conversation, page by page; the compact dialect has a page's fields beside `success`. */
async function* list(client: ChatRoutes, limit = 50): AsyncGenerator<Schemas["Conversation"]> {
  for (let page = 1; ; page += 1) {
    const body = bodyOf(await client.GET("/conversations", { params: { query: { page, limit } } }));
    const { conversations = [], total = 0 } = body.data ?? body;
    yield* conversations;
    if (conversations.length === 0 || page * limit >= total) return;
  }
}

async function remove(client: ChatRoutes, conversationId: string): Promise<void> {
  const path = { conversationId };
  bodyOf(await client.DELETE("/conversations/{conversationId}", { params: { path } }));
}

async function talk(client: ChatRoutes, conversationId: string): Promise<void> {
  say("\n— A message, and the reply —");
  const reply = await send(client, conversationId, { content: "What is a fork?" });
  say(reply.content);

  say("\n— A reply, as it is written —");
  for await (const text of streamReply(client, conversationId, { content: "And a branch?" })) {
    process.stdout.write(text);
  }
  say("");

  say("\n— Another way from the first reply on —");
  const branch = await fork(client, conversationId, {
    forkPointMessageId: reply.id,
    title: "Another way",
    contextMode: "MINIMAL",
  });
  const other = await send(client, conversationId, { content: "Once more?", branchId: branch.id });
  say(`${branch.title}: ${other.content}`);

  say("\n— The tree —");
  const { tree: root, metadata } = await tree(client, conversationId);
  for (const line of draw(root)) say(line);
  say(`${metadata.totalNodes} messages on ${metadata.totalBranches} branches`);

  say("\n— All conversations —");
  for await (const each of list(client)) say(`${each.title}, changed ${each.updatedAt}`);
}

async function main(): Promise<void> {
  const apiKey = process.env["CHATROUTES_API_KEY"];
  if (!apiKey) throw new Error("Set CHATROUTES_API_KEY; CHATROUTES_BASE_URL if it is not the service.");
  const client = connect(apiKey, process.env["CHATROUTES_BASE_URL"]);

  const { id } = await create(client, "From TypeScript");
  try {
    await talk(client, id);
  } finally {
    await remove(client, id);
  }

  say("\n— Deleted: what is asked of it now is an error —");
  try {
    await tree(client, id);
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 404)) throw error;
    say(`${error.status} ${error.code ?? ""}`);
  }
}

try {
  await main();
} catch (error) {
  const told = error instanceof ApiError || error instanceof StreamError;
  process.stderr.write(`${told ? `${error.name}: ${error.message}` : String(error)}\n`);
  process.exitCode = 1;
}
