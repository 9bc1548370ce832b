// Whether I am there: what I chose, and what the server knows of it.

import { call } from "./api.js";
import { me } from "./page.js";
import { toast } from "./say.js";
import { frames } from "./socket.js";
import { text } from "./texts.js";

const radios = () => [...document.querySelectorAll("#presence input")];

function show(state) {
  document.body.dataset.presence = state;
  for (const radio of radios()) radio.checked = radio.value === state;
  document.getElementById("offline-bar").hidden = state === "online" || !document.body.dataset.mayReply;
}

/** Be online, away or offline. */
export async function choose(state) {
  const before = document.body.dataset.presence;
  show(state);
  try {
    await call("PUT", "presence/", { state });
  } catch (error) {
    show(before);
    throw error;
  }
}

frames.addEventListener("presence", ({ detail: frame }) => {
  if (String(frame.user) !== me) return;
  if (frame.state === "offline" && document.body.dataset.presence !== "offline") toast(text("dropped-offline"));
  show(frame.state);
  document.getElementById("load-now").textContent = frame.held;
});

document.getElementById("presence").addEventListener("change", ({ target }) => {
  choose(target.value).catch((error) => toast(error.message));
});

show(document.body.dataset.presence);
