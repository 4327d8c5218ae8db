// Single keys, as the sheet of keys lists them: never while somebody types, never with Ctrl, Alt or Cmd, never while a
// sheet or a menu is open. Whoever wants none switches them off, which this browser keeps.
(() => {
  const sheet = document.getElementById("keys"), wanted = document.getElementById("keys-on");
  if (!sheet) return;
  const LISTED = ".card-job, .asked, .picks tr[data-key]", TYPING = "input:not(.select), textarea, select, [contenteditable]";
  const find = (selector, within = document) => within?.querySelector(selector);

  function isOn() {
    try {
      return localStorage.getItem("keys") !== "off";
    } catch {
      return wanted.checked; // Without storage it holds for this page.
    }
  }
  wanted.checked = isOn();
  wanted.addEventListener("change", () => {
    try {
      localStorage.setItem("keys", wanted.checked ? "on" : "off");
    } catch {
      // Then it holds for this page only.
    }
  });

  // --- the sheet: exactly what works here and now ---
  function list() {
    for (const row of sheet.querySelectorAll("[data-when]")) row.hidden = !find(row.dataset.when);
    sheet.togglePopover();
    if (sheet.matches(":popover-open")) find("h2", sheet).focus();
    return true;
  }
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-open-keys]")) return;
    document.getElementById("account").hidePopover();
    list();
  });

  // --- the row or card that has the focus; on a job's page the job ---
  const held = () => document.activeElement?.closest(LISTED) || find('.picks tr[data-key]:has([aria-current="true"])'); // in the drawer
  const here = () => held() || find("#job-body, .to-review");

  function go(next) {
    const named = find(".prompt, .clamp3, .c-job a", next) || find(".select", next); // a private row is not named
    named?.focus({ preventScroll: true });
    next?.scrollIntoView({ block: "nearest" });
    return next;
  }
  function step(by) {
    const all = [...document.querySelectorAll(LISTED)];
    return go(all[Math.min(Math.max(all.indexOf(held()) + by, 0), all.length - 1)]);
  }

  // --- the grid: arrows go from a card to the one beside, above or below it; at the edge they are the page's ---
  const inGrid = () => held()?.closest(".feed.picks");
  const edges = (card) => card.getBoundingClientRect();
  const middle = (card) => edges(card).left + edges(card).width / 2;

  function beside(by) {
    const grid = inGrid();
    if (!grid) return null;
    const all = [...grid.querySelectorAll(".card-job")], on = getComputedStyle(grid).direction === "rtl" ? -by : by;
    return go(all[all.indexOf(held()) + on]);
  }
  function row(by) {
    const grid = inGrid();
    if (!grid) return null;
    const here = held(), top = (card) => Math.round(edges(card).top), from = top(here);
    const beyond = [...grid.querySelectorAll(".card-job")].filter((card) => (top(card) - from) * by > 1);
    const next = Math.min(...beyond.map((card) => (top(card) - from) * by));
    const line = beyond.filter((card) => (top(card) - from) * by === next);
    const away = (card) => Math.abs(middle(card) - middle(here));
    return go(line.sort((one, other) => away(one) - away(other))[0]);
  }
  // What is chosen goes to the trash; where nothing is, the card at hand.
  function toTrash() {
    const button = find("#bulk [value=trash]");
    if (!button || (!find(".select:checked") && !click(".select", held()))) return null;
    button.click();
    return button;
  }
  function click(selector, within) {
    const control = find(selector, within);
    control?.click();
    return control;
  }
  function write(area) {
    area?.focus();
    return area;
  }
  function play() {
    const place = here(), player = find("#player video", place);
    if (player) player.paused ? player.play().catch(() => {}) : player.pause();
    else place?.dispatchEvent(new CustomEvent("play-clip", { bubbles: true })); // hover.js plays on cards
    return place;
  }

  function choose() {
    const button = find("[data-choose]", here()), key = here()?.dataset.key;
    const clip = button || find("[data-clip]", here());
    if (clip && key) document.dispatchEvent(new CustomEvent("choose-clip", { detail: key })); // choose.js keeps it
    return clip;
  }

  const judge = (verdict) => click(`.to-review [name=verdict][value=${verdict}]`);

  const ACTS = {
    "?": list,
    "/": () => write(find("main [type=search]") || find("#id_text")),
    n: () => find("#key-new") && (write(find("#id_text")) || click("#key-new")),
    j: () => step(1),
    k: () => step(-1),
    f: () => click(".favourite button", here()),
    r: () => click('a[id$="reuse"], .asked .acts a', here()),
    p: play,
    a: () => judge("approved"),
    c: () => judge("changes") || choose(),
    x: () => judge("rejected") || click(".select", held()),
    s: () => click("#skip"),
    delete: () => click("#trash", here()) || toTrash(),
    arrowleft: () => beside(-1),
    arrowright: () => beside(1),
    arrowup: () => row(-1),
    arrowdown: () => row(1),
  };
  const REPEATED = ["j", "k", "arrowleft", "arrowright", "arrowup", "arrowdown"];

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.altKey || event.metaKey || !isOn()) return;
    if (event.target.closest?.(TYPING)) return;
    const key = event.shiftKey ? event.key : event.key.toLowerCase(), open = find(":popover-open");
    if ((open && !(open === sheet && key === "?")) || (event.repeat && !REPEATED.includes(key))) return;
    if (Object.hasOwn(ACTS, key) && ACTS[key]()) event.preventDefault();
  });
})();
