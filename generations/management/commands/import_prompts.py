"""Prompts from a CSV or JSON file, as the page Import prompts takes them."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from generations.management.people import somebody
from generations.models import Visibility
from generations.services.batch.table import BYTES_MOST, NotReadable, decoded
from generations.services.intake import Draft, plan, save

STDIN = "-"


class Command(BaseCommand):
    help = "Import prompts from a CSV or JSON file. Every row is told; a wrong one stops all of it. Spends nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="- reads from standard input.")
        parser.add_argument("--as", dest="email", help="Whose prompts they are; the first admin's if left out.")
        parser.add_argument("--visibility", choices=Visibility.values, default=Visibility.TEAM.value)
        parser.add_argument("--dry-run", action="store_true", help="Show the rows; write nothing.")
        parser.add_argument("--skip-bad", action="store_true", help="Leave out rows that are wrong.")

    def handle(self, *args: Any, **options: Any) -> None:
        author = somebody(options["email"])
        if not author.can_create:
            raise CommandError("--as: a viewer writes no prompts. Make this person a member.")
        try:
            found = plan(author, decoded(_bytes(options["file"])), Visibility(options["visibility"]))
        except NotReadable as problem:
            raise CommandError(f"{options['file']}: {problem}") from problem
        for draft in found.drafts:
            self.stderr.write(_told(draft))
        if found.bad and not options["skip_bad"]:
            raise CommandError("Some rows are wrong, nothing was imported. Mend the file, or use --skip-bad.")
        made = 0 if options["dry_run"] else save(author, found.new)
        self.stdout.write(f"{made} imported")


def _bytes(name: str) -> bytes:
    try:
        if name == STDIN:
            return sys.stdin.buffer.read(BYTES_MOST + 1)
        with Path(name).open("rb") as file:
            return file.read(BYTES_MOST + 1)
    except OSError as error:
        raise CommandError(f"{name} cannot be read ({error.strerror}).") from error


def _told(draft: Draft) -> str:
    text = " ".join(draft.text.split())
    fate = f"WRONG {draft.problem}" if draft.problem else draft.same or "new"
    return f"{draft.where:>5}  {text if len(text) <= 40 else text[:39] + '…':<40}  {fate}"
