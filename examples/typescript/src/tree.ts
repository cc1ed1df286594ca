/** Draws the tree of a conversation as text. */

import type { Schemas } from "./client.js";

/**
 * Yields a line for each message of the flat form of a tree, in which the messages below a message follow it.
 * Messages below a fork are indented.
 */
export function* draw(
  title: string,
  nodes: Schemas["FlatTreeNode"][],
  branches: Schemas["Branch"][],
): Generator<string> {
  yield title;
  const children = new Map<string | null, string[]>();
  for (const { id, parentId } of nodes) {
    const siblings = children.get(parentId);
    if (siblings) siblings.push(id);
    else children.set(parentId, [id]);
  }
  const titles = new Map(branches.map((branch) => [branch.id, branch.title]));
  const indents = new Map<string | null, string>();
  for (const { id, parentId, branchId, role, content } of nodes) {
    const siblings = children.get(parentId) ?? [];
    const lead = siblings.length < 2 ? "" : siblings.at(-1) === id ? "└─ " : "├─ ";
    const indent = indents.get(parentId) ?? "";
    indents.set(id, indent + (lead === "" ? "" : lead === "└─ " ? "   " : "│  "));
    const branch = titles.has(branchId) ? `[${titles.get(branchId)}] ` : "";
    titles.delete(branchId); // the first message of a branch has its title
    yield `${indent}${lead}${branch}${role}: ${shorten(content)}`;
  }
}

function shorten(text: string, length = 60): string {
  const words = text.replace(/\s+/g, " ");
  return words.length <= length ? words : `${words.slice(0, length - 1)}…`;
}
