"""Reading a catalogue of translations, without the tools that wrote it."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from pathlib import Path

HELD = re.compile(r"%\(\w+\)[a-z]|%[%a-z]|{\w*}|</?[a-zA-Z][^>]*>")
"""Values and markup: what a translation may move, and may neither lose nor add."""
KEYWORD = re.compile(r"(?P<word>msgctxt|msgid|msgid_plural|msgstr)(?:\[(?P<number>\d+)])? (?P<text>\".*)")


@dataclass
class Entry:
    """One message: what it says in English and in the language of the catalogue."""

    flags: str = ""
    obsolete: bool = False
    parts: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, ...]:
        """What tells it from others; a form for numbers does not."""
        return tuple(self.parts[name] for name in ("msgctxt", "msgid") if name in self.parts)

    @property
    def said(self) -> list[str]:
        return [text for name, text in self.parts.items() if name.startswith("msgstr")]

    @property
    def kept(self) -> bool:
        """True when every translation holds what the message, or its form for many, holds."""
        whole = [held(self.parts[name]) for name in ("msgid", "msgid_plural") if name in self.parts]
        return all(held(text) in whole for text in self.said)


def held(text: str) -> list[str]:
    return sorted(HELD.findall(text))


def read(path: Path) -> list[Entry]:
    """The entries of a .po file in their order, the header first."""
    return [_entry(block) for block in re.split(r"\n\s*\n", path.read_text()) if "msgid" in block]


def _entry(block: str) -> Entry:
    entry, name = Entry(), ""
    for line in block.splitlines():
        if line.startswith("#,"):
            entry.flags += line[2:]
        entry.obsolete |= line.startswith("#~")
        if found := KEYWORD.match(line.removeprefix("#~ ")):
            name = found["word"] + (found["number"] or "")
            entry.parts[name] = ast.literal_eval(found["text"])
        elif line.startswith('"'):
            entry.parts[name] += ast.literal_eval(line)
    return entry
