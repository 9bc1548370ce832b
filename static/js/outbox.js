// What is written leaves in order, one after the other, each under an id of its own: sent again it is the same message.

import { Away, call, fragment, post } from "./api.js";
import { openId } from "./pane.js";
import { toast } from "./say.js";
import * as stream from "./stream.js";
import { text } from "./texts.js";

const FETCH_AFTER_MS = 600; // the socket is usually faster
export const refused = new EventTarget();
let line = Promise.resolve();

/** Send text, a picture, or both (the picture first). */
export async function reply(conversation, { words = "", file = null }) {
  if (file) queue(conversation, { file });
  if (words) queue(conversation, { words });
  await line;
}

/** Save a note. */
export async function note(conversation, words) {
  try {
    await shown(await post(`conversations/${conversation}/notes/`, { text: words }), conversation);
  } catch (error) {
    giveBack(conversation, words, error.message);
  }
}

function queue(conversation, what) {
  const id = newId();
  const bubble = pending(id, what);
  stream.putPending(bubble);
  line = line.then(() => send(conversation, id, what, bubble));
}

async function send(conversation, id, what, bubble) {
  mark(bubble, text("sending"));
  try {
    await shown(await call("POST", `conversations/${conversation}/messages/`, body(id, what)), conversation);
  } catch (error) {
    if (error instanceof Away) unsent(conversation, id, what, bubble);
    else {
      bubble.remove();
      if (what.words) giveBack(conversation, what.words, error.message);
      else toast(error.message);
    }
  }
}

function body(id, { words, file }) {
  if (!file) return { type: "text", text: words, client_id: id };
  const form = new FormData();
  form.append("type", "image");
  form.append("client_id", id);
  form.append("file", file, file.name || "picture.png");
  return form;
}

/** It is ours to keep now: its fragment comes by the socket, or is fetched. */
async function shown(message, conversation) {
  await new Promise((resolve) => setTimeout(resolve, document.getElementById(`message-${message.id}`) ? 0 : FETCH_AFTER_MS));
  if (conversation !== openId() || document.getElementById(`message-${message.id}`)) return;
  const html = await (await fragment(`/messages/${message.id}/`)).text();
  if (conversation === openId()) stream.put(html);
}

/** The network is away: it stays here, and can be sent again without any harm. */
function unsent(conversation, id, what, bubble) {
  bubble.classList.add("is-unsent");
  mark(bubble, `${text("unsent")} `);
  const again = document.createElement("button");
  again.type = "button";
  again.textContent = text("again");
  again.addEventListener("click", () => {
    again.remove();
    bubble.classList.remove("is-unsent");
    line = line.then(() => send(conversation, id, what, bubble));
  });
  const acts = document.createElement("span");
  acts.className = "acts";
  acts.append(again);
  bubble.querySelector("small").append(acts);
}

function giveBack(conversation, words, message) {
  refused.dispatchEvent(new CustomEvent("refused", { detail: { conversation, words, message } }));
}

function pending(id, { words, file }) {
  const item = document.createElement("li");
  item.className = "msg msg-out msg-agent is-pending";
  item.dataset.clientId = id;
  const bubble = document.createElement("div");
  bubble.className = file ? "picture" : "bubble";
  if (file) {
    const image = document.createElement("img");
    image.src = URL.createObjectURL(file);
    image.alt = "";
    bubble.append(image);
  } else {
    bubble.style.whiteSpace = "pre-wrap";
    bubble.textContent = words;
  }
  item.append(bubble, document.createElement("small"));
  return item;
}

function mark(bubble, words) {
  bubble.querySelector("small").textContent = words;
}

/** A random id; over plain HTTP browsers have no randomUUID. */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
