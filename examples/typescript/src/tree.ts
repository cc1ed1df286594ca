/** Draws the tree of a conversation as text. */

import type { Schemas } from "./client.js";

type TreeNode = Schemas["TreeNode"];

/** Yields a line for each message. Messages below a fork are indented. */
export function* draw(root: TreeNode): Generator<string> {
  yield root.content;
  // A stack instead of recursion, because each message of a conversation is nested in the one before.
  const stack: { node: TreeNode; lead: string; indent: string }[] = [];
  const pushChildren = (nodes: TreeNode[], indent: string) => {
    const forked = nodes.length > 1;
    const last = nodes.at(-1);
    for (const node of nodes.toReversed()) {
      const lead = !forked ? "" : node === last ? "└─ " : "├─ ";
      stack.push({ node, lead, indent });
    }
  };
  pushChildren(root.children, "");
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { node, lead, indent } = next;
    const branch = node.branchInfo?.title === undefined ? "" : `[${node.branchInfo.title}] `;
    yield `${indent}${lead}${branch}${node.role}: ${shorten(node.content)}`;
    pushChildren(node.children, indent + (lead === "" ? "" : lead === "└─ " ? "   " : "│  "));
  }
}

function shorten(text: string, length = 60): string {
  const words = text.replace(/\s+/g, " ");
  return words.length <= length ? words : `${words.slice(0, length - 1)}…`;
}
