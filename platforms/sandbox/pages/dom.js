// Makes elements: text is always text, never markup.

/** An element of `tag` with properties and attributes, and children (strings become text; null is left out). */
export function h(tag, given = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name === "class") element.className = value;
    else if (name === "on") for (const [type, listener] of Object.entries(value)) element.addEventListener(type, listener);
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** The element with this id. */
export const byId = (id) => document.getElementById(id);

/** Make `elements` the children of `list`; those that stay are not touched, so they keep focus and scroll. */
export function fill(list, elements) {
  const wanted = new Set(elements);
  for (const child of [...list.childNodes]) if (!wanted.has(child)) child.remove();
  let place = list.firstChild;
  for (const element of elements) {
    if (element === place) place = place.nextSibling;
    else list.insertBefore(element, place);
  }
}

/** `seconds` as H:MM:SS, or M:SS under an hour. */
export function span(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const rest = `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
}

/** A time of day, with seconds. */
export const clockTime = (date) => date.toLocaleTimeString("zh-CN", { hour12: false });
