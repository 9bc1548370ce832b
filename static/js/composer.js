// The composer: Enter sends, Shift+Enter breaks, a draft per conversation, and why nothing can be sent.

import { post } from "./api.js";
import { openId, pane, talk } from "./pane.js";
import { me } from "./page.js";
import * as outbox from "./outbox.js";
import * as picture from "./picture.js";
import { text } from "./texts.js";

const TYPING_EVERY_MS = 5000;
const $ = (id) => document.getElementById(id);
const key = (conversation) => `draft:${me}:${conversation}`;
let typedAt = 0;

const mode = () => $("box")?.dataset.mode;

function remember() {
  const conversation = openId();
  if (!$("words") || !conversation) return;
  const draft = { words: $("words").value, mode: mode() };
  try {
    if (draft.words) localStorage.setItem(key(conversation), JSON.stringify(draft));
    else localStorage.removeItem(key(conversation));
  } catch {
    // a browser that keeps nothing keeps no drafts
  }
}

function restore() {
  if (!$("words")) return;
  let draft = null;
  try {
    draft = JSON.parse(localStorage.getItem(key(openId())));
  } catch {
    // none
  }
  if (draft) {
    $("words").value = draft.words;
    if (draft.mode === "note") turn("note");
  }
  grow();
  look();
}

/** Reply or note. */
function turn(to) {
  if (!$("box") || $("note-mode").disabled) return;
  const field = $("words");
  field.dataset.replyPlaceholder ??= field.placeholder;
  $("box").dataset.mode = to;
  $("note-mode").setAttribute("aria-pressed", String(to === "note"));
  field.placeholder = to === "note" ? field.dataset.notePlaceholder : field.dataset.replyPlaceholder;
  look();
}

/** Switch between reply and note. */
export function toggleNote() {
  turn(mode() === "note" ? "reply" : "note");
  $("words")?.focus();
}

/** What can be sent now, and if nothing, what would change that. */
function look() {
  if (!$("box")) return;
  const note = mode() === "note";
  const stopped = note ? "" : talk().querySelector("quota-meter").stopped;
  $("stopped").textContent = stopped ? text(stopped) : "";
  $("stopped").hidden = !stopped;
  $("words").disabled = $("send").disabled = Boolean(stopped);
  $("send").firstChild.textContent = `${text(note ? "note" : "reply")} `;
  if ($("picture")) {
    $("picture").disabled = Boolean(stopped) || note;
    $("picture-tool").hidden = note;
  }
}

/** A server's refusal, beside what was refused. */
export function refuse(words) {
  if (!$("refused")) return;
  $("refused").textContent = words;
  $("refused").hidden = !words;
}

async function send() {
  const field = $("words");
  const words = field.value;
  const file = picture.taken();
  if (field.disabled || (!words.trim() && !file)) return;
  refuse("");
  field.value = "";
  remember();
  grow();
  if (mode() === "note") await outbox.note(openId(), words);
  else await outbox.reply(openId(), { words: words.trim() ? words : "", file });
}

/** What was refused goes back to where it was written. */
outbox.refused.addEventListener("refused", ({ detail: { conversation, words, message } }) => {
  if (conversation !== openId() || !$("words")) return;
  $("words").value = [words, $("words").value].filter(Boolean).join("\n");
  remember();
  grow();
  refuse(message);
  $("words").focus();
});

function grow() {
  if (CSS.supports("field-sizing", "content") || !$("words")) return;
  $("words").style.height = "auto";
  $("words").style.height = `${$("words").scrollHeight}px`;
}

function typing() {
  if (mode() !== "reply" || Date.now() - typedAt < TYPING_EVERY_MS) return;
  typedAt = Date.now();
  post(`conversations/${openId()}/typing/`, { on: true }).catch(() => {});
}

document.addEventListener("keydown", (event) => {
  if (event.target.id !== "words" || event.key !== "Enter" || event.shiftKey) return;
  if (event.isComposing || event.keyCode === 229) return; // the Enter that commits a word of an input method is not ours
  event.preventDefault();
  send();
});

document.addEventListener("compositionstart", ({ target }) => { if (target.id === "words") target.dataset.composing = "1"; });
document.addEventListener("compositionend", ({ target }) => { if (target.id === "words") delete target.dataset.composing; });

document.addEventListener("input", ({ target }) => {
  if (target.id !== "words") return;
  remember();
  grow();
  typing();
});

document.addEventListener("submit", (event) => {
  if (event.target.id !== "box") return;
  event.preventDefault();
  send();
});

document.addEventListener("quota", look);
pane.addEventListener("leaving", remember);
pane.addEventListener("opened", restore);
