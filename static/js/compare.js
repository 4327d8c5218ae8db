// Two to four clips in step on one scrubber. The longest one leads; the others follow it and stop at their own end.
(() => {
  const page = document.getElementById("compare");
  if (!page) return;
  const find = (selector) => page.querySelector(selector), all = (selector) => [...page.querySelectorAll(selector)];
  const videos = all("video"), scrub = find("#scrub"), clock = find("#clock"), button = find("#play-all");
  const loop = find("#loop"), speed = find("#speed"), link = find("#copy-moment"), single = document.getElementById("keys-on");
  const FAR = 0.12, NEAR = 0.008; // seconds: beyond the one a clip jumps, within the other it is in step
  const HURRY = 0.12; // how much faster or slower a clip may run to get into step
  let frame = 1 / 30; // of the clip with the most frames; measured once they run
  let on = false, asked = Number(new URLSearchParams(location.search).get("t")) || 0;

  const length = (video) => video.duration || 0;
  const longest = () => Math.max(...videos.map(length));
  const leader = () => videos.reduce((one, other) => (length(other) > length(one) ? other : one));
  const isOver = (video, at) => at >= length(video) - frame / 2;
  const told = (at) => `${Math.floor(at / 60)}:${(at % 60).toFixed(2).padStart(5, "0")}`;

  function show(at) {
    scrub.max = longest() || 1;
    scrub.value = at;
    scrub.setAttribute("aria-valuetext", `${told(at)} / ${told(longest())}`);
    clock.textContent = `${told(at)} / ${told(longest())}`;
    const named = new URLSearchParams(location.search);
    named.set("t", at.toFixed(2));
    link.dataset.copyLink = `${location.pathname}?${named}`;
  }

  function seek(at) {
    at = Math.min(Math.max(at, 0), longest());
    for (const video of videos) video.currentTime = Math.min(at, length(video));
    show(at);
  }

  // --- playing ---
  const run = (video) => video.play().catch(() => {});
  function play() {
    if (isOver(leader(), leader().currentTime)) seek(0);
    on = true;
    mark();
    requestAnimationFrame(keepStep);
  }
  function pause() {
    on = false;
    mark();
    for (const video of videos) video.pause();
    seek(leader().currentTime); // whoever was a little off stands on the same frame now
  }
  function mark() {
    button.setAttribute("aria-pressed", on);
  }

  function keepStep() {
    if (!on) return;
    const first = leader(), at = first.currentTime;
    if (first.ended || isOver(first, at)) {
      if (!loop.checked) return pause();
      seek(0);
    } else {
      // One that waits for its file holds up all: else it would fall behind for good.
      const ready = videos.every((video) => video.error || isOver(video, video.currentTime) || (video.readyState > 2 && !video.seeking));
      for (const video of videos) follow(video, at, ready, video === first);
      show(at);
    }
    requestAnimationFrame(keepStep);
  }

  function follow(video, at, ready, leads) {
    if (video.error) return; // a file that does not come holds up nobody
    const rate = Number(speed.value);
    if (!ready) return video.pause();
    if (!leads && isOver(video, at)) {
      video.pause();
      if (!isOver(video, video.currentTime)) video.currentTime = length(video);
      return;
    }
    const drift = leads ? 0 : video.currentTime - at;
    if (Math.abs(drift) > FAR) video.currentTime = at;
    const pull = Math.abs(drift) > NEAR ? Math.max(-HURRY, Math.min(HURRY, -drift * 2)) : 0;
    if (video.playbackRate !== rate * (1 + pull)) video.playbackRate = rate * (1 + pull);
    if (video.paused) run(video);
  }

  // --- single frames: to the middle of one, so that rounding never shows its neighbour ---
  function step(by) {
    if (on) pause();
    seek((Math.floor(leader().currentTime / frame + 1e-6) + by + 0.5) * frame);
  }

  function measure(video) {
    if (!video.requestVideoFrameCallback) return;
    let before = null;
    video.requestVideoFrameCallback(function seen(_, { mediaTime, presentedFrames }) {
      if (before && presentedFrames === before.presentedFrames + 1) {
        const lasts = mediaTime - before.mediaTime;
        if (lasts > 1 / 130 && lasts < frame - 1e-4) frame = lasts;
      }
      before = { mediaTime, presentedFrames };
      video.requestVideoFrameCallback(seen);
    });
  }

  // --- sound: of one clip at a time, or of none ---
  function sound(number) {
    for (const control of all("[data-sound]")) {
      const video = find(`video[data-number="${control.dataset.sound}"]`);
      const heard = control.dataset.sound === String(number) && video.muted;
      video.muted = !heard;
      control.setAttribute("aria-pressed", heard);
    }
  }

  page.addEventListener("click", (event) => {
    const control = event.target.closest("button, video");
    if (!control) return;
    if (control === button || control.matches("video")) on ? pause() : play();
    else if (control.dataset.step) step(Number(control.dataset.step));
    else if (control.dataset.sound) sound(control.dataset.sound);
  });
  scrub.addEventListener("input", () => seek(Number(scrub.value)));

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || document.querySelector(":popover-open")) return;
    if (event.target.closest("textarea, select, input:not(#scrub), [contenteditable]")) return;
    const one = single?.checked ?? true;
    if (event.key === " " && !event.target.closest("button, a, summary")) on ? pause() : play();
    else if (one && (event.key === "," || event.key === ".")) step(event.key === "." ? 1 : -1);
    else if (one && videos[Number(event.key) - 1] && event.key !== " ") sound(event.key);
    else return;
    event.preventDefault();
  });
  document.addEventListener("visibilitychange", () => document.hidden && on && pause());

  // --- the start ---
  for (const video of videos) {
    video.controls = false; // they are for pages without scripts
    video.muted = true;
    measure(video);
    for (const news of ["loadedmetadata", "error"]) video.addEventListener(news, begin);
  }
  function begin() {
    if (videos.some((video) => !length(video) && !video.error)) return show(0);
    seek(asked);
  }
  begin();
})();
