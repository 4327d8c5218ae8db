// Choosing clips for the bar below the library and the trash. Ranges by Shift, all by Ctrl or Cmd and A, none by Esc.
// What is chosen is kept by key, since a card is a new element whenever it is refreshed.
(() => {
  const bar = document.querySelector("form.bulk");
  if (!bar) return;
  const said = document.getElementById("bulk-said"), told = document.getElementById("picked");
  const most = Number(bar.dataset.most), picked = new Set(), MB = 1e6;
  const size = bar.querySelector("[data-size]"), zip = document.getElementById("bulk-zip");
  const boxes = () => [...document.querySelectorAll(".select")];
  const boxOf = (place) => place?.closest(".card-job, tr")?.querySelector(".select");
  let anchor = "", around = null;

  function tell() {
    const chosen = boxes().filter((box) => box.checked), bytes = chosen.map((box) => Number(box.dataset.bytes || 0));
    told.textContent = wording.counted("picked", chosen.length, {});
    if (!zip) return;
    const sum = bytes.reduce((one, more) => one + more, 0), files = bytes.some(Boolean);
    zip.disabled = chosen.length > 0 && !files;
    size.textContent = files ? new Intl.NumberFormat(document.documentElement.lang, {
      style: "unit", unit: "megabyte", maximumFractionDigits: sum < 10 * MB ? 1 : 0,
    }).format(sum / MB) : "";
  }

  // Chosen beyond the limit is said, not done.
  function choose(some, on) {
    let full = false;
    for (const box of some) {
      if (on && !picked.has(box.value) && picked.size >= most) full = true;
      else if (on) picked.add(box.value);
      else picked.delete(box.value);
    }
    if (full) document.dispatchEvent(new CustomEvent("say", { detail: { value: wording("picked-most", { most }) } }));
    said.replaceChildren();
    show();
  }
  function show() {
    const there = boxes();
    const held = new Set(there.map((box) => box.value));
    for (const key of picked) if (!held.has(key)) picked.delete(key);
    for (const box of there) box.checked = picked.has(box.value);
    tell();
  }
  function range(start, to) {
    const all = boxes(), from = all.findIndex((box) => box.value === start), end = all.indexOf(to);
    const [first, last] = from < 0 ? [end, end] : [Math.min(from, end), Math.max(from, end)];
    choose(all.slice(first, last + 1), true);
  }

  document.addEventListener("click", (event) => {
    if (!event.target.matches(".select")) return;
    if (event.shiftKey && anchor) setTimeout(range, 0, anchor, event.target); // the browser sets the box after this event
    else choose([event.target], event.target.checked);
    anchor = event.target.value;
  });
  bar.addEventListener("reset", () => setTimeout(choose, 0, boxes(), false));

  const isTyping = (place) => place.closest?.("input:not(.select), textarea, select, [contenteditable]");
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || document.querySelector(":popover-open")) return;
    const box = boxOf(document.activeElement), all = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "a";
    if (event.key === "Escape" && picked.size) choose(boxes(), false);
    else if (isTyping(event.target)) return;
    else if (event.key === " " && event.shiftKey && box) {
      range(anchor, box);
      anchor = box.value;
    } else if (all && box) choose(boxes(), true);
    else return;
    event.preventDefault();
  });
  // Some browsers press a box when the key comes up.
  document.addEventListener("keyup", (event) => {
    if (event.key === " " && event.shiftKey && event.target.matches(".select")) event.preventDefault();
  });

  // --- answers ---
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.closest("#bulk")) around = boxes().findIndex((box) => box.checked);
  });
  document.addEventListener("bulk-done", () => {
    picked.clear();
    anchor = "";
    show();
    if (!boxes().length) return document.querySelector("#more-row a")?.click();
    if (document.activeElement && document.activeElement !== document.body) return;
    const all = boxes(), next = all[Math.min(Math.max(around, 0), all.length - 1)];
    (next?.closest(".card-job, tr").querySelector(".prompt, .c-job a") || next)?.focus();
  });
  for (const swapped of ["htmx:oobAfterSwap", "htmx:afterSettle"]) document.addEventListener(swapped, show);
  show();
})();
