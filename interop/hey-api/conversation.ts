/** A conversation with the client that @hey-api/openapi-ts generates. */

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
} from "./generated/chatroutes/index.js";
import { createClient, createConfig } from "./generated/chatroutes/client/index.js";

const client = createClient(
  createConfig({
    baseUrl: process.env["CHATROUTES_BASE_URL"] ?? "",
    headers: { Authorization: `ApiKey ${process.env["CHATROUTES_API_KEY"]}` },
  }),
);
const options = { client, throwOnError: true } as const;

async function send(conversationId: string, body: SendMessageRequest): Promise<Message> {
  const { data: sent } = await sendMessage({ ...options, path: { conversationId }, body });
  const reply = "assistantMessage" in sent.data ? sent.data.assistantMessage : sent.data.message;
  console.log(`replied: ${reply.content.split("You wrote: ")[1]}`);
  return reply;
}

function count(nodes: TreeNode[]): number {
  return nodes.reduce((total, node) => total + 1 + count(node.children), 0);
}

const { data: created } = await createConversation({ ...options, body: { title: "Grüße 🌿" } });
const { conversation } = created.data;
const path = { conversationId: conversation.id };
console.log(`created: ${conversation.title}`);

const reply = await send(conversation.id, { content: "Hello" });
const { data: forked } = await forkConversation({
  ...options,
  path,
  body: { forkPointMessageId: reply.id, title: "Another way", contextMode: "MINIMAL" },
});
console.log(`forked: ${forked.data.branch.title}`);
await send(conversation.id, { content: "And now?", branchId: forked.data.branch.id });

const { data: listed } = await listConversations({ ...options, query: { page: 1, limit: 10 } });
// In the compact dialect, the fields of the page are beside `success`.
const { conversations = [] } = listed.data ?? listed;
console.log(`listed: ${conversations.length}, ${conversations[0]?.title}`);

const { data: response } = await getConversationTree({ ...options, path });
const { tree, metadata } = response.data;
console.log(
  `tree: ${count(tree.children)} of ${metadata.totalNodes} messages on ${metadata.totalBranches} branches`,
);

const missing = await getConversation({ client, path: { conversationId: "no/such conversation" } });
if (missing.error === undefined) throw new Error("expected an API error");
console.log(`missing: ${missing.response.status} ${missing.error.error}`);

const { data: deleted } = await deleteConversation({ ...options, path });
console.log(`deleted: ${deleted.success}`);
