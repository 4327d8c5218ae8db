// What every page needs: CSRF for htmx, messages, the end of a session, clocks, copying, filters.
(() => {
  const toasts = document.getElementById("toasts");

  function say(text) {
    const toast = document.createElement("p");
    toast.className = "toast show";
    toast.textContent = text;
    toasts.append(toast);
    setTimeout(() => toast.remove(), 6000);
  }
  for (const brought of toasts.children) setTimeout(() => brought.remove(), 10000); // with the page

  // The token is read when it is needed: signing in again changes it under an open page.
  function csrfToken() {
    return document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] || "";
  }
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = csrfToken();
  });

  document.addEventListener("say", (event) => say(event.detail.value));
  document.addEventListener("job-ended", ({ detail }) => say(`${detail.word}: ${detail.text}`));
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    if ("signedOut" in document.documentElement.dataset) return;
    if (status === 503 && !event.detail.elt.matches("[data-hx-trigger~=refresh]")) say(wording("away"));
    else if (status === 403) say(wording("denied"));
    else if (status !== 401 && !event.detail.elt.matches("[data-hx-trigger~=refresh]")) say(wording("failed"));
  });
  document.addEventListener("htmx:sendError", (event) => {
    if (!event.detail.elt.matches("[data-hx-trigger~=refresh]")) say(wording("silent"));
  });

  document.addEventListener("signed-out", () => {
    const note = document.getElementById("signed-out");
    if (!note) return;
    const link = note.querySelector("a");
    link.href = link.pathname + "?next=" + encodeURIComponent(location.pathname + location.search);
    note.hidden = false;
    document.documentElement.dataset.signedOut = "";
  });

  // --- times in the reader's own zone, and clocks that run ---
  const FORMATS = {
    time: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
    long: { year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" },
    today: { hour: "2-digit", minute: "2-digit" },
    day: { month: "short", day: "numeric" },
    year: { month: "short", day: "numeric", year: "numeric" },
  };

  const region = document.documentElement.lang.replace(/^en$/, "en-GB"); // a plain "en" would put the month first

  function local(element) {
    const moment = new Date(element.dateTime), now = new Date();
    const near = moment.toDateString() === now.toDateString() ? "today" : moment.getFullYear() === now.getFullYear() ? "day" : "year";
    const style = FORMATS[element.dataset.local || near];
    element.textContent = new Intl.DateTimeFormat(region, style).format(moment);
    element.title = new Intl.DateTimeFormat(region, { dateStyle: "full", timeStyle: "long" }).format(moment);
  }

  function elapsed(element) {
    const seconds = Math.max(0, Math.round((Date.now() - new Date(element.dateTime)) / 1000));
    const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
    if (!parts[0]) parts.shift();
    element.textContent = parts.map((part, n) => (n ? String(part).padStart(2, "0") : part)).join(":");
  }

  function localTimes(root) {
    root.querySelectorAll("time[data-local]").forEach(local);
    root.querySelectorAll("time[data-since]").forEach(elapsed);
  }
  localTimes(document);
  document.addEventListener("htmx:load", (event) => localTimes(event.detail.elt));
  setInterval(() => document.querySelectorAll("time[data-since]").forEach(elapsed), 1000);

  // --- copying ---
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy], [data-copy-link]");
    if (!button) return;
    const source = document.getElementById(button.dataset.copy);
    const text = source ? source.textContent : location.origin + (button.dataset.copyLink || location.pathname);
    button.closest("[popover]")?.hidePopover();
    copy(text).then(() => say(button.dataset.said), () => say(wording("uncopied")));
  });

  // The clipboard needs a secure page; a portal on a plain http address in the house gets the older way.
  async function copy(text) {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) throw new Error("copy refused");
  }

  // --- filters ---
  document.addEventListener("change", (event) => {
    const { type, value } = event.target;
    if (type === "date" && value && value < "2000") return; // a year that is still being typed
    event.target.closest("form[data-autosubmit]")?.requestSubmit();
  });
  document.querySelectorAll("form[data-autosubmit]").forEach((form) => {
    form.addEventListener("formdata", ({ formData }) => {
      for (const [name, value] of [...formData]) if (!value) formData.delete(name);
    });
  });
})();
