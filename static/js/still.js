// A row under the pointer never jumps away, whatever happens around it.

const box = () => document.getElementById("rows");

/** Do `change`, and keep the row under the pointer where it is. */
export function keepStill(change) {
  const row = box().querySelector(".row:hover");
  const top = row?.getBoundingClientRect().top;
  change();
  if (!row?.isConnected || row.hidden) return;
  const moved = row.getBoundingClientRect().top - top;
  const scrolled = box().scrollTop;
  box().scrollTop += moved;
  const rest = moved - (box().scrollTop - scrolled);
  if (rest < 0) pad(-rest);
}

function pad(pixels) {
  const list = box().querySelector(".rows");
  const known = parseFloat(list.style.paddingTop) || 4;
  list.style.paddingTop = `${known + pixels}px`;
  box().addEventListener("pointerleave", () => { list.style.paddingTop = ""; }, { once: true });
}
