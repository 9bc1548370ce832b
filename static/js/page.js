// What the page was told about itself when it was made.

const facts = document.body.dataset;
const allowed = new Set(facts.mayReply?.split(",").filter(Boolean));
const groups = new Set(facts.groups?.split(",").filter(Boolean));

export const me = facts.me;
export const supervises = Boolean(facts.supervises);
export const csrf = facts.csrf;
export const zone = facts.zone;
export const language = document.documentElement.lang;

/** Whether I may reply on an account, and to what was given to a group. */
export const mayReply = (account, group) => allowed.has(account) && (!group || groups.has(group));
