// The rows of the list: each is a fragment that came from the server; where it stands and for whom is decided here.

import { elements } from "./api.js";
import { everyTick, now } from "./clock.js";
import { mayReply, me, supervises } from "./page.js";
import { announce } from "./say.js";
import { keepStill } from "./still.js";
import { text } from "./texts.js";

const GONE_MS = 2500;
const left = new Map(); // conversations that were taken off the list, and at which revision
let shown = document.body.dataset.tab;
let opened = "";

const list = () => document.querySelector("#rows .rows");
export const rowOf = (conversation) => document.getElementById(`row-${conversation}`);
export const all = () => [...list().children];
export const visible = () => [...document.querySelectorAll(`#${shown === "ended" ? "ended" : "rows"} .row:not([hidden])`)];
const revision = (row) => Number(row?.dataset.revision ?? 0);

/** Which part of the list a row belongs to; "" for what is none of mine. */
export function partOf({ dataset }) {
  if (dataset.status === "queued") return "queue";
  if (dataset.status === "assigned") return dataset.assignee === me ? "mine" : supervises ? "others" : "";
  return "";
}

/** Put rows (HTML of one or many) in their places; what is older than what is shown is dropped. The rows that count. */
export function put(html, { heardAt = now(), isNews = false } = {}) {
  const fresh = elements(html).filter((row) => row.matches(".row") && isNewer(row));
  keepStill(() => {
    for (const row of fresh) place(row, { heardAt, isNews });
    settle();
  });
  return fresh;
}

/** Take a row off the list; `by` is who won it, "" if it went another way. */
export function drop(conversation, { at = 0, by = "" } = {}) {
  const row = rowOf(conversation);
  left.set(String(conversation), Math.max(at, left.get(String(conversation)) ?? 0));
  if (!row || row.classList.contains("is-gone")) return;
  if (row.hidden || !by) {
    remove(row);
    return;
  }
  row.classList.add("is-gone");
  const said = document.createElement("span");
  said.className = "row-said";
  said.textContent = text("taken", { name: by });
  row.querySelector(".row-side").replaceChildren(said);
  announce(text("taken-announce", { customer: row.dataset.customer, name: by }));
  if (row.contains(document.activeElement)) focusAfter(row);
  setTimeout(() => { if (row.isConnected && row.classList.contains("is-gone")) remove(row); }, GONE_MS);
}

/** Everything that is on the list now; what is not in it goes, unless it was heard of since `asked`. */
export function replaceAll(html, asked) {
  const [live] = elements(html);
  document.getElementById("live").toggleAttribute("data-more", live.hasAttribute("data-more"));
  const rows = live.querySelectorAll(".row");
  const ids = new Set([...rows].map((row) => row.id));
  for (const row of all()) if (!ids.has(row.id) && Number(row.dataset.heardAt ?? 0) < asked && !row.classList.contains("is-gone")) remove(row);
  put([...rows].map((row) => row.outerHTML).join(""), { heardAt: asked });
}

/** Show a part of the list. */
export function show(tab) {
  shown = document.body.dataset.tab = tab;
  settle();
}

/** Mark the row whose conversation is open. */
export function markOpen(conversation) {
  opened = String(conversation ?? "");
  settle();
}

/** The most urgent row that I may accept. */
export const next = () => all().find((row) => row.classList.contains("can-accept") && !row.classList.contains("is-gone"));

function isNewer(row) {
  const known = rowOf(row.dataset.conversation);
  return revision(row) >= revision(known) && revision(row) >= (left.get(row.dataset.conversation) ?? 0);
}

function place(row, { heardAt, isNews }) {
  const known = rowOf(row.dataset.conversation);
  if (!partOf(row)) {
    if (known) remove(known);
    return;
  }
  row.dataset.heardAt = heardAt;
  const focused = known?.contains(document.activeElement) ? document.activeElement : null;
  if (known && !known.closest("#ended")) known.replaceWith(row);
  else list().append(row);
  if (focused) (row.querySelector(focused.matches(".accept") ? ".accept" : "a") ?? row.querySelector("a")).focus({ preventScroll: true });
  if (!known && isNews && partOf(row) === "queue") arrived(row);
}

function arrived(row) {
  row.classList.add("is-new");
  announce(text("arrived", { customer: row.dataset.customer, words: row.querySelector(".row-last").textContent }));
}

function remove(row) {
  const held = row.contains(document.activeElement);
  if (held) focusAfter(row);
  keepStill(() => { row.remove(); settle(); });
}

function focusAfter(row) {
  const rows = visible();
  const other = rows[rows.indexOf(row) + 1] ?? rows[rows.indexOf(row) - 1];
  (other?.querySelector("a") ?? document.querySelector("[role=tab][aria-selected=true]"))?.focus();
}

const before = (a, b) => Number(a.dataset.urgent) - Number(b.dataset.urgent) || Number(a.dataset.conversation) - Number(b.dataset.conversation);

/** Order, parts, counts, marks: what follows from the rows there are. */
export function settle() {
  order();
  const counts = { queue: 0, mine: 0, others: 0 };
  for (const row of all()) {
    const part = partOf(row);
    counts[part] += 1;
    row.hidden = part !== shown;
    row.classList.toggle("is-mine", part === "mine");
    row.classList.toggle("is-open", row.dataset.conversation === opened);
    row.classList.toggle("can-accept", part === "queue" && mayReply(row.dataset.account, row.dataset.group) && !isKept(row));
    const link = row.querySelector("a");
    if (row.dataset.conversation === opened) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  const first = next();
  for (const row of all()) row.classList.toggle("is-next", row === first);
  const more = document.getElementById("live").hasAttribute("data-more") ? "+" : "";
  for (const place of document.querySelectorAll("[data-count]")) place.textContent = counts[place.dataset.count] + more || "";
  for (const place of document.querySelectorAll("[data-empty]")) place.hidden = place.dataset.empty !== shown || counts[shown] > 0;
}

function order() {
  const rows = all(), wanted = [...rows].sort(before);
  if (rows.every((row, n) => row === wanted[n])) return;
  const focused = document.activeElement;
  const held = list().contains(focused);
  list().append(...wanted);
  if (held) focused.focus({ preventScroll: true });
}

/** For some seconds a reopened conversation is kept for the agent who had it. */
function isKept({ dataset }) {
  return dataset.reservedFor && dataset.reservedFor !== me && Date.parse(dataset.reservedUntil) > now();
}

everyTick(() => {
  const until = all().filter((row) => row.dataset.reservedFor && !row.classList.contains("can-accept"));
  if (until.some((row) => partOf(row) === "queue" && !isKept(row) && mayReply(row.dataset.account, row.dataset.group))) settle();
});
