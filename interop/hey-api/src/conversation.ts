/** One scripted conversation through the client that @hey-api/openapi-ts made. */

import {
  createConversation,
  deleteConversation,
  forkConversation,
  getConversation,
  getConversationTree,
  listConversations,
  sendMessage,
  type Message,
  type SendMessageRequest,
  type TreeNode,
} from "./generated/index.js";
import { createClient, createConfig } from "./generated/client/index.js";

const client = createClient(
  createConfig({
    baseUrl: process.env["CHATROUTES_BASE_URL"] ?? "",
    headers: { Authorization: `ApiKey ${process.env["CHATROUTES_API_KEY"]}` },
  }),
);
const always = { client, throwOnError: true } as const;

async function send(conversationId: string, body: SendMessageRequest): Promise<Message> {
  const { data: sent } = await sendMessage({ ...always, path: { conversationId }, body });
  const reply = "assistantMessage" in sent.data ? sent.data.assistantMessage : sent.data.message;
  console.log(`replied: ${reply.content.split("You wrote: ")[1]}`);
  return reply;
}

function count(nodes: TreeNode[]): number {
  return nodes.reduce((total, node) => total + 1 + count(node.children), 0);
}

const { data: created } = await createConversation({ ...always, body: { title: "Grüße 🌿" } });
const { conversation } = created.data;
const path = { conversationId: conversation.id };
console.log(`created: ${conversation.title}`);

const reply = await send(conversation.id, { content: "Hello" });
const { data: forked } = await forkConversation({
  ...always,
  path,
  body: { forkPointMessageId: reply.id, title: "Another way", contextMode: "MINIMAL" },
});
console.log(`forked: ${forked.data.branch.title}`);
await send(conversation.id, { content: "And now?", branchId: forked.data.branch.id });

const { data: listed } = await listConversations({ ...always, query: { page: 1, limit: 10 } });
const { conversations = [] } = listed.data ?? listed; // the compact dialect has them beside `success`
console.log(`listed: ${conversations.length}, ${conversations[0]?.title}`);

const { data: grown } = await getConversationTree({ ...always, path });
const { tree, metadata } = grown.data;
console.log(
  `tree: ${count(tree.children)} of ${metadata.totalNodes} messages on ${metadata.totalBranches} branches`,
);

const missing = await getConversation({ client, path: { conversationId: "conv/of nobody" } });
if (missing.error === undefined) throw new Error("a conversation of nobody was got");
console.log(`missing: ${missing.response.status} ${missing.error.error}`);

const { data: deleted } = await deleteConversation({ ...always, path });
console.log(`deleted: ${deleted.success}`);
