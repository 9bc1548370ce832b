// The keyboard: one key, one act; nothing while somebody writes, unless Alt is held.

import { act, offered } from "./acts.js";
import * as rows from "./rows.js";
import { chooseNumber } from "./tabs.js";

const OFF = "keys-off";

function step(by) {
  const links = rows.visible().map((row) => row.querySelector("a"));
  const at = links.indexOf(document.activeElement.closest?.(".row")?.querySelector("a"));
  const opened = links.findIndex((link) => link.getAttribute("aria-current"));
  links[Math.max(0, Math.min(links.length - 1, (at < 0 ? opened : at) + by))]?.focus();
}

const pressed = (name) => () => { if (offered(name)) act(name, offered(name)); };

const KEYS = {
  a: () => act("accept", document.activeElement.closest?.(".row.can-accept")?.querySelector(".accept") ?? null),
  d: pressed("dismiss"),
  e: pressed("close"),
  t: pressed("transfer"),
  j: () => step(1),
  k: () => step(-1),
  r: () => document.getElementById("words")?.focus(),
  "?": () => act("help"),
  1: () => chooseNumber(1),
  2: () => chooseNumber(2),
  3: () => chooseNumber(3),
  4: () => chooseNumber(4),
};

const writes = (target) => target.closest?.("textarea, select, input:not([type=radio], [type=checkbox])");

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || document.querySelector("dialog[open]")) return;
  if (event.altKey) {
    if (event.code === "KeyN" && document.getElementById("note-mode")) {
      event.preventDefault();
      act("note-mode");
    }
    return;
  }
  if (event.key === "Escape" && writes(event.target)) event.target.blur();
  if (writes(event.target) || localStorage.getItem(OFF)) return;
  const does = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!does) return;
  event.preventDefault();
  does();
});

const choice = document.getElementById("keys-on");
choice.checked = !localStorage.getItem(OFF);
choice.addEventListener("change", () => (choice.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1")));
