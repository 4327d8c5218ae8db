"""Usage counted by the day, for operators: is it right, and count it anew."""

import sys
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from generations.services.totals import rebuild
from generations.services.usage.check import known_days, problems
from generations.services.usage.roll import mark_all, roll_up

EVER = 1e9


def day(typed: str) -> date:
    """As argparse takes it."""
    return date.fromisoformat(typed)


class Command(BaseCommand):
    help = "Compare what is counted, of days and of months, with the rows and the book; --rebuild counts it anew first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--rebuild", action="store_true", help="Count every day and month anew, as after a change of zone."
        )
        parser.add_argument("--since", type=day, metavar="YYYY-MM-DD", help="The first day to compare.")
        parser.add_argument("--until", type=day, metavar="YYYY-MM-DD", help="The last day to compare.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["rebuild"]:
            self.stdout.write("".join(f"{said}\n" for said in rebuild()), ending="")
            mark_all()
            self.stdout.write(f"Counted {roll_up(EVER)} days.")
        known = known_days()
        if known is None:
            self.stdout.write("There is nothing to compare yet.")
            return
        since, until = options["since"] or known[0], options["until"] or known[1]
        if since > until:
            raise CommandError(f"--since: {since} is after {until}. Give an earlier day.")
        found = list(problems(since, until))
        self.stdout.write("\n".join([*found, f"{since} to {until}: {'wrong' if found else 'all as the rows say'}."]))
        if found:
            sys.exit(1)
