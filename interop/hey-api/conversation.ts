/** A conversation with the client that @hey-api/openapi-ts generates. */

import {
  createConversation,
  deleteConversation,
  getConversation,
  getConversationTree,
  listConversations,
  sendMessage,
} from "./generated/chatroutes/index.js";
import { createClient, createConfig } from "./generated/chatroutes/client/index.js";

const client = createClient(
  createConfig({
    baseUrl: process.env["CHATROUTES_BASE_URL"] ?? "",
    headers: { "X-API-Key": process.env["CHATROUTES_API_KEY"] },
  }),
);
const options = { client, throwOnError: true } as const;

/** Returns a field that the service may leave out. */
function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("a field is missing");
  return value;
}

const { data: created } = await createConversation({ ...options, body: { title: "Grüße 🌿" } });
const conversation = present(created.data?.conversation);
const path = { conversationId: conversation.id };
console.log(`created: ${conversation.title}`);

const { data: sent } = await sendMessage({ ...options, path, body: { content: "Hello" } });
// The documented dialect has the reply as `assistantMessage`, the compact dialect as `message`.
const reply = present(sent.data?.assistantMessage ?? sent.data?.message);
console.log(`replied: ${reply.content.split("You wrote: ")[1]}`);

const { data: listed } = await listConversations({ ...options, query: { page: 1, limit: 10 } });
// In the compact dialect, the fields of the page are beside `success`.
const { conversations = [] } = listed.data ?? listed;
console.log(`listed: ${conversations.length}, ${conversations[0]?.title}`);

const conversationId = process.env["LONG_CONVERSATION_ID"] ?? "";
const { data: tree } = await getConversationTree({ ...options, path: { conversationId }, query: { format: "flat" } });
const nodes = present(tree.data?.nodes);
console.log(`tree: ${nodes.length} messages, ${nodes.at(-1)?.depth} deep`);

const missing = await getConversation({ client, path: { conversationId: "no/such conversation" } });
if (missing.error === undefined) throw new Error("expected an API error");
console.log(`missing: ${missing.response.status} ${missing.error.error}`);

const { data: deleted } = await deleteConversation({ ...options, path });
console.log(`deleted: ${deleted.success}`);
