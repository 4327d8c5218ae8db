"""Django's `makemessages`, so that the catalogue changes only where a message did."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.commands import makemessages

ELSEWHERE = ("tests", "docs", "deploy", "var", "static", "requirements*.txt")
DATE = '"POT-Creation-Date'


class Command(makemessages.Command):
    # A guess from a message that reads alike would be wrong more often than it helped.
    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]

    def handle(self, *args: Any, **options: Any) -> None:
        options |= {"no_location": True, "no_wrap": True, "no_obsolete": True}
        options["ignore_patterns"] = [*options["ignore_patterns"], *ELSEWHERE]
        options["locale"] = options["locale"] or [folder.name for folder in _catalogues()]
        super().handle(*args, **options)
        for folder in _catalogues():
            _undate(folder / "LC_MESSAGES" / "django.po")


def _catalogues() -> list[Path]:
    return sorted(each.parent for each in Path(settings.LOCALE_PATHS[0]).glob("*/LC_MESSAGES"))


def _undate(catalogue: Path) -> None:
    """Without the time of the last run, which would make every run a change."""
    lines = catalogue.read_text().splitlines(keepends=True)
    catalogue.write_text("".join(line for line in lines if not line.startswith(DATE)))
