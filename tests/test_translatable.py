"""Every word of a template can be translated: none stands outside the tags that mark it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings

TEMPLATES = settings.BASE_DIR / "templates"
MARKED = re.compile(
    r"{%\s*(comment|blocktranslate|blocktrans)\b.*?%}.*?{%\s*end\1\s*%}|{#.*?#}|{%\s*(?:translate|trans)\s.*?%}", re.S
)
TAG = re.compile(r"{%.*?%}|{{.*?}}", re.S)
LITERAL = re.compile(r"""(?<!_\()(["'])(?P<text>[^"'%{}]*)\1""")
WORDS = re.compile(r"[^\W\d_]{2,}")
SHOWN = {
    "alt",
    "aria-label",
    "aria-description",
    "content",
    "data-confirm",
    "data-said",
    "label",
    "placeholder",
    "title",
}
VERBATIM = {"code", "kbd", "samp", "script", "style"}
"""What these hold is typed or read by a machine, in every language alike."""
NAMES = ("Sora Portal", "GMT", "UTC", "CSV", "JSON", "URL", "MB", "kB", "https")
SENTENCE = re.compile(r"[A-Z][a-z]+( |$)|\w+ \w+")


class Shown(HTMLParser):
    """Collects what a reader would see or hear."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.within: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.within += [tag] if tag in VERBATIM else []
        name = dict(attrs).get("name") or ""
        for attribute, value in attrs:
            if attribute in SHOWN and value and (attribute != "content" or name == "description"):
                self.handle_data(value)

    def handle_endtag(self, tag: str) -> None:
        if self.within and self.within[-1] == tag:
            self.within.pop()

    def handle_data(self, data: str) -> None:
        for name in NAMES:
            data = data.replace(name, "")
        if not self.within and WORDS.search(data):
            self.found.append(" ".join(data.split()))


def unmarked(source: str) -> Iterator[str]:
    """The words of a template that no translation can reach."""
    source = MARKED.sub("", source)
    for tag in TAG.findall(source):
        if not tag.startswith(("{% include", "{% extends", "{% url", "{% static", "{% load")) or " with " in tag:
            rest = re.sub(r"""{% include ["'][^"']*["']|\|(date|time):["'][^"']*["']""", "", tag)
            yield from (m["text"] for m in LITERAL.finditer(rest) if SENTENCE.search(m["text"]))
    shown = Shown()
    shown.feed(TAG.sub("", source))
    shown.close()
    yield from shown.found


@pytest.mark.parametrize("source", ["<p>Plain</p>", '<a title="Plain {{ x }}">', '{{ x|default:"Nothing yet" }}'])
def test_words_outside_the_marks_are_found(source: str) -> None:
    assert list(unmarked(source))


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.*")), ids=lambda p: str(p.relative_to(TEMPLATES)))
def test_every_word_of_a_template_can_be_translated(path: Path) -> None:
    assert not list(unmarked(path.read_text())), "mark them with {% translate %} or {% blocktranslate trimmed %}"
