// The job page's player: a comment can be pinned to the moment it shows, and a pinned one leads back there.
(() => {
  const video = () => document.querySelector("#player video");
  const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

  function pin() {
    const chip = document.querySelector("[data-pin]"), player = video();
    if (!chip) return;
    chip.hidden = !player;
    const box = chip.querySelector("input");
    if (!player || box.checked) return; // a ticked one stays where it was ticked
    box.value = player.currentTime.toFixed(2);
    chip.querySelector("span").textContent = clock(player.currentTime);
  }

  function seek(seconds) {
    const player = video();
    if (!player || !Number.isFinite(seconds)) return false;
    player.currentTime = seconds;
    player.scrollIntoView({ block: "nearest" });
    return true;
  }

  document.addEventListener("change", (event) => {
    const chip = event.target.closest("[data-pin]");
    chip?.classList.toggle("on", event.target.checked);
    pin();
  });
  // Media events do not bubble, but they can be caught on the way down.
  for (const name of ["timeupdate", "seeked", "loadedmetadata"]) document.addEventListener(name, pin, true);
  document.addEventListener("htmx:load", pin);
  pin();

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-seek]");
    if (link && seek(Number(link.dataset.seek))) event.preventDefault();
  });
  if (video()) seek(Number(new URLSearchParams(location.search).get("t") || NaN));
})();
