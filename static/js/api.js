// Calls to the server: the API that programs use, and fragments of HTML.

import { csrf } from "./page.js";
import { text } from "./texts.js";

/** What the server refused: `code` for us, `message` for people, `status` of HTTP. */
export class Refused extends Error {
  constructor(status, body) {
    super(typeof body.detail === "string" ? body.detail : text("trouble"));
    Object.assign(this, { status, code: body.code ?? "trouble", data: body });
  }
}

/** No answer came: it may or may not have been done. */
export class Away extends Error {
  constructor() {
    super(text("away"));
  }
}

/** Call the API; the parsed answer. Refused, Away. */
export async function call(method, path, body) {
  const headers = { Accept: "application/json", "X-CSRFToken": csrf };
  const form = body instanceof FormData;
  if (body !== undefined && !form) headers["Content-Type"] = "application/json";
  const answer = await reach(`/api/v1/${path}`, { method, headers, body: form || body === undefined ? body : JSON.stringify(body) });
  const found = await answer.json().catch(() => ({}));
  if (answer.status === 401) document.dispatchEvent(new Event("signed-out"));
  if (answer.status >= 500) throw new Away();
  if (!answer.ok) throw new Refused(answer.status, found);
  return answer.status === 204 ? null : found;
}

export const post = (path, body = {}) => call("POST", path, body);

/** A fragment of HTML as an answer. Refused, Away. */
export async function fragment(url, headers = {}) {
  const answer = await reach(url, { headers: { "X-Fragment": "1", ...headers }, cache: "no-store" });
  if (answer.redirected) {
    document.dispatchEvent(new Event("signed-out"));
    throw new Refused(401, { detail: text("signed-out") });
  }
  if (answer.status >= 500) throw new Away();
  if (!answer.ok && answer.status !== 304) throw new Refused(answer.status, {});
  return answer;
}

/** The elements of a fragment. */
export function elements(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  return [...template.content.children];
}

async function reach(url, options) {
  try {
    return await fetch(url, { credentials: "same-origin", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Away();
  }
}
