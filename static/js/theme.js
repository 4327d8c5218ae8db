// Runs before the first paint: the chosen theme, and a mark that scripts run here.
(() => {
  const page = document.documentElement;
  page.dataset.js = "";
  try {
    page.dataset.bsTheme = localStorage.getItem("theme") || "system";
  } catch {
    // Storage may be switched off; the system's theme is a good answer.
  }
})();
