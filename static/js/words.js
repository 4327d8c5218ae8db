// What scripts say, in the page's language: the page holds the words as data, see templatetags/words.py.
(() => {
  const language = document.documentElement.lang, rules = new Intl.PluralRules(language);
  const words = JSON.parse(document.getElementById("words").textContent);

  const filled = (text, values) => text.replace(/{(\w+)}/g, (_, name) => values[name]);
  window.wording = (name, values = {}) => filled(words[name], values);

  // The form of a number is that of the sample number whose form it shares.
  window.wording.counted = (name, count, values) => {
    const forms = words[name], like = Object.keys(forms).find((sample) => rules.select(sample) === rules.select(count));
    return filled(forms[like] || Object.values(forms).at(-1), { count, ...values });
  };

  // An answer into an open page speaks its language, even if another tab has chosen a new one by now.
  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["Page-Language"] = language;
  });
})();
