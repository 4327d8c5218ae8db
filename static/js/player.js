// The player of a clip's page: what is said can be pinned to the moment it shows, and what is pinned leads back there.
(() => {
  const video = () => document.querySelector("#player video");
  // With the tenth where there is one: 0:02.5
  function clock(seconds) {
    const tenths = Math.floor(seconds * 10 + 1e-6), rest = tenths % 600;
    return `${Math.floor(tenths / 600)}:${String(Math.floor(rest / 10)).padStart(2, "0")}${rest % 10 ? `.${rest % 10}` : ""}`;
  }

  function pin() {
    for (const chip of document.querySelectorAll("[data-pin]")) show(chip, video());
  }
  function show(chip, player) {
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
