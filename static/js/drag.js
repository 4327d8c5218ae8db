// Clips are dragged onto a collection's name: the one under the pointer, or all that are chosen if it is one of them.
(() => {
  const target = (event) => event.target.closest?.("[data-collect]");
  const TYPE = "application/x-portal-jobs";

  function dragged(card) {
    const chosen = [...document.querySelectorAll("article input[name=job]:checked")].map((box) => box.value);
    return chosen.includes(card.dataset.key) ? chosen : [card.dataset.key];
  }

  document.addEventListener("pointerdown", (event) => {
    const card = event.target.closest?.("article[data-key]");
    if (card && document.querySelector("[data-collect]")) card.draggable = true;
  });
  document.addEventListener("dragstart", (event) => {
    const card = event.target.closest?.("article[data-key]");
    if (!card || !document.querySelector("[data-collect]")) return;
    event.dataTransfer.setData(TYPE, dragged(card).join(" "));
    event.dataTransfer.effectAllowed = "copy";
  });
  document.addEventListener("dragover", (event) => {
    if (!target(event) || !event.dataTransfer.types.includes(TYPE)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    target(event).classList.add("over");
  });
  document.addEventListener("dragleave", (event) => target(event)?.classList.remove("over"));
  document.addEventListener("drop", (event) => {
    const onto = target(event), keys = event.dataTransfer.getData(TYPE);
    if (!onto || !keys) return;
    event.preventDefault();
    onto.classList.remove("over");
    htmx.ajax("POST", onto.dataset.collect, { source: onto, values: { job: keys.split(" ") }, swap: "none" });
  });
})();
