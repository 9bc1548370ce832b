// The server's time, whatever this computer's clock says, and one timer for all that ticks.

const TICK_MS = 250;
const ticking = new Set();
let offset = 0;

/** The server said that it is `ms` now. */
export function setNow(ms) {
  if (Number.isFinite(ms)) offset = ms - Date.now();
}

/** Milliseconds since 1970, by the server's clock. */
export const now = () => Date.now() + offset;

/** Call `tick` some times a second; the answer stops it. */
export function everyTick(tick) {
  ticking.add(tick);
  return () => ticking.delete(tick);
}

/** "1:02:05" or "2:05" of a number of seconds. */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (!parts[0]) parts.shift();
  return parts.map((part, n) => (n ? String(part).padStart(2, "0") : String(part))).join(":");
}

setNow(Number(document.body.dataset.now) * 1000);
setInterval(() => ticking.forEach((tick) => tick()), TICK_MS);
