// The board is fetched again by htmx; here only what must be said when that fails.

const bar = document.getElementById("away-bar");

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  bar.hidden = detail.successful;
  if (detail.xhr?.responseURL.includes("/sign-in/")) location.reload();
});
document.addEventListener("htmx:sendError", () => { bar.hidden = false; });
