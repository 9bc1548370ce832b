// What buttons (and their keys) do: each [data-act] by its name.

import { fragment, post } from "./api.js";
import * as composer from "./composer.js";
import * as pane from "./pane.js";
import * as picture from "./picture.js";
import * as presence from "./presence.js";
import * as rows from "./rows.js";
import { ask, sure, toast } from "./say.js";
import * as stream from "./stream.js";
import { moreEnded } from "./tabs.js";
import { text } from "./texts.js";

const path = (end) => `conversations/${pane.openId()}/${end}/`;

/** Accept the conversation of this row, or the open one, or else the most urgent one. */
async function accept(button) {
  const row = button?.closest(".row");
  const waiting = pane.talk().dataset.status === "queued" ? pane.openId() : 0;
  const wanted = row ? Number(row.dataset.conversation) : waiting;
  try {
    const taken = wanted ? await post(`conversations/${wanted}/accept/`) : await post("conversations/accept-next/");
    if (!taken) return toast(text("nothing-to-accept"));
    await pane.open(taken.id);
  } catch (error) {
    if (error.code === "already_taken") rows.drop(wanted, { by: error.data.name ?? error.data.by });
    if (error.code === "already_taken" && wanted === pane.openId()) pane.reload();
    throw error;
  }
  return undefined;
}

async function close() {
  const waits = pane.talk().dataset.waiting;
  if (waits && !(await sure(text("sure-close"), text("sure-close-text")))) return;
  await post(path("close"));
  toast(text("closed"));
  focusNext();
}

/** After one is done: the next of mine, without opening it. */
function focusNext() {
  const row = rows.visible().find((each) => !each.classList.contains("is-open"));
  row?.querySelector("a").focus();
}

async function dismiss() {
  await post(path("dismiss"));
}

async function transfer() {
  const dialog = document.getElementById("transfer");
  const place = dialog.querySelector("#transfer-to");
  place.innerHTML = await (await fragment(`/conversations/${pane.openId()}/colleagues/`)).text();
  dialog.querySelector("#transfer-note").value = "";
  const conversation = pane.openId();
  if ((await ask(dialog)) !== "ok" || !place.value) return;
  const chosen = place.selectedOptions[0].dataset;
  const to = chosen.group ? { to_group: chosen.group } : { to_agent: chosen.agent };
  await post(`conversations/${conversation}/transfer/`, { ...to, note: dialog.querySelector("#transfer-note").value });
  toast(text("transferred"));
}

const messageOf = (button) => button.closest("[data-message]").dataset.message;

async function retryUnknown(button) {
  if (await sure(text("sure-retry"), text("sure-retry-text"))) await post(`messages/${messageOf(button)}/retry/`, { confirmed: true });
}

const ACTS = {
  accept,
  close,
  dismiss,
  transfer,
  retry: (button) => post(`messages/${messageOf(button)}/retry/`),
  "retry-unknown": retryUnknown,
  resolve: (button) => post(`messages/${messageOf(button)}/resolve/`, { as: button.dataset.as }),
  presence: (button) => presence.choose(button.dataset.state),
  older: stream.older,
  "to-end": stream.toEnd,
  "more-ended": moreEnded,
  "note-mode": composer.toggleNote,
  "drop-picture": () => picture.choose(null),
  back: pane.close,
  side: () => pane.turnTo("side"),
  talk: () => pane.turnTo("talk"),
  help: () => ask(document.getElementById("keys")),
};

/** Do what `name` says, and tell if it was refused. */
export async function act(name, button = null) {
  if (button?.disabled) return;
  try {
    if (button?.isConnected) button.disabled = true;
    await ACTS[name](button);
  } catch (error) {
    toast(error.message);
  } finally {
    if (button) button.disabled = false;
  }
}

/** The button of the open conversation that does `name`, if it offers one. */
export const offered = (name) => document.querySelector(`#talk [data-act="${name}"]:not([hidden])`);

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  if (button) {
    event.preventDefault();
    act(button.dataset.act, button);
    return;
  }
  const link = event.target.closest("a[data-open]");
  if (link && !event.metaKey && !event.ctrlKey && !event.shiftKey && event.button === 0) {
    event.preventDefault();
    pane.open(Number(link.dataset.open)).catch((error) => toast(error.message));
  }
});

