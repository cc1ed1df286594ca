"use strict";
// Messages are shown with textContent only, so nothing in them becomes HTML.

const ROW_HEIGHT = 28; // pixels, as in page.css
const MAX_INDENT = 12; // levels
const MAX_COMPARED = 200; // messages of a branch
const MAX_SHOWN = 50000; // characters of a message that are shown at once

const byId = (id) => document.getElementById(id);
const tree = byId("tree"), rows = byId("rows"), detail = byId("detail"), search = byId("search");

const messages = JSON.parse(byId("data").textContent).map(
  ([parent, role, content, branch, preview], index) => ({
    index, parent, role, content, branch, preview, children: [], level: 0, size: 1, folded: false,
  }),
);
for (const each of messages) {
  if (each.parent !== null) messages[each.parent].children.push(each.index);
}
for (const each of messages) {
  // As in the text format, only a fork indents the messages that follow.
  for (const child of each.children) messages[child].level = each.level + (each.children.length > 1 ? 1 : 0);
}
for (let index = messages.length - 1; index > 0; index--) messages[messages[index].parent].size += messages[index].size;

let visible = []; // indexes of the messages that no fold hides
let selected = 0;
let marked = null; // the first message of a comparison
let matches = [], pattern = null;

function element(tag, className, text) {
  const created = document.createElement(tag);
  if (className) created.className = className;
  if (text !== undefined) created.textContent = text;
  return created;
}

const canFold = (each) =>
  each.children.length > 1 || (each.children.length === 1 && (each.index === 0 || each.branch || each.folded));

function updateVisible() {
  visible = [];
  for (let index = 0; index < messages.length; ) {
    visible.push(index);
    index += messages[index].folded ? messages[index].size : 1;
  }
  rows.style.height = visible.length * ROW_HEIGHT + "px";
  draw();
}

function createRow(each, position) {
  const row = element("div", "row");
  row.id = "m" + each.index;
  row.style.top = position * ROW_HEIGHT + "px";
  row.style.paddingLeft = 8 + 18 * Math.min(each.level, MAX_INDENT) + "px";
  row.setAttribute("role", "treeitem");
  row.setAttribute("aria-level", each.level + 1);
  row.setAttribute("aria-selected", each.index === selected);
  if (each.children.length) row.setAttribute("aria-expanded", !each.folded);
  row.classList.toggle("selected", each.index === selected);
  row.classList.toggle("marked", each.index === marked);
  row.append(element("span", "toggle", canFold(each) ? (each.folded ? "▸" : "▾") : ""));
  if (each.level > MAX_INDENT) row.append(element("span", "level", "level " + each.level));
  if (each.branch) row.append(element("bdi", "branch", each.branch));
  if (each.index) row.append(element("bdi", each.role === "user" ? "role user" : "role", each.role));
  let preview = each.preview;
  const found = pattern && pattern.exec(each.content);
  if (pattern && (found || pattern.test(each.branch))) row.classList.add("match");
  if (found) preview = (found.index > 30 ? "… " : "") + each.content.slice(Math.max(0, found.index - 30), found.index + 200);
  row.append(element("bdi", "preview", preview));
  if (each.folded) row.append(element("span", "hidden", "(+" + (each.size - 1) + ")"));
  return row;
}

function draw() {
  // Only the rows in view exist, so the number of messages does not matter.
  const first = Math.max(0, Math.floor(tree.scrollTop / ROW_HEIGHT) - 10);
  const last = Math.min(visible.length, Math.ceil((tree.scrollTop + tree.clientHeight) / ROW_HEIGHT) + 10);
  const created = [];
  for (let position = first; position < last; position++) created.push(createRow(messages[visible[position]], position));
  rows.replaceChildren(...created);
  tree.setAttribute("aria-activedescendant", "m" + selected);
}

function positionOf(index) {
  let low = 0, high = visible.length; // `visible` is sorted
  while (low < high) {
    const middle = (low + high) >> 1;
    if (visible[middle] < index) low = middle + 1;
    else high = middle;
  }
  return low;
}

function select(index) {
  selected = index;
  let unfolded = false;
  for (let above = messages[index].parent; above !== null; above = messages[above].parent) {
    if (messages[above].folded) unfolded = true;
    messages[above].folded = false;
  }
  if (unfolded) updateVisible();
  const top = positionOf(index) * ROW_HEIGHT;
  if (top < tree.scrollTop) tree.scrollTop = top;
  if (top + ROW_HEIGHT > tree.scrollTop + tree.clientHeight) tree.scrollTop = top + ROW_HEIGHT - tree.clientHeight;
  draw();
  showMessage();
}

