// Pictures open large.

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-picture]");
  if (!link || event.metaKey || event.ctrlKey) return;
  event.preventDefault();
  const dialog = document.getElementById("large");
  const image = dialog.querySelector("img");
  image.src = link.href;
  image.alt = link.querySelector("img").alt;
  dialog.showModal();
});
