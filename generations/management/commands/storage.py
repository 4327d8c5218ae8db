"""The storage against the rows, for operators: what is missing, what nobody needs."""

from typing import Any

from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand, CommandError, CommandParser

from generations.services.incoming import forget_orphans
from generations.services.tidy import Missing, kept_count, missing, orphans, remove, unkeep


class Command(BaseCommand):
    help = "Check that every kept clip is there and that nothing else is. Changes nothing without --repair."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="Print what is missing and what no row names.")
        repair = "Also remove what no row names, and have missing files fetched again."
        parser.add_argument("--repair", action="store_true", help=repair)

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["check"]:
            raise CommandError("Say what to do: storage --check, and --check --repair to mend what it finds.")
        lost = self._missing()
        if options["repair"]:
            self._mend(lost)
        strays = self._orphans(repair=options["repair"])
        if options["repair"]:
            forget_orphans()
        if not lost and not strays:
            self.stdout.write("Every kept clip is there, and nothing else is.")
        elif options["repair"]:
            self.stdout.write(f"{len(lost)} to be fetched again, {strays} removed.")
        else:
            raise CommandError(f"{len(lost)} missing, {strays} without a row. Add --repair to mend it.")

    def _missing(self) -> list[Missing]:
        lost = list(missing())
        for found in lost:
            self.stdout.write(f"missing   {found.output.clip.name or '-'}  job {found.output.job.key}: {found.why}")
        return lost

    def _mend(self, lost: list[Missing]) -> None:
        if len(lost) == kept_count() > 1:
            raise CommandError("Not one kept clip is there: the storage is not mounted, or not the right one.")
        for found in lost:
            unkeep(found)

    def _orphans(self, *, repair: bool) -> int:
        count = 0
        for count, name in enumerate(orphans(), 1):  # noqa: B007 -- the last number is how many
            self.stdout.write(f"no row    {name}  {default_storage.size(name)} bytes")
            if repair:
                remove(name)
        return count
