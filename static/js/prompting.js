// Writing a prompt: Alt+Up and Alt+Down walk through earlier ones, and shots are added as blocks of text.
(() => {
  const text = () => document.getElementById("id_text");
  const list = () => document.getElementById("earlier");

  function write(value) {
    text().value = value;
    text().dispatchEvent(new Event("input", { bubbles: true }));
  }

  // --- earlier prompts: place 0 is what was being written ---
  let place = 0, draft = "";

  function walk(step) {
    const earlier = [...list().querySelectorAll("[data-earlier]")].map((button) => button.textContent);
    const next = Math.min(Math.max(place + step, 0), earlier.length);
    if (next === place) return;
    if (place === 0) draft = text().value;
    place = next;
    const kept = place;
    write(place ? earlier[place - 1] : draft);
    place = kept;
  }

  document.addEventListener("keydown", (event) => {
    if (event.target.id !== "id_text" || !event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key) || !list()) return;
    event.preventDefault();
    const step = event.key === "ArrowUp" ? 1 : -1;
    if (list().childElementCount) return walk(step);
    list().addEventListener("htmx:afterSettle", () => walk(step), { once: true });
    htmx.trigger(list(), "wanted");
  });
  document.addEventListener("input", (event) => {
    if (event.target.id === "id_text") place = 0;
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-earlier]");
    if (!button) return;
    write(button.textContent);
    list().hidePopover();
    text().focus();
  });
  document.addEventListener("composed", () => list()?.replaceChildren());

  // --- shots ---
  const SHOT = /^Shot \d+:/gm, LENGTH = /^duration:\s*([\d.]+)\s*sec/gim;

  function shots() {
    const value = text().value;
    const lengths = [...value.matchAll(LENGTH)].map((match) => Number(match[1]) || 0);
    return { count: (value.match(SHOT) || []).length, used: lengths.reduce((sum, one) => sum + one, 0) };
  }

  const whole = () => Number(document.querySelector("#compose-options [name=seconds]:checked")?.value) || 0;

  function tell() {
    const told = document.getElementById("shots");
    if (!told || !text()) return;
    const { count, used } = shots(), over = used > whole();
    told.textContent = count ? wording.counted(over ? "shots-over" : "shots", count, { used, whole: whole() }) : "";
    told.classList.toggle("over", over);
  }

  function add() {
    const { count, used } = shots(), left = whole() - used;
    const length = left > 0 ? Math.min(left, Math.max(1, Math.round(whole()) / 2)) : 1;
    const before = text().value.trimEnd();
    write(`${before}${before ? "\n\n" : ""}Shot ${count + 1}:\nduration: ${length}sec\nScene: `);
    text().focus();
    text().setSelectionRange(text().value.length, text().value.length);
    const flag = document.getElementById("id_option_storyboard");
    if (flag && flag.value !== "yes") {
      flag.value = "yes";
      flag.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }

  document.addEventListener("click", (event) => event.target.closest("#add-shot") && add());
  document.addEventListener("input", (event) => event.target.id === "id_text" && tell());
  document.addEventListener("htmx:afterSettle", tell);
  tell();
})();
