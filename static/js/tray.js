// The tray of my running jobs. Its list is fetched when it opens, and again when the page's own refresh moved a job of
// mine. It asks by itself, slowly, only while jobs of mine run of which nothing on the page tells.
(() => {
  const OPEN = 5000, CLOSED = 15000, AT_WORK = ["submitting", "running", "archiving"];
  const tray = document.getElementById("tray");
  if (!tray) return;
  const said = () => document.getElementById("tray-said"), count = () => Number(said().dataset.count);
  const isOpen = () => tray.matches(":popover-open");
  let last = Date.now(), timer = 0;

  function ask(why = "refresh") {
    timer = 0;
    if ("signedOut" in document.documentElement.dataset) return;
    last = Date.now();
    htmx.trigger("#tray-body", why);
  }
  // However many cards one answer brings, the tray is asked for once.
  const soon = () => (timer ||= setTimeout(() => ask()));

  tray.addEventListener("toggle", () => isOpen() && ask("opened"));

  // --- what the page tells: cards, the job's page, rows of the queue ---
  function mine() {
    const alive = document.querySelectorAll("article[data-mine]:has([name=card]), #job-body[data-mine][data-hx-get], tr[data-mine]");
    return [...alive].filter((job) => job.dataset.state !== "unknown");
  }
  const states = () => mine().map((job) => job.dataset.key + job.dataset.state).join();
  let told = states();

  // With all my jobs on the page the ring follows their bars, without asking anybody.
  function draw() {
    const ring = said().querySelector(".on"), jobs = mine();
    const atWork = jobs.filter((job) => AT_WORK.includes(job.dataset.state));
    if (!ring || !atWork.length || jobs.length !== count()) return;
    const way = (job) => (job.dataset.state === "archiving" ? 100 : job.querySelector("progress")?.value || 0);
    const mean = atWork.reduce((sum, job) => sum + way(job), 0) / atWork.length;
    ring.setAttribute("stroke-dasharray", `${Math.max(4, Math.round(mean))} 100`);
  }

  function look(event) {
    if (tray.contains(event.target)) return;
    const now = states();
    const moved = event.target.matches("[data-mine], #queue-body, #job-body");
    if (now !== told || (isOpen() && moved)) soon();
    told = now;
    draw();
  }
  document.addEventListener("htmx:oobAfterSwap", look);
  document.addEventListener("htmx:afterSettle", look);

  // Taken back from a list: the list stays until that is answered, then what it says now is asked for at once.
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (detail.target.matches("#tray-body, #queue-body") && detail.target.querySelector(".htmx-request")) detail.shouldSwap = false;
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.elt.dataset.then !== "refresh") return;
    if (document.getElementById("queue-body")) htmx.trigger("#queue-body", "refresh");
    soon();
  });

  // --- what nothing on the page tells ---
  setInterval(() => {
    const due = Date.now() - last >= (isOpen() ? OPEN : CLOSED);
    if (due && !document.hidden && mine().length < count()) ask();
  }, 1000);
})();
