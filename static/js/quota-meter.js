// <quota-meter left limit expires open>: how many replies the platform still takes, and for how long.

import { clock, everyTick, now } from "./clock.js";
import { text } from "./texts.js";

const LOW_LEFT = 1;
const LOW_MS = 60 * 60 * 1000;

export class QuotaMeter extends HTMLElement {
  static observedAttributes = ["left", "limit", "expires", "open"];

  connectedCallback() {
    this.innerHTML = '<span class="pips" aria-hidden="true"></span><span data-part="count"></span><span data-part="time" role="timer"></span>';
    this.stop = everyTick(() => this.tick());
    this.show();
  }

  disconnectedCallback() {
    this.stop?.();
  }

  attributeChangedCallback() {
    if (this.isConnected && this.firstChild) this.show();
  }

  get replies() {
    return this.milliseconds > 0 ? Math.max(0, Number(this.getAttribute("left"))) : 0;
  }

  get milliseconds() {
    const expires = Date.parse(this.getAttribute("expires"));
    return Number.isFinite(expires) && this.getAttribute("open") ? Math.max(0, expires - now()) : 0;
  }

  /** Why nothing can be sent; "" if something can. */
  get stopped() {
    if (this.replies > 0) return "";
    if (!this.getAttribute("expires")) return "never_wrote";
    return this.milliseconds > 0 ? "quota_exhausted" : "window_closed";
  }

  show() {
    const limit = Number(this.getAttribute("limit")), left = this.replies;
    const pips = Array.from({ length: limit }, (_, n) => {
      const pip = document.createElement("i");
      if (n >= left) pip.className = "used";
      return pip;
    });
    this.querySelector(".pips").replaceChildren(...pips);
    this.part("count", text("quota", { left, limit }));
    this.tick();
  }

  tick() {
    const ms = this.milliseconds;
    this.part("time", ms > 0 ? text("window", { time: clock(ms / 1000) }) : "");
    const low = this.replies <= LOW_LEFT || ms < LOW_MS;
    const look = this.stopped ? "none" : low ? "low" : "plenty";
    if (this.getAttribute("look") === look) return;
    this.setAttribute("look", look);
    this.dispatchEvent(new CustomEvent("quota", { bubbles: true }));
  }

  part(name, words) {
    const place = this.querySelector(`[data-part=${name}]`);
    if (place.textContent !== words) place.textContent = words;
  }
}

customElements.define("quota-meter", QuotaMeter);
