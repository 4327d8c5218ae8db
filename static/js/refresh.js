// One refresh request per page: every 2 s while something on it is active, every 15 s while its tab is hidden.
(() => {
  const OFTEN = 2000, SELDOM = 15000, MOST = 70; // more cards than that make too long an address
  const offline = document.getElementById("offline");
  let last = 0, first = 0;

  function asking() {
    const cards = document.querySelector("[name=card]") && document.getElementById("poller");
    return cards || document.querySelector("#job-body[hx-get]");
  }

  function tick() {
    const wait = document.hidden ? SELDOM : OFTEN;
    const element = Date.now() - last >= wait && asking();
    if (!element || "signedOut" in document.documentElement.dataset) return;
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
    if (offline && event.detail.elt.matches("#poller, #job-body")) offline.hidden = !NOBODY.includes(event.detail.xhr.status);
  });

  // The end of a job is said, also to those who look elsewhere.
  const ENDS = { done: "Clip ready", failed: "Failed", unknown: "Outcome unknown" };

  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const before = event.detail.target, after = event.detail.fragment.firstElementChild;
    const word = after?.matches(".card-job") && after.dataset.state !== before.dataset.state && ENDS[after.dataset.state];
    if (!word) return;
    const value = `${word}: ${after.querySelector(".prompt").textContent.slice(0, 60)}`;
    document.dispatchEvent(new CustomEvent("say", { detail: { value } }));
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
