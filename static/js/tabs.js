// Queue, mine, colleagues, ended: which part of the list is shown.

import { elements, fragment } from "./api.js";
import { settle, show } from "./rows.js";
import { toast } from "./say.js";

const tabs = () => [...document.querySelectorAll("[role=tab]")];

/** Show a part of the list. */
export function choose(name) {
  const chosen = tabs().find((tab) => tab.dataset.tab === name);
  if (!chosen) return;
  for (const tab of tabs()) {
    tab.setAttribute("aria-selected", String(tab === chosen));
    tab.tabIndex = tab === chosen ? 0 : -1;
  }
  const ended = name === "ended";
  document.getElementById("rows").hidden = ended;
  document.getElementById("ended").hidden = !ended;
  show(name);
  if (ended) loadEnded();
}

/** The tab with this number, from 1. */
export const chooseNumber = (number) => tabs()[number - 1] && choose(tabs()[number - 1].dataset.tab);

async function loadEnded() {
  const place = document.getElementById("ended");
  place.setAttribute("aria-busy", "true");
  try {
    place.innerHTML = await (await fragment("/conversations/ended/")).text();
  } catch (error) {
    toast(error.message);
  }
  place.removeAttribute("aria-busy");
  settle();
}

/** The next page of ended ones, in the place of its button. */
export async function moreEnded(button) {
  const rows = elements(await (await fragment(button.dataset.url)).text());
  button.closest("li").replaceWith(...rows);
  rows[0]?.querySelector("a")?.focus();
}

document.querySelector("[role=tablist]").addEventListener("click", (event) => {
  const tab = event.target.closest("[role=tab]");
  if (tab) choose(tab.dataset.tab);
});

document.querySelector("[role=tablist]").addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const at = tabs().indexOf(event.target.closest("[role=tab]"));
  const tab = tabs()[(at + step + tabs().length) % tabs().length];
  choose(tab.dataset.tab);
  tab.focus();
});
