// The open conversation: opening one, and what the page does when it becomes another's or changes.

import { fragment } from "./api.js";
import { markOpen } from "./rows.js";
import { unwatch, watch } from "./socket.js";

export const pane = new EventTarget(); // "opened" after every (re)load of the pane
let asked = 0;
let opening = false;
let stale = false; // it changed while it was being opened

export const talk = () => document.getElementById("talk");
export const openId = () => Number(talk()?.dataset.conversation) || 0;

/** Which part of the page a phone shows: list, talk or side. */
export function turnTo(part) {
  document.body.dataset.shown = part;
}

/** Open a conversation; `remember` puts it into the browser's history, `focus` goes there. */
export async function open(conversation, { remember = true, focus = true } = {}) {
  const mine = ++asked;
  const panes = document.getElementById("panes");
  opening = true;
  stale = false;
  if (remember) history.pushState({ conversation }, "", `/conversations/${conversation}/`);
  turnTo("talk");
  panes.setAttribute("aria-busy", "true");
  try {
    const html = await (await fragment(`/conversations/${conversation}/`)).text();
    if (mine !== asked) return;
    show(html);
    if (focus) (document.getElementById("words") ?? talk()).focus({ preventScroll: true });
  } finally {
    if (mine === asked) {
      opening = false;
      panes.removeAttribute("aria-busy");
    }
  }
  if (stale && mine === asked) await reload();
}

/** Fetch the open conversation again: it is somebody else's now, or its state is another. */
export async function reload() {
  const conversation = openId();
  stale = opening;
  if (!conversation || opening) return;
  const field = document.getElementById("words");
  if (field?.dataset.composing) { // an input method is at work: when it is done
    field.addEventListener("compositionend", () => setTimeout(reload), { once: true });
    return;
  }
  const mine = ++asked;
  const html = await (await fragment(`/conversations/${conversation}/`)).text();
  if (mine !== asked || openId() !== conversation) return;
  const focused = document.activeElement?.id; // now: it may have moved meanwhile
  show(html);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

function show(html) {
  const known = openId();
  pane.dispatchEvent(new Event("leaving"));
  document.getElementById("panes").innerHTML = html;
  const conversation = openId();
  if (known && known !== conversation) unwatch(known);
  if (conversation && known !== conversation) watch(conversation);
  markOpen(conversation);
  pane.dispatchEvent(new Event("opened"));
}

/** What the page came with. */
export function start() {
  if (openId()) watch(openId());
  markOpen(openId());
  pane.dispatchEvent(new Event("opened"));
  history.replaceState({ conversation: openId() }, "");
}

/** Back to the list on a phone. */
export function close() {
  turnTo("list");
  document.querySelector(".row.is-open a")?.focus();
}

addEventListener("popstate", ({ state }) => {
  if (state?.conversation) open(state.conversation, { remember: false });
  else turnTo("list");
});
