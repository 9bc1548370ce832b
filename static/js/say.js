// Telling people: a line for a moment, and the live region for those who listen.

const SHOWN_MS = 4000;

/** Show a line for a moment; screen readers hear it too. */
export function toast(words) {
  const line = document.createElement("p");
  line.className = "toast";
  line.textContent = words;
  document.getElementById("toasts").append(line);
  announce(words);
  setTimeout(() => line.remove(), SHOWN_MS);
}

/** For screen readers only. */
export function announce(words) {
  const region = document.getElementById("announcer");
  region.textContent = region.textContent === words ? `${words}\u00a0` : words;
}

/** Ask; true if the answer is yes. */
export function sure(title, words) {
  const dialog = document.getElementById("sure");
  dialog.querySelector("#sure-title").textContent = title;
  dialog.querySelector("#sure-text").textContent = words;
  return ask(dialog).then((answer) => answer === "ok");
}

/** Open a dialog; its answer, "" if it was given up. */
export function ask(dialog) {
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true }));
}
