"""Asking for a video from the command line: the same service as the form."""

import time
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.core.management.base import BaseCommand, CommandError, CommandParser

from generations.management import batch
from generations.management.people import somebody
from generations.models import FINAL, Fit, Job, State, User
from generations.services import references
from generations.services.batch.rows import Defaults
from generations.services.compose import Ask, NotPossible, compose
from generations.services.offer import offer_for

FLAGS = {
    "text": "--prompt",
    "aspect_ratio": "--aspect",
}


class Command(BaseCommand):
    help = (
        "Ask for a video. Prints the job's key; with --wait ends with 0 only when it is DONE. "
        "With --csv asks for one or more a row, after a preview of every row and its cost."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--provider")
        parser.add_argument("--model", help="The provider's wire id of the model.")
        parser.add_argument("--prompt")
        parser.add_argument("--seconds", type=int)
        parser.add_argument("--aspect", help="16:9 or 9:16")
        parser.add_argument("--quality")
        parser.add_argument(
            "--option",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="An option, such as style=anime.",
        )
        parser.add_argument("--reference", metavar="FILE_OR_URL", help="The image the clip starts from.")
        parser.add_argument("--fit", choices=Fit.values, default=Fit.CROP, help="How the image is brought to shape.")
        parser.add_argument("--as", dest="email", help="Whose job it is; the first admin's if left out.")
        parser.add_argument("--key", help="Compose key: the same one again answers the same job.")
        parser.add_argument("--wait", action="store_true")
        many = parser.add_argument_group("many clips", "The flags above then hold for rows that leave something open.")
        many.add_argument("--csv", metavar="FILE", help="A row for each clip; - reads them from standard input.")
        many.add_argument("--dry-run", action="store_true", help="Show rows, costs and errors; make nothing.")
        many.add_argument("--yes", action="store_true", help="Make them without asking.")
        many.add_argument("--skip-bad", action="store_true", help="Leave out rows that are wrong.")

    def handle(self, *args: Any, **options: Any) -> None:
        author = somebody(options["email"])
        _complete(options)
        if options["csv"]:
            for made in batch.run(author, _wish(author, options), self.stderr):
                self.stdout.write(str(made.key))
            return
        try:
            job = compose(author, self._ask(author, options)).job
        except NotPossible as error:
            raise CommandError(f"{FLAGS.get(error.field, f'--{error.field}')}: {error}") from error
        self.stdout.write(str(job.key))
        if options["wait"]:
            self._wait(job)

    def _ask(self, author: User, options: dict[str, Any]) -> Ask:
        return Ask(
            text=options["prompt"],
            provider=_provider(author, options["provider"]),
            model=options["model"],
            compose_token=options["key"] or uuid4().hex,
            aspect_ratio=options["aspect"],
            seconds=options["seconds"],
            quality=options["quality"],
            options=_pairs(options["option"]),
            reference=_reference(author, options["reference"]),
            reference_fit=Fit(options["fit"]),
        )

    def _wait(self, job: Job) -> None:
        """Follow the job to its end; a line for each new state or reason."""
        told = ""
        while True:
            job.refresh_from_db()
            now = f"{job.state} {job.reason}".rstrip()
            if now != told:
                told = now
                self.stderr.write(f"{job.key} {now}")
            if job.state in FINAL or job.state == State.UNKNOWN:
                break
            time.sleep(0.5)
        if job.state != State.DONE:
            raise SystemExit(1)


def _complete(options: dict[str, Any]) -> None:
    """Say what is missing, and what does not go together."""
    many = bool(options["csv"])
    for name in ("dry_run", "yes", "skip_bad") if not many else ("prompt", "reference", "wait"):
        if options[name]:
            flag = f"--{name.replace('_', '-')}"
            raise CommandError(f"{flag} does not go with --csv." if many else f"{flag} goes with --csv only.")
    missing = [f"--{name}" for name in ("provider", "model", "prompt") if options[name] is None]
    if missing and not many:
        raise CommandError(f"the following arguments are required: {', '.join(missing)}")


def _wish(author: User, options: dict[str, Any]) -> batch.Wish:
    """The flags as what holds for rows that leave something open."""
    defaults = Defaults(
        provider=_provider(author, options["provider"]) if options["provider"] else None,
        model=options["model"],
        aspect_ratio=options["aspect"],
        seconds=options["seconds"],
        quality=options["quality"],
        options=_pairs(options["option"]),
    )
    key = options["key"] or uuid4().hex
    return batch.Wish(options["csv"], key, defaults, options["dry_run"], options["yes"], options["skip_bad"])


def _pairs(given: list[str]) -> dict[str, str]:
    for pair in given:
        if "=" not in pair:
            raise CommandError(f"--option: {pair!r} is not NAME=VALUE.")
    return {name: value for name, _, value in (pair.partition("=") for pair in given)}


def _reference(author: User, given: str | None) -> UUID | None:
    """The image's row: fetched from an address, or read from this machine."""
    if not given:
        return None
    try:
        if "://" in given:
            return references.add_from_url(author, given).key
        return references.add(author, Path(given).read_bytes()).key
    except OSError as error:
        raise CommandError(f"--reference: {given} cannot be read ({error.strerror}).") from error
    except references.NotUsable as error:
        raise CommandError(f"--reference: {error}") from error


def _provider(author: User, name: str) -> int:
    offered = offer_for(author).providers
    for provider in offered:
        if provider.name == name:
            return provider.pk
    names = ", ".join(provider.name for provider in offered) or "none"
    raise CommandError(f"--provider: {name!r} is not offered. There are: {names}.")
