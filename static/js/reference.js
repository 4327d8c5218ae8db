// The reference image: choose, drop or paste it; it is sent at once, and the answer is the composer's part with a preview.
(() => {
  const box = () => document.getElementById("reference");
  const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] || "";

  async function add(name, value) {
    const form = new FormData();
    document.querySelectorAll("#compose-options :is(select, input:checked, input[type=hidden])").forEach((field) => {
      if (field.name) form.set(field.name, field.value);
    });
    form.set(name, value);
    const busy = box().querySelector(".busy");
    if (busy) busy.hidden = false;
    try {
      const answer = await fetch(box().dataset.add, {
        method: "POST", body: form, headers: { "X-CSRFToken": token(), "HX-Request": "true", "Page-Language": document.documentElement.lang },
      });
      const html = await answer.text();
      if (answer.ok || ([422, 503].includes(answer.status) && html.includes('id="reference"'))) put(html);
      else refused(answer.status);
    } catch {
      refused(0);
    }
  }

  // The options may be on their way meanwhile: they would come without the image and take its place.
  function put(html) {
    const options = document.getElementById("compose-options");
    if (options.classList.contains("htmx-request")) {
      options.addEventListener("htmx:afterSettle", () => { put(html); htmx.trigger(options, "change"); }, { once: true });
      return;
    }
    if (!box()) return;
    box().outerHTML = html;
    htmx.process(box());
    box().querySelector("input:checked, [role=alert], label.btn, input")?.focus();
  }

  function refused(status) {
    const busy = box().querySelector(".busy");
    if (busy) busy.hidden = true;
    const why = status === 401 ? "image-signed-out" : status === 413 ? "image-large" : "image-failed";
    document.dispatchEvent(new CustomEvent("say", { detail: { value: wording(why) } }));
  }

  // A preview that was not made: the portal may be busy, so it is asked for again, and said when that does not help.
  const tries = new WeakMap();
  document.addEventListener("error", (event) => {
    const image = event.target;
    if (!image.matches?.("#reference img[data-again]")) return;
    const count = (tries.get(image) || 0) + 1;
    tries.set(image, count);
    if (count < 4) setTimeout(() => { image.src = image.getAttribute("src"); }, 5000);
    else image.closest(".attached").querySelector("[data-late]").hidden = false;
  }, true);

  const takes = () => box() && "takes" in box().dataset;
  const picture = (data) => [...(data?.files || [])].find((file) => file.type.startsWith("image/"));

  const chosen = (event) => event.target.files.length && add("reference_file", event.target.files[0]);
  // On the way down: the options around would ask for themselves again and lose the file.
  document.addEventListener("change", (event) => {
    if (event.target.name === "reference_url") event.stopPropagation();
    if (event.target.name !== "reference_file") return;
    event.stopPropagation();
    chosen(event);
  }, true);
  // While the file dialog is open the options may be swapped: a field outside the page tells nobody but itself.
  document.addEventListener("click", (event) => {
    if (event.target.name === "reference_file") event.target.addEventListener("change", chosen, { once: true });
  }, true);
  document.addEventListener("click", (event) => {
    const address = event.target.closest("[data-fetch]") && document.getElementById("id_reference_url");
    if (address?.value.trim()) add("reference_url", address.value.trim());
    else address?.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.id !== "id_reference_url") return;
    event.preventDefault();
    if (event.target.value.trim()) add("reference_url", event.target.value.trim());
  });
  document.addEventListener("paste", (event) => {
    const image = picture(event.clipboardData);
    if (!image || !takes() || !event.target.closest("#composer")) return;
    event.preventDefault();
    add("reference_file", image);
  });

  const over = (event) => takes() && event.target.closest?.("#composer") && [...(event.dataTransfer?.types || [])].includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!over(event)) return;
    event.preventDefault();
    box().classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget?.closest?.("#composer")) box()?.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    if (!over(event)) return;
    event.preventDefault();
    box().classList.remove("over");
    const image = picture(event.dataTransfer);
    if (image) add("reference_file", image);
  });
})();
