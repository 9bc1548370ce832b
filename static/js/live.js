// Keeping up: frames as they come, and everything anew after a gap, a reconnect, and every 20 seconds.

import { elements, fragment } from "./api.js";
import { now } from "./clock.js";
import { openId, reload, talk } from "./pane.js";
import { language, zone } from "./page.js";
import * as rows from "./rows.js";
import { announce } from "./say.js";
import { connect, frames } from "./socket.js";
import * as stream from "./stream.js";
import { text } from "./texts.js";

const EVERY_MS = 20_000;
const SETTLE_MS = 250;
const GRACE_MS = 1500; // a cut that heals at once is not worth a word
const time = new Intl.DateTimeFormat(language, { timeZone: zone, timeStyle: "medium", hourCycle: "h23" });
let tag = "";
let cutAt = 0;
let catchUp = 0;

/** A frame about a conversation's row: the whole row as it is now. */
function rowChanged({ detail: frame }) {
  rows.put(frame.html, { isNews: true });
  const [row] = elements(frame.html);
  if (frame.conversation === openId()) adopt(row.dataset, frame.revision);
}

/** The open conversation follows its row: its clock and quota at once, its pane anew when it is another's. */
export function adopt(data, revision) {
  const { dataset } = talk();
  if (revision < Number(dataset.revision)) return;
  if (revision > Number(dataset.revision) + 1) missedSome();
  const moved = data.status !== dataset.status || data.assignee !== dataset.assignee;
  dataset.revision = revision;
  const mark = document.getElementById("talk-wait");
  mark.setAttribute("since", data.since ?? "");
  mark.setAttribute("due", data.due ?? "");
  for (const button of talk().querySelectorAll("[data-act=dismiss]")) button.hidden = !data.since;
  dataset.waiting = data.since ? "1" : "";
  const meter = talk().querySelector("quota-meter");
  for (const name of ["left", "limit", "expires", "open"]) meter?.setAttribute(name, data[`quota${name[0].toUpperCase()}${name.slice(1)}`] ?? "");
  if (moved) reload().catch(() => {});
}

function taken({ detail: frame }) {
  const row = rows.rowOf(frame.conversation);
  const mine = frame.by === document.body.dataset.username;
  if (!mine && row && rows.partOf(row) === "queue" && Number(row.dataset.revision) < frame.revision) rows.drop(frame.conversation, { at: frame.revision, by: frame.name });
  if (frame.conversation === openId() && talk().dataset.status === "queued") reload().catch(() => {});
}

function left({ detail: frame }) {
  const row = rows.rowOf(frame.conversation);
  if (!row || Number(row.dataset.revision) >= frame.revision) return;
  if (rows.partOf(row) === "mine" && frame.conversation !== openId()) announce(text("left", { customer: row.dataset.customer }));
  rows.drop(frame.conversation, { at: frame.revision });
  if (frame.conversation === openId()) reload().catch(() => {});
}

function message({ detail: frame }) {
  if (frame.conversation !== openId()) return;
  if (frame.revision > Number(talk().dataset.revision) + 1) missedSome();
  stream.put(frame.html, frame.revision);
  document.dispatchEvent(new CustomEvent("message-shown", { detail: frame }));
}

/** Soon, and once for many gaps. */
function missedSome() {
  clearTimeout(catchUp);
  catchUp = setTimeout(() => stream.refresh().catch(() => {}), SETTLE_MS);
}

/** Fetch the list unless it is as we know it. */
async function refreshList() {
  const asked = now();
  const answer = await fragment("/conversations/live/", tag ? { "If-None-Match": tag } : {});
  if (answer.status === 304) return;
  tag = answer.headers.get("ETag") ?? "";
  rows.replaceAll(await answer.text(), asked);
}

/** Everything that is shown, anew. */
export async function refresh() {
  tag = "";
  await Promise.all([refreshList(), openId() ? reload() : null]);
  synced();
}

function synced() {
  document.getElementById("light").dataset.light = "on";
  document.getElementById("synced").textContent = text("synced", { time: time.format(now()) });
  document.getElementById("away-bar").hidden = true;
  cutAt = 0;
}

function cut() {
  cutAt ||= Date.now();
  document.getElementById("light").dataset.light = "cut";
  document.getElementById("synced").textContent = text("connecting");
  setTimeout(sayCut, GRACE_MS);
}

function sayCut() {
  if (!cutAt || Date.now() - cutAt < GRACE_MS) return;
  const bar = document.getElementById("away-bar");
  bar.textContent = text("cut");
  bar.hidden = false;
}

async function poll() {
  try {
    await refreshList();
    if (!cutAt) synced();
  } catch {
    // the socket's light tells
  }
}

/** Connect, and keep up. */
export function start() {
  for (const type of ["queued", "changed"]) frames.addEventListener(type, rowChanged);
  frames.addEventListener("taken", taken);
  frames.addEventListener("left", left);
  frames.addEventListener("message", message);
  for (const type of ["ready", "resync"]) frames.addEventListener(type, () => refresh().catch(cut));
  frames.addEventListener("cut", cut);
  document.addEventListener("signed-out", () => {
    const bar = document.getElementById("away-bar");
    bar.textContent = text("signed-out");
    bar.hidden = false;
    cutAt = 0;
  });
  setInterval(poll, EVERY_MS);
  connect();
}

