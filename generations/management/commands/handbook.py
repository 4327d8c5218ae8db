"""The page about providers, written from the code."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from generations.management.handbook import page


class Command(BaseCommand):
    help = "Write docs/providers.md from the dialects and their catalogues; --check fails when it is stale."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(settings.BASE_DIR) / "docs" / "providers.md"
        if not options["check"]:
            path.write_text(page())
        elif not path.is_file() or path.read_text() != page():
            raise CommandError("docs/providers.md is stale. Run: make docs")
