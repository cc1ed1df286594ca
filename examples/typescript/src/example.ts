/** Create a conversation, send and stream messages, fork, read the tree, list, and delete. */

import { ApiError, bodyOf, connect, present, type ChatRoutes, type Schemas } from "./client.js";
import { StreamError, streamReply } from "./reply.js";
import { draw } from "./tree.js";

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function create(client: ChatRoutes, title: string): Promise<Schemas["Conversation"]> {
  return present(bodyOf(await client.POST("/conversations", { body: { title } })).data?.conversation);
}

/** Sends a message and returns the reply. The compact dialect sends only the reply. */
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
  return present(data?.assistantMessage ?? data?.message);
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
  return present(bodyOf(forked).data?.branch);
}

async function tree(client: ChatRoutes, conversationId: string): Promise<Schemas["ConversationTree"]> {
  const params = { path: { conversationId }, query: { format: "flat" } } as const;
  const response = await client.GET("/conversations/{conversationId}/tree", { params });
  return present(bodyOf(response).data);
}

/** Yields all conversations, page by page. In the compact dialect, the fields of a page are beside `success`. */
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

async function converse(client: ChatRoutes, conversationId: string): Promise<void> {
  print("\n— Send a message —");
  const reply = await send(client, conversationId, { content: "What is a fork?" });
  print(reply.content);

  print("\n— Stream a reply —");
  for await (const text of streamReply(client, conversationId, { content: "And a branch?" })) {
    process.stdout.write(text);
  }
  print("");

  print("\n— Fork at the first reply —");
  const branch = await fork(client, conversationId, {
    forkPointMessageId: reply.id,
    title: "Another way",
    contextMode: "MINIMAL",
  });
  const other = await send(client, conversationId, { content: "Once more?", branchId: branch.id });
  print(`${branch.title}: ${other.content}`);

  print("\n— Read the tree —");
  const { conversation, nodes, metadata } = await tree(client, conversationId);
  for (const line of draw(conversation.title, present(nodes), conversation.branches ?? [])) print(line);
  print(`${metadata?.totalNodes} messages on ${metadata?.totalBranches} branches`);

  print("\n— List conversations —");
  for await (const each of list(client)) print(`${each.title}, updated ${each.updatedAt}`);
}

async function main(): Promise<void> {
  const apiKey = process.env["CHATROUTES_API_KEY"];
  if (!apiKey) throw new Error("CHATROUTES_API_KEY is not set. Set it to an API key. Set CHATROUTES_BASE_URL to use another server.");
  const client = connect(apiKey, process.env["CHATROUTES_BASE_URL"]);

  const { id } = await create(client, "From TypeScript");
  try {
    await converse(client, id);
  } finally {
    await remove(client, id);
  }

  print("\n— Read a deleted conversation —");
  try {
    await tree(client, id);
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 404)) throw error;
    print(`${error.status} ${error.code ?? ""}`);
  }
}

try {
  await main();
} catch (error) {
  const expected = error instanceof ApiError || error instanceof StreamError;
  process.stderr.write(`${expected ? `${error.name}: ${error.message}` : String(error)}\n`);
  process.exitCode = 1;
}