function setFolded(each, folded) {
  each.folded = folded && each.children.length > 0;
  updateVisible();
}

function foldAll(folded) {
  for (const each of messages) {
    each.folded = folded && each.index > 0 && each.children.length > 0 && messages[each.parent].children.length > 1;
  }
  for (let index = selected; index !== null; index = messages[index].parent) {
    if (messages[index].folded) selected = index;
  }
  updateVisible();
  select(selected);
}

function contentOf(each, from = 0, to = 0) {
  // The part between `from` and `to` is marked.
  const block = element("div"), more = element("button");
  let shown = 0;
  more.onclick = () => {
    const end = shown + MAX_SHOWN;
    const part = (first, last) => each.content.slice(Math.max(first, shown), Math.min(last, end));
    const text = element("pre", "content", part(0, from));
    if (part(from, to)) text.append(element("mark", "", part(from, to)));
    text.append(part(to, end));
    more.before(text);
    shown = end;
    more.hidden = shown >= each.content.length;
    more.textContent = "Show more (" + (each.content.length - shown).toLocaleString("en") + " characters left)";
  };
  block.append(more);
  more.click();
  return block;
}

function showMessage() {
  const each = messages[selected];
  const head = element("div", "head");
  if (each.branch) head.append(element("bdi", "branch", each.branch));
  if (each.index) head.append(element("bdi", "role", each.role));
  const siblings = each.parent === null ? [] : messages[each.parent].children;
  if (siblings.length > 1) {
    const at = siblings.indexOf(selected);
    const step = (label, by) => {
      const button = element("button", "", label);
      button.disabled = siblings[at + by] === undefined;
      button.onclick = () => { select(siblings[at + by]); tree.focus(); };
      return button;
    };
    head.append(step("‹", -1), element("span", "", at + 1 + " of " + siblings.length), step("›", 1));
  }
  if (marked !== null) head.append(element("span", "", "Press c on the end of another branch to compare."));
  detail.classList.remove("comparing");
  detail.replaceChildren(head, contentOf(each));
  detail.scrollTop = 0;
}

function pathTo(index) {
  const path = [];
  for (; index !== null; index = messages[index].parent) path.push(messages[index]);
  return path.reverse();
}

const isWord = (character) => /[\p{L}\p{N}\p{M}\p{Cs}]/u.test(character ?? "");

function differences(pair) {
  // Returns, for each of two texts, where it begins and ends to differ from the other one. Words are marked as a whole.
  const [first, second] = pair.map((each) => (each ? each.content : ""));
  const length = Math.min(first.length, second.length);
  let start = 0, end = 0;
  while (start < length && first[start] === second[start]) start++;
  while (end < length - start && first.at(-1 - end) === second.at(-1 - end)) end++;
  while (start > 0 && isWord(first[start - 1]) && (isWord(first[start]) || isWord(second[start]))) start--;
  while (end > 0 && isWord(first.at(-end)) && (isWord(first.at(-end - 1)) || isWord(second.at(-end - 1)))) end--;
  return [[start, first.length - end], [start, second.length - end]];
}

function compare(first, second) {
  const paths = [pathTo(first), pathTo(second)];
  let shared = 0;
  while (paths[0][shared] && paths[0][shared] === paths[1][shared]) shared++;
  const length = Math.max(paths[0].length, paths[1].length) - shared;
  const columns = element("div", "columns");
  for (let row = shared; row < shared + Math.min(length, MAX_COMPARED); row++) {
    const pair = paths.map((path) => path[row]);
    const same = pair[0] && pair[1] && pair[0].content === pair[1].content;
    const marks = pair[0] && pair[1] && !same ? differences(pair) : [];
    pair.forEach((each, side) => {
      const cell = element("div", same ? "same" : "");
      if (each) {
        const head = element("div", "head");
        if (each.branch) head.append(element("bdi", "branch", each.branch));
        head.append(element("bdi", each.role === "user" ? "role user" : "role", each.role));
        if (same) head.append(element("span", "", "same text"));
        cell.append(head, contentOf(each, ...(marks[side] ?? [])));
      }
      columns.append(cell);
    });
  }
  const head = element("div", "head");
  head.append(element("strong", "", "Two branches after " + (shared - 1) + " shared messages"));
  if (length > MAX_COMPARED) head.append(element("span", "", "The first " + MAX_COMPARED + " messages are shown."));
  const back = element("button", "", "Close");
  back.onclick = () => { showMessage(); draw(); tree.focus(); };
  head.append(back);
  detail.classList.add("comparing");
  detail.replaceChildren(head, columns);
  detail.scrollTop = 0;
}

