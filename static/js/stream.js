// The messages of the open conversation: in order, with day lines, staying at the end for whoever is there.

import { elements, fragment } from "./api.js";
import { now } from "./clock.js";
import { openId, pane, talk } from "./pane.js";
import { language, zone } from "./page.js";
import { text } from "./texts.js";

const NEAR_PX = 80;
const days = new Intl.DateTimeFormat("en-CA", { timeZone: zone, dateStyle: "short" });
const names = new Intl.DateTimeFormat(language, { timeZone: zone, month: "long", day: "numeric", weekday: "short" });
const stream = () => document.getElementById("stream");
const list = () => document.getElementById("messages");
let stuck = true;

/** Put messages in their places; one that is there is replaced, unless by an older state. */
export function put(html, revision = 0) {
  if (!list()) return;
  for (const message of elements(html)) place(message, revision);
  afterChange();
}

function place(message, revision) {
  const waiting = [...list().querySelectorAll(".is-pending")].find((each) => each.dataset.clientId === message.dataset.clientId);
  const known = document.getElementById(message.id);
  if (revision < Number(known?.dataset.revision ?? 0)) return;
  message.dataset.revision = revision;
  if (known) {
    known.replaceWith(message);
    waiting?.remove();
  } else {
    waiting?.remove();
    const after = [...list().querySelectorAll("[data-position]")].find((each) => Number(each.dataset.position) > Number(message.dataset.position));
    list().insertBefore(message, after ?? list().querySelector(".is-pending"));
  }
}

/** A message of mine that is on its way to us: shown at once, replaced by the real one. */
export function putPending(element) {
  list()?.append(element);
  stuck = true;
  afterChange();
}

/** Day lines anew, and the end in sight for whoever was there. */
export function afterChange() {
  drawDays();
  if (stuck) toEnd();
  else document.getElementById("to-end").hidden = isNearEnd();
}

/** A line before the first message of each day; lines that are right stay, so that nobody hears them again. */
function drawDays() {
  let last = "";
  for (const item of [...list().children]) {
    if (item.matches(".day") && item.nextElementSibling?.dataset.day !== item.dataset.of) item.remove();
    if (!item.dataset.day) continue;
    const before = item.previousElementSibling;
    const begins = item.dataset.day !== last;
    if (begins && before?.dataset.of !== item.dataset.day) item.before(dayLine(item.dataset));
    if (!begins && before?.matches(".day")) before.remove();
    last = item.dataset.day;
  }
}

function dayLine({ day, at }) {
  const line = document.createElement("li");
  line.className = "day";
  line.dataset.of = day;
  const today = days.format(now()), yesterday = days.format(now() - 86_400_000);
  line.textContent = day === today ? text("today") : day === yesterday ? text("yesterday") : names.format(Date.parse(at));
  return line;
}

const isNearEnd = () => stream().scrollHeight - stream().scrollTop - stream().clientHeight < NEAR_PX;

/** Go to the newest message. */
export function toEnd() {
  stuck = true;
  stream().scrollTop = stream().scrollHeight;
  document.getElementById("to-end").hidden = true;
}

/** Fetch what came before the first message, without moving what is being read. */
export async function older(button) {
  if (button.disabled) return;
  button.disabled = true;
  const conversation = openId();
  const first = list().querySelector("[data-position]");
  try {
    const answer = await fragment(`${button.dataset.url}?before=${first?.dataset.position ?? ""}`);
    const html = await answer.text();
    if (conversation !== openId()) return;
    const bottom = stream().scrollHeight - stream().scrollTop;
    list().prepend(...elements(html));
    drawDays();
    stream().scrollTop = stream().scrollHeight - bottom;
    button.closest("p").hidden = !answer.headers.get("X-Older");
  } finally {
    button.disabled = false;
  }
}

/** Fetch the last messages again: some may have been missed. */
export async function refresh() {
  const conversation = openId();
  if (!conversation) return;
  const answer = await fragment(`/conversations/${conversation}/messages/`);
  const html = await answer.text();
  if (conversation === openId()) put(html, Number(answer.headers.get("X-Revision")));
}

const grown = new ResizeObserver(() => { if (stuck && stream()) stream().scrollTop = stream().scrollHeight; });

pane.addEventListener("opened", () => {
  if (!list()) return;
  stuck = true;
  for (const message of list().children) message.dataset.revision = talk().dataset.revision;
  afterChange();
  grown.disconnect();
  grown.observe(list());
  stream().addEventListener("scroll", () => {
    stuck = isNearEnd();
    if (stuck) document.getElementById("to-end").hidden = true;
    const button = document.getElementById("older");
    if (stream().scrollTop < NEAR_PX && !button.closest("p").hidden && !stuck) older(button).catch(() => {});
  }, { passive: true });
});
