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
  // The documented dialect has the reply as `assistantMessage`, the compact dialect as `message`.
  const reply = present(sent.data?.assistantMessage ?? sent.data?.message);
  console.log(`replied: ${reply.content.split("You wrote: ")[1]}`);
  return reply;
}

/** Returns a field that the service may leave out. */
function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("a field is missing");
  return value;
}

function count(nodes: TreeNode[]): number {
  return nodes.reduce((total, node) => total + 1 + count(node.children), 0);
}

const { data: created } = await createConversation({ ...options, body: { title: "Grüße 🌿" } });
const conversation = present(created.data?.conversation);
const path = { conversationId: conversation.id };
console.log(`created: ${conversation.title}`);

const reply = await send(conversation.id, { content: "Hello" });
const { data: forked } = await forkConversation({
  ...options,
  path,
  body: { forkPointMessageId: reply.id, title: "Another way", contextMode: "MINIMAL" },
});
const branch = present(forked.data?.branch);
console.log(`forked: ${branch.title}`);
await send(conversation.id, { content: "And now?", branchId: branch.id });

const { data: listed } = await listConversations({ ...options, query: { page: 1, limit: 10 } });
// In the compact dialect, the fields of the page are beside `success`.
const { conversations = [] } = listed.data ?? listed;
console.log(`listed: ${conversations.length}, ${conversations[0]?.title}`);

const { data: response } = await getConversationTree({ ...options, path });
const tree = present(response.data?.tree);
const metadata = present(response.data?.metadata);
console.log(
  `tree: ${count(tree.children)} of ${metadata.totalNodes} messages on ${metadata.totalBranches} branches`,
);

const missing = await getConversation({ client, path: { conversationId: "no/such conversation" } });
if (missing.error === undefined) throw new Error("expected an API error");
console.log(`missing: ${missing.response.status} ${missing.error.error}`);

const { data: deleted } = await deleteConversation({ ...options, path });
console.log(`deleted: ${deleted.success}`);
