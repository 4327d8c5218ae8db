// A row of the staff's table opens beside it, where there is room: Enter or a click opens it, Esc closes it. Elsewhere,
// and without scripts, its link leads to the same as a page.
(() => {
  const drawer = document.getElementById("drawer"), wide = matchMedia("(width >= 62rem)");
  if (!drawer) return;
  const current = () => document.querySelector('[data-drawer][aria-current="true"]');
  const isOpen = () => drawer.childElementCount > 0;

  function mark(link) {
    current()?.removeAttribute("aria-current");
    link?.setAttribute("aria-current", "true");
  }
  function open(link) {
    mark(link);
    htmx.ajax("GET", link.href, { target: drawer, swap: "innerHTML" });
  }
  function close() {
    const from = current();
    mark(null);
    drawer.replaceChildren();
    (from || document.getElementById("main")).focus();
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-drawer]"), plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.button);
    if (link && plain && wide.matches) open(link);
    else if (!event.target.closest("#drawer [data-close]")) return;
    else close();
    event.preventDefault();
  });
  drawer.addEventListener("htmx:afterSwap", (event) => {
    if (event.target === drawer) drawer.querySelector("h2")?.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || !isOpen() || document.querySelector(":popover-open")) return;
    if (event.target.closest("input:not(.select), textarea, select") && !drawer.contains(event.target)) return;
    close();
    event.preventDefault();
  });
})();
