// The platform's side: what it still takes, its clock, and its faults.

import * as api from "./api.js";
import { byId, clockTime, h, span } from "./dom.js";

const GROUPS = [
  ["send", "回复接口 custom/send"],
  ["token", "取 token"],
  ["media_upload", "上传图片"],
  ["push", "推送给商家"],
];
const ALSO = { token: ["http_500", "busy", "timeout_before"], media_upload: ["http_500", "busy", "timeout_before"] };

let state = null;
let skew = 0; // the platform's clock less this browser's, in milliseconds
let labels = {};

/** What a fault is called. */
export const faultLabel = (kind) => labels[kind] ?? kind;

/** Show what the twin said of the platform. */
export function showPlatform(data) {
  state = data;
  skew = Date.parse(data.clock.now) - Date.now();
  byId("hook").textContent = data.app.hook_url ? `${data.app.hook_url}（${MODES[data.app.push_mode]}，${data.app.push_format.toUpperCase()}）` : "还没有回调地址";
  byId("handshake").hidden = !data.app.hook_url;
  byId("clear-faults").hidden = data.faults.length < 2;
  showArmed(data);
  tick();
}

const MODES = { plain: "明文", compatible: "兼容", secure: "安全模式" };

/** Keep the clock and the deadline going. */
export function tick() {
  if (!state) return;
  const now = Date.now() + skew;
  const offset = state.clock.offset_seconds;
  byId("now").textContent = new Date(now).toLocaleDateString("zh-CN") + " " + clockTime(new Date(now));
  byId("offset").textContent = offset ? `比现在${offset > 0 ? "快" : "慢"} ${span(Math.abs(offset))}` : "";
  byId("clock-back").hidden = !offset;
  showQuota(state.quota, now);
}

function showQuota(quota, now) {
  const seconds = quota.until ? (Date.parse(quota.until) - now) / 1000 : 0;
  const left = seconds > 0 ? quota.left : 0;
  byId("pips").replaceChildren(...[0, 1, 2, 3, 4].map((n) => h("i", n < left ? { class: "on" } : {})));
  if (seconds <= 0) byId("quota").textContent = "0 条，顾客发言后才能回复";
  else if (!left) byId("quota").textContent = "0 条，5 条已用完";
  else byId("quota").textContent = `${left} 条，还剩 ${span(seconds)}`;
}

function showArmed(data) {
  const key = JSON.stringify(data.faults);
  if (byId("armed").dataset.key === key) return;
  byId("armed").dataset.key = key;
  byId("armed").replaceChildren(...data.faults.map((fault) => h("li", {},
    `${where(fault.on)}${faultLabel(fault.kind)} · ${howLong(fault)}`,
    h("button", { type: "button", "data-disarm": fault.id, "aria-label": `清除 ${faultLabel(fault.kind)}` }, "×"),
  )));
}

const where = (on) => ({ token: "取 token：", media_upload: "上传：" })[on] ?? "";

function howLong(fault) {
  if (fault.times !== null) return `${fault.times} 次`;
  return fault.seconds_left === null ? "直到清除" : `${Math.round(fault.seconds_left)} 秒`;
}

/** Fill the panel with what can go wrong, and listen to it; `context` gives the app, `problem` shows an error. */
export async function startPlatform(context, problem) {
  const kinds = await api.faultKinds();
  labels = Object.fromEntries(Object.entries(kinds).map(([name, kind]) => [name, kind.label]));
  byId("fault-kinds").replaceChildren(...GROUPS.map(([on, title]) => group(on, title, kinds)));
  document.querySelector('[data-panel="platform"]').addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const done = button && pressed(button, context().appId);
    done?.catch(problem);
  });
  setInterval(tick, 1000);
}

function group(on, title, kinds) {
  const names = Object.keys(kinds).filter((name) => kinds[name].on.includes(on) && (!ALSO[on] || ALSO[on].includes(name)));
  const text = (name) => (on in ALSO ? kinds[name].label.replace("，消息未收下", "") : kinds[name].label);
  const buttons = names.map((name) => h("button", { type: "button", "data-arm": name, "data-on": on }, text(name)));
  return h("div", { class: "group", role: "group", "aria-label": title }, h("h3", {}, title), h("div", { class: "row" }, ...buttons));
}

function pressed(button, appId) {
  const { arm, on, disarm, advance } = button.dataset;
  if (arm) return api.arm(appId, { kind: arm, on, ...JSON.parse(byId("lasting").value) });
  if (disarm) return api.disarm(appId, disarm);
  if (advance) return api.moveClock(appId, advance === "0" ? { offset_seconds: 0 } : { advance_seconds: Number(advance) });
  if (button.id === "clear-faults") return api.disarm(appId);
  return button.id === "handshake" ? checkHook(appId) : null;
}

async function checkHook(appId) {
  const result = byId("handshake-result");
  result.textContent = "…";
  const found = await api.shakeHands(appId);
  result.className = found.ok ? "good" : "bad";
  result.textContent = found.ok ? "通过" : `未通过：${found.status ?? "没有应答"} ${found.note}`;
}