function mark() {
  const first = marked;
  marked = first === null ? selected : null;
  byId("mark").setAttribute("aria-pressed", marked !== null);
  if (first !== null && first !== selected) compare(first, selected);
  else showMessage();
  draw();
}

function find() {
  const text = search.value.trim();
  pattern = text ? new RegExp(text.replace(/[\\^$.*+?()[\]{}|\/]/g, "\\$&"), "iu") : null;
  matches = pattern
    ? messages.filter((each) => pattern.test(each.content) || pattern.test(each.branch)).map((each) => each.index)
    : [];
  if (matches.length) select(matches.find((index) => index >= selected) ?? matches[0]);
  else draw();
  showCount();
}

function showCount() {
  byId("matches").textContent = pattern ? (matches.length ? matches.indexOf(selected) + 1 : 0) + " of " + matches.length : "";
}

function nextMatch(by) {
  if (!matches.length) return;
  const following = by > 0 ? matches.find((index) => index > selected) : matches.findLast((index) => index < selected);
  select(following ?? matches.at(by > 0 ? 0 : -1));
  showCount();
}

function selectSibling(by) {
  // From a message in the middle of a branch, continue from where the branch starts.
  for (let index = selected; messages[index].parent !== null; index = messages[index].parent) {
    const siblings = messages[messages[index].parent].children;
    if (siblings.length > 1) return select(siblings[(siblings.indexOf(index) + by + siblings.length) % siblings.length]);
  }
}

const selectPosition = (position) => select(visible[Math.max(0, Math.min(visible.length - 1, position))]);
const pageSize = () => Math.max(1, Math.floor(tree.clientHeight / ROW_HEIGHT) - 1);

const KEYS = {
  ArrowDown: () => selectPosition(positionOf(selected) + 1),
  ArrowUp: () => selectPosition(positionOf(selected) - 1),
  PageDown: () => selectPosition(positionOf(selected) + pageSize()),
  PageUp: () => selectPosition(positionOf(selected) - pageSize()),
  Home: () => selectPosition(0),
  End: () => selectPosition(visible.length - 1),
  ArrowRight: () => {
    const each = messages[selected];
    if (each.folded) setFolded(each, false);
    else if (each.children.length) select(each.children[0]);
  },
  ArrowLeft: () => {
    const each = messages[selected];
    if (canFold(each) && !each.folded) setFolded(each, true);
    else if (each.parent !== null) select(each.parent);
  },
  Enter: () => setFolded(messages[selected], !messages[selected].folded),
  " ": () => setFolded(messages[selected], !messages[selected].folded),
  "]": () => selectSibling(1),
  "[": () => selectSibling(-1),
  n: () => nextMatch(1),
  p: () => nextMatch(-1),
  c: mark,
  "+": () => foldAll(false),
  "-": () => foldAll(true),
  Escape: () => { marked = null; byId("mark").setAttribute("aria-pressed", false); showMessage(); draw(); },
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target === search) {
    if (event.key === "Enter") nextMatch(event.shiftKey ? -1 : 1);
    if (event.key === "Escape") { search.value = ""; find(); tree.focus(); }
    return;
  }
  if (event.key === "/") {
    event.preventDefault();
    search.focus();
    return;
  }
  // In the panel, these keys scroll. A button handles Enter and the space bar itself.
  const inTree = event.target === tree || event.target === document.body;
  if (!inTree && (event.key.length > 1 || event.key === " ") && event.key !== "Escape") return;
  const action = KEYS[event.key];
  if (!action) return;
  event.preventDefault();
  action();
  if (event.key === "Escape") tree.focus();
});

rows.addEventListener("click", (event) => {
  const row = event.target.closest(".row");
  if (!row) return;
  const each = messages[Number(row.id.slice(1))];
  if (event.target.classList.contains("toggle") && canFold(each)) setFolded(each, !each.folded);
  else select(each.index);
});
tree.addEventListener("scroll", draw);
addEventListener("resize", draw);
search.addEventListener("input", find);
byId("fold").onclick = () => foldAll(true);
byId("unfold").onclick = () => foldAll(false);
byId("mark").onclick = () => { mark(); };

updateVisible();
select(messages.length > 1 ? 1 : 0);
if (window === window.top) tree.focus(); // a notebook keeps its focus
