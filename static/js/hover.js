// A finished card plays its clip, without sound, while the pointer rests on it or its link has the keyboard's focus.
(() => {
  const PAUSE = 150; // so that a pointer on its way elsewhere starts nothing
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let timer = 0, video = null, frame = null;

  function stop() {
    clearTimeout(timer);
    if (video) {
      video.removeAttribute("src");
      video.load(); // ends the download, too
      video.remove();
    }
    video = frame = null;
  }

  function show() {
    video = document.createElement("video");
    Object.assign(video, { muted: true, loop: true, playsInline: true, src: frame.dataset.clip });
    video.setAttribute("aria-hidden", "true");
    frame.insertBefore(video, frame.querySelector("a"));
    video.play().catch(stop);
  }

  function start(element) {
    const wanted = element.closest?.(".card-job")?.querySelector("[data-clip]") || null;
    if (wanted === frame) return;
    stop();
    if (!wanted || still.matches) return;
    frame = wanted;
    timer = setTimeout(show, PAUSE);
  }

  document.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "touch") start(event.target);
  });
  document.addEventListener("pointerleave", stop);
  document.addEventListener("focusin", (event) => {
    if (event.target.matches(":focus-visible")) start(event.target);
  });
  document.addEventListener("visibilitychange", () => document.hidden && stop());

  // By key it plays for anybody, also where motion is reduced, and stands still again.
  document.addEventListener("play-clip", (event) => {
    const wanted = event.target.querySelector("[data-clip]");
    if (wanted && wanted === frame && video) return video.paused ? video.play().catch(stop) : video.pause();
    stop();
    frame = wanted;
    if (frame) show();
  });
})();
