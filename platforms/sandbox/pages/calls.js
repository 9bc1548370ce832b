// The call log: one row a call, the newest first; a row opens to show what was said.

import { byId, clockTime, fill, h } from "./dom.js";

const NOTES = { "connection closed early": "连接提前关闭" };
const NAMES = {
  "/cgi-bin/stable_token": "取 token",
  "/cgi-bin/message/custom/send": "发送回复",
  "/cgi-bin/message/custom/typing": "正在输入",
  "/cgi-bin/media/upload": "上传图片",
  "/cgi-bin/media/get": "下载图片",
};

const KINDS = { text: "文字", image: "图片", miniprogrampage: "小程序卡片", link: "链接", event: "进入会话" };

/** Show `calls`; rows that are there already keep their element, open or not. `label` names a fault. */
export function showCalls(calls, label) {
  const list = byId("calls");
  const known = new Map([...list.children].map((row) => [row.dataset.key, row]));
  const rows = calls.map((call) => known.get(String(call.id)) ?? row(call, label));
  fill(list, rows.length ? rows : [h("li", { class: "none" }, "还没有调用")]);
}

function row(call, label) {
  const out = call.direction === "out";
  const { text, bad } = ending(call, out);
  return h("li", { "data-key": String(call.id) }, h("details", {},
    h("summary", {},
      h("time", {}, clockTime(new Date(call.at))),
      h("span", { class: "way" }, out ? "平台 → 商家" : "商家 → 平台"),
      h("span", { class: "what" }, out ? pushed(call) : called(call)),
      h("span", { class: bad ? "end bad" : "end good" }, `${text} · ${Math.round(call.duration_ms)} ms`),
      call.fault || call.note ? h("span", { class: "note" }, [...call.fault.split(",").map(label), NOTES[call.note] ?? call.note].filter(Boolean).join(" · ")) : null,
    ),
    h("dl", {}, ...told("地址", `${call.method} ${call.path}`), ...told("明文", call.opened), ...told("请求", call.request), ...told("应答", call.response)),
  ));
}

const told = (name, text) => (text ? [h("dt", {}, name), h("dd", {}, text)] : []);
const called = (call) => [NAMES[call.path.split("?")[0]] ?? call.path, said(call.request)].filter(Boolean).join("：");

function parsed(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

function said(text) {
  const message = parsed(text);
  return message.text?.content ?? message.command ?? KINDS[message.msgtype] ?? "";
}

function pushed(call) {
  if (call.method === "GET") return "验证回调地址";
  const event = parsed(call.opened);
  const kind = KINDS[event.MsgType] ?? "消息";
  return event.Content ? `推送${kind}：${event.Content}` : `推送${kind}`;
}

function ending(call, out) {
  if (call.status === null) return { text: "没有应答", bad: true };
  const errcode = out ? 0 : parsed(call.response).errcode ?? 0;
  const acknowledged = !out || call.method === "GET" || ["", "success"].includes(call.response.trim());
  return { text: errcode ? String(errcode) : String(call.status), bad: call.status !== 200 || errcode !== 0 || !acknowledged };
}
