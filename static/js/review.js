// A verdict that needs a note asks for it before it is sent; Ctrl/Cmd+Enter in the note then sends that verdict.
(() => {
  const noteOf = (within) => within.closest(".review-form")?.querySelector("[name=note]");
  let asked = null;

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(".review-form [name=verdict]"), note = button && noteOf(button);
    if (!note) return;
    note.setCustomValidity("");
    if (!button.matches("[data-needs-note]") || note.value.trim()) return;
    event.preventDefault();
    asked = button;
    note.setCustomValidity(note.dataset.why);
    note.reportValidity();
  }, true);

  document.addEventListener("input", (event) => {
    if (event.target === noteOf(event.target)) event.target.setCustomValidity("");
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.target !== noteOf(event.target)) return;
    const form = event.target.form;
    if (asked && form.contains(asked)) form.requestSubmit(asked);
  });
})();
