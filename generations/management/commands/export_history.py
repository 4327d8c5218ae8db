"""The jobs or the prompts as a file, row by row: the team's, and with --as one person's own private ones too."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from generations.management.people import somebody
from generations.models import Job, User, Visibility
from generations.services.export import FORMATS, jobs_file, prompts_file


class Command(BaseCommand):
    help = "Write the jobs or the prompts of the team as CSV or JSON. Private ones of others never leave."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--jobs", action="store_true", help="What the library shows.")
        what.add_argument("--prompts", action="store_true", help="The shared history; import_prompts reads it again.")
        parser.add_argument("--format", choices=FORMATS, default="csv")
        parser.add_argument("--as", dest="email", help="Whose eyes: the team's and this person's own private ones.")
        parser.add_argument("--output", metavar="FILE", help="A new file; standard output if left out.")

    def handle(self, *args: Any, **options: Any) -> None:
        reader = somebody(options["email"]) if options["email"] else None
        text = (_jobs if options["jobs"] else prompts_file)(reader, options["format"])
        if not options["output"]:
            for part in text:
                self.stdout.write(part, ending="")
            return
        try:
            with Path(options["output"]).open("x", encoding="utf-8", newline="") as file:
                file.writelines(text)
        except OSError as error:
            raise CommandError(f"--output: {options['output']} cannot be written ({error.strerror}).") from error


def _jobs(reader: User | None, kind: str) -> Iterator[str]:
    jobs = Job.objects.on_the_shelf()
    return jobs_file(jobs.visible_to(reader) if reader else jobs.filter(visibility=Visibility.TEAM), kind)
