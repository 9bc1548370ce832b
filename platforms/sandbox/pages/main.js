// The phone page: who it is, what is said, and keeping up with the twin.

import * as api from "./api.js";
import { showCalls } from "./calls.js";
import { byId, h } from "./dom.js";
import { faultLabel, showPlatform, startPlatform } from "./platform.js";
import { showTalk, startTalk } from "./talk.js";

const PAUSE_MS = 120;
const RETRY_MS = 1000;
const NAMES = ["小林", "阿青", "周周", "Momo", "陈先生", "李女士", "豆豆妈", "老王"];

const context = { appId: "", openid: "" };
let listening = new AbortController();

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function problem(error) {
  const place = byId("problem");
  place.textContent = error.message;
  place.hidden = false;
  setTimeout(() => { place.hidden = true; }, 5000);
}

/** Show another phone, and say so in the address. */
function choose(appId, openid) {
  Object.assign(context, { appId, openid });
  const path = ["/phone", appId, openid].filter(Boolean).map((part, n) => (n ? encodeURIComponent(part) : part)).join("/");
  history.replaceState(null, "", path);
  listening.abort();
  listening = new AbortController();
  keepUp(listening.signal);
}

async function keepUp(signal) {
  let revision = "";
  while (!signal.aborted) {
    try {
      const data = await api.phone(context.appId, context.openid, revision, signal);
      byId("lost").hidden = true;
      if (signal.aborted) return;
      if (!context.openid && data.customers.length) return choose(context.appId, data.customers[0].openid);
      show(data);
      revision = data.revision;
      await wait(PAUSE_MS);
    } catch {
      if (signal.aborted) return;
      byId("lost").hidden = false;
      await wait(RETRY_MS);
    }
  }
}

function show(data) {
  showOptions(byId("app"), data.apps.map((app) => [app.app_id, app.name]), context.appId);
  byId("app-name").textContent = data.app.name;
  byId("typing").textContent = data.typing ? "对方正在输入…" : "";
  showOptions(byId("customer"), data.customers.map(({ openid, name }) => [openid, name || openid]), context.openid);
  byId("composer").inert = !context.openid;
  showTalk(data.messages);
  showPlatform(data);
  showCalls(data.calls, faultLabel);
}

/** Fill a select, unless it shows the same already: an open one would close. */
function showOptions(select, options, value) {
  const key = JSON.stringify(options);
  if (select.dataset.key !== key) {
    select.dataset.key = key;
    select.replaceChildren(...options.map(([name, text]) => h("option", { value: name }, text)));
  }
  if (select.value !== value) select.value = value;
}

const act = (action) => api.act(context.appId, context.openid, action).catch(problem);

async function say() {
  const input = byId("input");
  const text = input.value;
  if (!text.trim()) return;
  input.value = "";
  try {
    await api.act(context.appId, context.openid, { action: "text", text });
  } catch (error) {
    input.value = text;
    problem(error);
  }
}

async function sendImage(file) {
  toggleTray(false);
  const { media_id: id } = await api.upload(context.appId, file);
  await api.act(context.appId, context.openid, { action: "image", media_id: id });
}

/** Open a dialog; what was filled in, or null if it was given up. */
function ask(id) {
  const dialog = byId(id);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue ? Object.fromEntries(new FormData(dialog.querySelector("form"))) : null);
    }, { once: true });
  });
}

async function addCustomer() {
  byId("customer-dialog").querySelector("input").value = NAMES[Math.floor(Math.random() * NAMES.length)];
  const found = await ask("customer-dialog");
  if (!found) return;
  const { openid } = await api.addCustomer(context.appId, found.name);
  choose(context.appId, openid);
  byId("input").focus();
}

async function openDialog(name) {
  const found = await ask(name);
  if (!found) return;
  toggleTray(false);
  act({ action: name, ...found });
}

function toggleTray(open) {
  byId("tray").hidden = !open;
  byId("more").setAttribute("aria-expanded", String(open));
}

function showView(name) {
  document.body.dataset.view = name;
  for (const button of document.querySelectorAll("[data-show]")) button.setAttribute("aria-pressed", String(button.dataset.show === name));
}

function listen() {
  startTalk();
  byId("composer").addEventListener("submit", (event) => { event.preventDefault(); say(); });
  byId("input").addEventListener("keydown", (event) => {
    // The Enter that commits a word of an input method is not ours.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    say();
  });
  byId("more").addEventListener("click", () => toggleTray(byId("tray").hidden));
  byId("image").addEventListener("change", (event) => {
    const [file] = event.target.files;
    event.target.value = "";
    if (file) sendImage(file).catch(problem);
  });
  byId("app").addEventListener("change", (event) => choose(event.target.value, ""));
  byId("customer").addEventListener("change", (event) => choose(context.appId, event.target.value));
  byId("new-customer").addEventListener("click", () => addCustomer().catch(problem));
  document.addEventListener("click", (event) => {
    const { dialog, show: view } = event.target.closest("button")?.dataset ?? {};
    if (dialog) openDialog(dialog);
    if (view) showView(view);
  });
}

/** Wait until an app is registered, then show the phone that the address names. */
async function start() {
  listen();
  let apps = [];
  while (!apps.length) {
    apps = await api.listApps().catch(() => []);
    byId("empty").hidden = apps.length > 0;
    if (!apps.length) await wait(RETRY_MS);
  }
  await startPlatform(() => context, problem);
  const [, , wantedApp, wantedCustomer = ""] = location.pathname.split("/").map(decodeURIComponent);
  const known = apps.some((each) => each.app_id === wantedApp);
  byId("desk").hidden = false;
  choose(known ? wantedApp : apps[0].app_id, known ? wantedCustomer : "");
}

start();
