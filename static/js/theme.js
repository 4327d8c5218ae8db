// The chosen theme, before the first paint, and a mark that scripts run here; later the switches that change it.
(() => {
  const page = document.documentElement, THEMES = ["auto", "light", "dark"]; // the admin keeps the same
  page.dataset.js = "";
  try {
    const kept = localStorage.getItem("theme");
    page.dataset.bsTheme = THEMES.includes(kept) ? kept : "auto";
    if (kept && !THEMES.includes(kept)) localStorage.removeItem("theme");
  } catch {
    // Storage may be switched off; the system's theme is a good answer.
  }

  function show() {
    document.querySelectorAll("#theme input").forEach((input) => (input.checked = input.value === page.dataset.bsTheme));
  }
  function choose(theme) {
    page.dataset.bsTheme = theme;
    show();
    try {
      localStorage.setItem("theme", theme);
    } catch {
      // Then it holds for this page only.
    }
  }

  document.addEventListener("DOMContentLoaded", show);
  document.addEventListener("change", (event) => {
    if (event.target.matches("#theme input")) choose(event.target.value);
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("#theme-next")) choose(THEMES[(THEMES.indexOf(page.dataset.bsTheme) + 1) % THEMES.length]);
  });
})();
