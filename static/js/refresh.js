// One refresh request per page: every 2 s while something on it is active, every 15 s while its tab is hidden or nothing
// runs, and ever more seldom, up to that, while nobody answers.
(() => {
  const OFTEN = 2000, SELDOM = 15000, MOST = 70; // more cards than that make too long an address
  const offline = document.getElementById("offline");
  let last = 0, first = 0, unanswered = 0;

  function asking() {
    const cards = document.querySelector("[name=card]") && document.getElementById("poller");
    return cards || document.querySelector("#job-body[data-hx-get], #queue-body");
  }

  function tick() {
    const element = asking();
    const calm = document.hidden || (element && "calm" in element.dataset);
    const wait = Math.min((calm ? SELDOM : OFTEN) * 2 ** unanswered, SELDOM);
    if (!element || Date.now() - last < wait || "signedOut" in document.documentElement.dataset) return;
    last = Date.now();
    htmx.trigger(element, "refresh");
  }
  setInterval(tick, 250);
  document.addEventListener("visibilitychange", tick);

  // With very many cards each request asks for the next part of them.
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.elt.id !== "poller") return;
    const cards = event.detail.formData.getAll("card");
    if (cards.length <= MOST) return;
    first = first >= cards.length ? 0 : first;
    event.detail.formData.delete("card");
    cards.slice(first, first + MOST).forEach((card) => event.detail.formData.append("card", card));
    first += MOST;
  });

  // A refresh that nobody answers, or only to say that a part is away, says so once, and takes it back by itself.
  const NOBODY = [0, 502, 503, 504];
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!event.detail.elt.matches("[data-hx-trigger~=refresh]")) return;
    const away = NOBODY.includes(event.detail.xhr.status);
    unanswered = away ? Math.min(unanswered + 1, 5) : 0;
    if (offline) offline.hidden = !away;
  });

  // The end of a job is one event, for whoever tells of it: the toast in portal.js, the tab in notices.js.
  const ENDS = { done: wording("end-done"), failed: wording("end-failed"), unknown: wording("end-unknown"), rejected: wording("end-rejected") };

  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const before = event.detail.target, after = event.detail.fragment.firstElementChild;
    const word = after?.matches(".card-job") && after.dataset.state !== before.dataset.state && ENDS[after.dataset.state];
    if (!word) return;
    const { key, state } = after.dataset, prompt = after.querySelector(".prompt");
    const detail = { key, state, word, text: prompt.textContent.slice(0, 60), url: prompt.href };
    document.dispatchEvent(new CustomEvent("job-ended", { detail }));
  });

  // Focus stays where it was: on the same control of the new card, else on its prompt.
  let held = null;

  function hold(card) {
    const focused = document.activeElement;
    if (card?.matches(".card-job[id]") && card.contains(focused)) held = { card: card.id, control: focused.id };
  }

  function giveBack() {
    const card = held && document.getElementById(held.card);
    if (!card || card.contains(document.activeElement)) return;
    const control = document.getElementById(held.control) || document.getElementById(held.card + "-p");
    control?.focus({ preventScroll: true });
    held = null;
  }
  // A button that is switched off while its request runs has lost focus before the answer comes.
  document.addEventListener("htmx:beforeRequest", (event) => hold(event.detail.elt.closest(".card-job")));
  document.addEventListener("htmx:oobBeforeSwap", (event) => hold(event.detail.target));
  document.addEventListener("htmx:oobAfterSwap", giveBack);
  document.addEventListener("htmx:afterSettle", giveBack);
})();
