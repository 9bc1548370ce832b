// The owner who looks at a conversation has read it.

import { post } from "./api.js";
import { openId, pane, talk } from "./pane.js";
import { me } from "./page.js";
import { rowOf } from "./rows.js";

function mark() {
  if (!openId() || document.hidden || talk().dataset.assignee !== me) return;
  if (Number(rowOf(openId())?.dataset.unread ?? 0)) post(`conversations/${openId()}/read/`).catch(() => {});
}

pane.addEventListener("opened", mark);
document.addEventListener("message-shown", ({ detail }) => { if (detail.data?.author === "customer") setTimeout(mark, 300); });
document.addEventListener("visibilitychange", mark);
