/** A conversation's tree, drawn with characters. */

import type { Schemas } from "./client.js";

type TreeNode = Schemas["TreeNode"];

/** One line a message; those after a place where branches part are indented. */
export function* draw(root: TreeNode): Generator<string> {
  yield root.content;
  // A stack instead of recursion: a long conversation is nested as deep as it is long.
  const waiting: { node: TreeNode; lead: string; indent: string }[] = [];
  const follow = (nodes: TreeNode[], indent: string) => {
    const parting = nodes.length > 1;
    const last = nodes.at(-1);
    for (const node of nodes.toReversed()) {
      const lead = !parting ? "" : node === last ? "└─ " : "├─ ";
      waiting.push({ node, lead, indent });
    }
  };
  follow(root.children, "");
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { node, lead, indent } = next;
    const branch = node.branchInfo?.title === undefined ? "" : `[${node.branchInfo.title}] `;
    yield `${indent}${lead}${branch}${node.role}: ${shortened(node.content)}`;
    follow(node.children, indent + (lead === "" ? "" : lead === "└─ " ? "   " : "│  "));
  }
}

function shortened(text: string, length = 60): string {
  const words = text.replace(/\s+/g, " ");
  return words.length <= length ? words : `${words.slice(0, length - 1)}…`;
}
