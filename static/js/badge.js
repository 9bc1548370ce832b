// The title counts what is mine and overdue, not what is unread.

import { everyTick } from "./clock.js";

const plain = document.title;

everyTick(() => {
  const late = document.querySelectorAll(".row.is-mine wait-mark[look=late]").length;
  const title = late ? `(${late}) ${plain}` : plain;
  if (document.title !== title) document.title = title;
});
