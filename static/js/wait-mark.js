// <wait-mark since="…" due="…">: a ring that empties until `due`, then a badge that counts on. Knows no rule of the trade.

import { clock, everyTick, now } from "./clock.js";
import { text } from "./texts.js";

const SOON = 1 / 3; // of the time allowed

class WaitMark extends HTMLElement {
  static observedAttributes = ["since", "due"];

  connectedCallback() {
    this.stop = everyTick(() => this.show());
    this.setAttribute("role", "img");
    this.show();
  }

  disconnectedCallback() {
    this.stop?.();
  }

  attributeChangedCallback() {
    if (this.isConnected) this.show();
  }

  show() {
    const since = Date.parse(this.getAttribute("since")), due = Date.parse(this.getAttribute("due"));
    if (!Number.isFinite(since) || !Number.isFinite(due)) {
      this.removeAttribute("look");
      return;
    }
    const left = (due - now()) / 1000, allowed = (due - since) / 1000;
    if (left > 0) this.countDown(left, allowed);
    else this.countUp(-left);
  }

  countDown(left, allowed) {
    const seconds = Math.ceil(left);
    this.style.setProperty("--left", String(Math.min(100, (100 * left) / allowed)));
    this.say(left > allowed * SOON ? "calm" : "soon", String(seconds), text("seconds-left", { seconds }));
  }

  countUp(over) {
    const time = over < 60 ? text("seconds", { seconds: Math.floor(over) }) : clock(over);
    this.say("late", text("over", { time }), text("over-long", { time }));
  }

  say(look, words, label) {
    if (this.textContent !== words) {
      this.textContent = words;
      this.setAttribute("aria-label", label);
    }
    if (this.getAttribute("look") !== look) this.setAttribute("look", look);
  }
}

customElements.define("wait-mark", WaitMark);
