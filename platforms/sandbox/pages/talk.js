// The messages on the phone: the customer's on the right, the shop's on the left.

import { byId, fill, h } from "./dom.js";

const QUIET_MS = 5 * 60 * 1000;
const LINK = /<a\s[^>]*?href="(https?:[^"]*)"[^>]*>([^<]*)<\/a>/g;
const FATES = {
  pending: ["推送中…", ""],
  failed: ["推送失败，试了 3 次", "bad"],
  lost: ["推送丢失", "bad"],
  off: ["没有回调地址，未推送", "bad"],
};

let atEnd = true;

/** Keep the view at the end while it is there: when pictures load, and when the phone changes its size. */
export function startTalk() {
  const list = byId("messages");
  list.addEventListener("scroll", () => { atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60; });
  list.addEventListener("load", toEnd, { capture: true });
  new ResizeObserver(toEnd).observe(list);
}

function toEnd() {
  const list = byId("messages");
  if (atEnd) list.scrollTop = list.scrollHeight;
}

/** Show `messages`; what is there already keeps its element. */
export function showTalk(messages) {
  const list = byId("messages");
  const wanted = withTimes(messages.filter((message) => message.author !== "agent" || message.accepted));
  const known = new Map([...list.children].map((element) => [element.dataset.key, element]));
  fill(list, wanted.map((item) => became(known.get(item.key) ?? line(item), item.message)));
  toEnd();
}

function withTimes(messages) {
  const items = [];
  let last = 0;
  for (const message of messages) {
    const at = Date.parse(message.at);
    if (Math.abs(at - last) > QUIET_MS) items.push({ key: `time-${message.id}`, at });
    last = at;
    items.push({ key: String(message.id), message });
  }
  return items;
}

function line({ key, at, message }) {
  if (!message) return middle(key, new Date(at).toLocaleString("zh-CN", { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" }));
  if (message.author === "system") return middle(key, message.content.content);
  if (message.type === "enter") return middle(key, entered(message));
  const mine = message.author === "customer";
  return h("div", { class: mine ? "line mine" : "line", "data-key": key }, SHOWN[message.type](message.content));
}

const middle = (key, text) => h("div", { class: "line middle", "data-key": key }, text);

function entered(message) {
  const from = message.content.SessionFrom;
  return from ? `进入客服会话（${from}）` : "进入客服会话";
}

/** Say under a customer's line what became of it; `element` is given back. */
function became(element, message) {
  const [text = "", look] = FATES[message?.state] ?? [];
  const shown = element.querySelector(".fate");
  if ((shown?.textContent ?? "") === text) return element;
  shown?.remove();
  if (text) element.append(h("span", { class: `fate ${look}` }, text));
  return element;
}

const media = (id) => `/media/${encodeURIComponent(id)}`;

const SHOWN = {
  text: (content) => h("p", { class: "bubble" }, ...linked(content.Content ?? content.content)),
  image: (content) => picture(content.PicUrl || media(content.MediaId ?? content.media_id)),
  miniprogrampage: (content) => box(content.Title ?? content.title, content.ThumbUrl || thumb(content), content.PagePath ?? content.pagepath),
  link: (content) => linkBox(content),
};

function thumb(content) {
  const id = content.ThumbMediaId || content.thumb_media_id;
  return id ? media(id) : "";
}

const picture = (url) => h("img", { class: "picture", src: url, alt: "图片" });

function box(title, image, small) {
  return h("div", { class: "box" }, h("span", {}, title), image ? h("img", { src: image, alt: "" }) : null, h("small", {}, `小程序 · ${small}`));
}

function linkBox(content) {
  const safe = /^https?:/.test(content.url) ? { href: content.url, target: "_blank", rel: "noreferrer" } : {};
  return h("a", { class: "box", ...safe }, h("span", {}, content.title), h("small", {}, content.description || content.url));
}

/** Text with the links that the platform allows in it. */
function linked(text) {
  const parts = [];
  let end = 0;
  for (const found of text.matchAll(LINK)) {
    parts.push(text.slice(end, found.index), h("a", { href: found[1], target: "_blank", rel: "noreferrer" }, found[2]));
    end = found.index + found[0].length;
  }
  return [...parts, text.slice(end)];
}
