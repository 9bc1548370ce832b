// A picture to be sent, from the file picker, the clipboard or dropped; shown before it leaves.

import { pane } from "./pane.js";
import { toast } from "./say.js";
import { text } from "./texts.js";

const LIMIT_BYTES = 10 * 1024 * 1024;
const KINDS = ["image/png", "image/jpeg", "image/gif", "image/bmp"];
let chosen = null;

/** The picture, which is no longer here then; null if there is none. */
export function taken() {
  const file = chosen;
  choose(null);
  return file;
}

/** Choose another one, or none. */
export function choose(file) {
  if (file && !KINDS.includes(file.type)) return toast(text("not-a-picture"));
  if (file && file.size > LIMIT_BYTES) return toast(text("too-big"));
  chosen = file;
  const place = document.getElementById("preview");
  if (!place) return undefined;
  place.hidden = !file;
  const image = place.querySelector("img");
  if (image.src) URL.revokeObjectURL(image.src);
  if (file) image.src = URL.createObjectURL(file);
  else image.removeAttribute("src");
  return undefined;
}

const canTake = () => document.getElementById("picture") && !document.getElementById("picture").disabled;

document.addEventListener("change", ({ target }) => {
  if (target.id !== "picture") return;
  choose(target.files[0] ?? null);
  target.value = "";
  document.getElementById("words").focus();
});

document.addEventListener("paste", (event) => {
  const file = [...(event.clipboardData?.files ?? [])].find((each) => each.type.startsWith("image/"));
  if (!file || !canTake()) return;
  event.preventDefault();
  choose(file);
});

for (const type of ["dragover", "drop"]) {
  document.addEventListener(type, (event) => {
    if (!event.target.closest("#talk") || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    if (type === "drop" && canTake()) choose(event.dataTransfer.files[0] ?? null);
  });
}

pane.addEventListener("leaving", () => choose(null));
