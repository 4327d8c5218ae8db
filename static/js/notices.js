// A job that ended while nobody looked: a count in the title, a badge on the tab, and what this browser was asked for.
(() => {
  const title = document.title, mark = document.getElementById("mark"), calm = mark.href;
  let count = 0;

  // --- the tab ---
  function show() {
    document.title = count ? `(${count}) ${title}` : title;
    mark.href = count ? mark.dataset.badge : calm;
  }
  document.addEventListener("visibilitychange", () => {
    if (document.hidden || !count) return;
    count = 0;
    show();
  });

  // --- what was asked for, kept in this browser ---
  function wants(what) {
    try {
      return localStorage.getItem(`notice-${what}`) === "on";
    } catch {
      return false; // Storage may be switched off; then nothing was asked for.
    }
  }
  function keep(what, on) {
    try {
      localStorage.setItem(`notice-${what}`, on ? "on" : "off");
      return true;
    } catch {
      return false;
    }
  }

  // "22:00-07:00 Europe/Berlin": the clock there decides, whatever the clock here says.
  function isQuiet() {
    const said = document.getElementById("account")?.dataset.quietHours;
    if (!said) return false;
    const [hours, timeZone] = said.split(" "), [from, until] = hours.split("-");
    const parts = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone };
    let now;
    try {
      now = new Intl.DateTimeFormat("en-GB", parts).format();
    } catch {
      now = new Date().toTimeString().slice(0, 5); // a zone this browser does not know
    }
    return from < until ? from <= now && now < until : from !== until && (now >= from || now < until);
  }

  // --- sound: two tones up for a clip, one low one for the rest ---
  let audio = null;

  async function play(state) {
    audio ||= new AudioContext();
    // Browsers let no page sound before somebody clicked in it; a tone that comes much later would say nothing.
    await Promise.race([audio.resume(), new Promise((over) => setTimeout(over, 300))]);
    if (audio.state !== "running") throw new Error("not allowed yet");
    const tones = state === "done" ? [660, 880] : [330];
    tones.forEach((pitch, n) => tone(pitch, audio.currentTime + n * 0.16));
  }
  function tone(pitch, at) {
    const voice = new OscillatorNode(audio, { frequency: pitch }), volume = new GainNode(audio, { gain: 0 });
    volume.gain.setValueAtTime(0, at);
    volume.gain.linearRampToValueAtTime(0.12, at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, at + 0.4);
    voice.connect(volume).connect(audio.destination);
    voice.start(at);
    voice.stop(at + 0.42);
  }

  // --- a notification of the system ---
  function refusal() {
    if (!("Notification" in window) || !window.isSecureContext) return wording("needs-https");
    return Notification.permission === "denied" ? wording("denies") : "";
  }
  function notify({ key, word, text, url }) {
    if (refusal() || Notification.permission !== "granted") return;
    try {
      const shown = new Notification(word, { body: text, tag: key, icon: calm });
      shown.onclick = () => {
        window.focus();
        if (url) location.assign(url);
        shown.close();
      };
    } catch {
      // Phones want a service worker for this; the count in the title is what they get.
    }
  }

  document.addEventListener("job-ended", ({ detail }) => {
    if (!document.hidden) return;
    count += 1;
    show();
    if (isQuiet()) return;
    if (wants("show")) notify(detail);
    if (wants("sound")) play(detail.state).catch(() => {});
  });

  // --- the switches of the Notifications page ---
  const note = document.getElementById("notice-said");
  if (!note) return;
  const say = (text) => {
    note.querySelector("span").textContent = text;
    note.hidden = !text;
  };
  const switches = { show: document.getElementById("notice-show"), sound: document.getElementById("notice-sound") };
  switches.show.checked = wants("show") && !refusal();
  switches.sound.checked = wants("sound");
  if (wants("show") && refusal()) say(refusal());

  for (const [what, control] of Object.entries(switches)) {
    control.addEventListener("change", async () => {
      say(control.checked && what === "show" ? await asked() : "");
      if (!note.hidden) control.checked = false;
      if (!keep(what, control.checked)) say(wording("keeps-nothing"));
    });
  }

  // Permission is asked for by the click on the switch and at no other time.
  async function asked() {
    const why = refusal();
    if (why) return why;
    const answer = await Notification.requestPermission();
    return answer === "granted" ? "" : wording(answer === "denied" ? "denies" : "unanswered");
  }

  document.getElementById("notice-try").addEventListener("click", () => {
    const on = Object.values(switches).some((control) => control.checked);
    say(on ? (isQuiet() ? wording("try-quiet") : "") : wording("try-nothing"));
    if (switches.show.checked) notify({ key: "", word: wording("end-done"), text: wording("try") });
    if (switches.sound.checked) play("done").catch(() => say(wording("no-sound")));
  });
})();
