// Clips that are chosen to be compared: kept in this tab until they are, told in a bar, marked on their cards.
(() => {
  const bar = document.getElementById("chosen"), KEPT = "compare", MOST = 4;
  if (!bar) return;
  const said = bar.querySelector("strong"), link = bar.querySelector("a");
  let keys = [];

  function read() {
    try {
      const kept = JSON.parse(sessionStorage.getItem(KEPT));
      if (Array.isArray(kept)) keys = kept.map(String).slice(0, MOST);
    } catch {
      // Without storage the choice holds for this page.
    }
  }
  function keep(chosen) {
    keys = chosen;
    try {
      sessionStorage.setItem(KEPT, JSON.stringify(keys));
    } catch {
      // Then it holds for this page only.
    }
    show();
  }

  function show() {
    bar.hidden = !keys.length;
    said.textContent = keys.length ? wording.counted("chosen", keys.length) : "";
    link.hidden = keys.length < 2;
    link.href = `${bar.dataset.compare}?${new URLSearchParams(keys.map((key) => ["job", key]))}`;
    for (const card of document.querySelectorAll(".card-job[data-key]")) card.classList.toggle("picked", keys.includes(card.dataset.key));
    for (const button of document.querySelectorAll("[data-choose]")) button.toggleAttribute("data-on", keys.includes(button.dataset.choose));
  }

  function toggle(key) {
    if (keys.includes(key)) keep(keys.filter((one) => one !== key));
    else if (keys.length < MOST) keep([...keys, key]);
    else document.dispatchEvent(new CustomEvent("say", { detail: { value: wording("chosen-full") } }));
  }

  document.addEventListener("choose-clip", (event) => toggle(event.detail));
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-choose]");
    if (button) {
      button.closest("[popover]")?.hidePopover();
      toggle(button.dataset.choose);
    } else if (event.target.closest("#choose-none")) {
      keep([]);
      document.getElementById("main").focus(); // the bar is gone, and the focus with it
    }
  });
  document.addEventListener("htmx:load", show);
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) read();
    show();
  });
  if (document.getElementById("compare")) keep([]); // they stand side by side; the address names them
  else read();
  show();
})();
