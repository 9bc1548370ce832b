// The socket: a hint of what has changed. Every frame becomes an event on `frames`, under its type.

import { setNow } from "./clock.js";

const FIRST_MS = 400;
const LONGEST_MS = 10_000;
const SILENT_MS = 40_000; // the server pings every 15 s
const NOT_LOGGED_IN = 4401;

export const frames = new EventTarget();
const watched = new Set();
let socket = null;
let wait = FIRST_MS;
let timer = 0;
let silence = 0;

/** Start, and stay connected. */
export function connect() {
  clearTimeout(timer);
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const mine = new WebSocket(`${scheme}://${location.host}/ws/inbox/`);
  socket = mine;
  mine.addEventListener("message", ({ data }) => { if (mine === socket) hear(JSON.parse(data)); });
  mine.addEventListener("close", ({ code }) => { if (mine === socket) lost(code); });
  listenForSilence();
}

/** Hear the messages of a conversation. */
export function watch(conversation) {
  watched.add(conversation);
  say({ type: "watch", conversation });
}

/** No longer. */
export function unwatch(conversation) {
  watched.delete(conversation);
  say({ type: "unwatch", conversation });
}

function hear(frame) {
  listenForSilence();
  if (frame.type === "ping") say({ type: "pong" });
  if (frame.type === "ready") ready(frame);
  frames.dispatchEvent(new CustomEvent(frame.type, { detail: frame }));
}

function ready(frame) {
  wait = FIRST_MS;
  setNow(Date.parse(frame.now));
  watched.forEach((conversation) => say({ type: "watch", conversation }));
}

function say(frame) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
}

function lost(code) {
  clearTimeout(silence);
  socket = null;
  frames.dispatchEvent(new CustomEvent("cut", { detail: { code } }));
  if (code === NOT_LOGGED_IN) {
    document.dispatchEvent(new Event("signed-out"));
    return;
  }
  timer = setTimeout(connect, wait * (0.7 + 0.6 * Math.random()));
  wait = Math.min(wait * 2, LONGEST_MS);
}

/** A connection on which nothing is heard is none; its own end may take minutes to be told. */
function giveUp() {
  const dead = socket;
  if (!dead) return;
  lost(0);
  dead.close();
}

function listenForSilence() {
  clearTimeout(silence);
  silence = setTimeout(giveUp, SILENT_MS);
}

addEventListener("online", () => { if (!socket) connect(); });
addEventListener("offline", giveUp);
