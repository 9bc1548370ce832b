// The words of the page's modules; templates/inbox/_texts.html has them in the reader's language.

const found = new Map();
for (const each of document.getElementById("texts")?.content.children ?? []) found.set(each.dataset.text, each.textContent);

/** The text with its {places} filled in. */
export function text(name, values = {}) {
  return (found.get(name) ?? name).replace(/\{(\w+)\}/g, (all, key) => values[key] ?? all);
}
