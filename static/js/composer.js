// The composer: Ctrl/Cmd+Enter sends, the draft survives a reload, the count runs, focus lands where the eye is.
(() => {
  const composer = () => document.getElementById("composer");
  const text = () => document.getElementById("id_text");

  function count() {
    const area = text(), told = document.getElementById("text-count");
    if (!area || !told) return;
    const length = [...area.value.trim()].length, limit = Number(area.dataset.limit);
    told.textContent = wording("length", { count: length, most: limit });
    told.classList.toggle("over", length > limit);
  }

  function keep(draft) {
    try {
      if (draft) sessionStorage.setItem(composer().dataset.draft, draft);
      else sessionStorage.removeItem(composer().dataset.draft);
    } catch {
      // Without storage the draft lives as long as the page.
    }
  }

  function restore() {
    const area = text();
    if (!area) return;
    try {
      if (!area.value) area.value = sessionStorage.getItem(composer().dataset.draft) || "";
    } catch {
      // Nothing was kept.
    }
    count();
  }
  restore();

  document.addEventListener("input", (event) => {
    if (event.target.id !== "id_text") return;
    keep(event.target.value);
    count();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.target.form?.id !== "composer") return;
    event.preventDefault();
    if (!event.repeat) event.target.form.requestSubmit();
  });

  // Sent: the draft is done with. On a phone the feed is below, so the eye is taken there.
  let sent = false;
  document.addEventListener("composed", () => {
    keep("");
    sent = true;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.elt.id !== "composer") return;
    count();
    if (!sent) return;
    sent = false;
    if (matchMedia("(width < 62rem)").matches) document.getElementById("feed-h").focus();
    else text().focus({ preventScroll: true });
  });
})();
