"""Asking for a video from the command line: the same service as the form."""

import time
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.core.management.base import BaseCommand, CommandError, CommandParser

from generations.models import FINAL, Fit, Job, Role, State, User
from generations.services import references
from generations.services.compose import Ask, NotPossible, compose
from generations.services.offer import current_offer

FLAGS = {
    "text": "--prompt",
    "aspect_ratio": "--aspect",
}


class Command(BaseCommand):
    help = "Ask for a video. Prints the job's key; with --wait ends with 0 only when it is DONE."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--provider", required=True)
        parser.add_argument("--model", required=True, help="The provider's wire id of the model.")
        parser.add_argument("--prompt", required=True)
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

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            author = _author(options["email"])
            job = compose(author, self._ask(author, options)).job
        except NotPossible as error:
            raise CommandError(f"{FLAGS.get(error.field, f'--{error.field}')}: {error}") from error
        self.stdout.write(str(job.key))
        if options["wait"]:
            self._wait(job)

    def _ask(self, author: User, options: dict[str, Any]) -> Ask:
        return Ask(
            text=options["prompt"],
            provider=_provider(options["provider"]),
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


def _provider(name: str) -> int:
    offered = current_offer().providers
    for provider in offered:
        if provider.name == name:
            return provider.pk
    names = ", ".join(provider.name for provider in offered) or "none"
    raise CommandError(f"--provider: {name!r} is not offered. There are: {names}.")


def _author(email: str | None) -> User:
    people = User.objects.filter(is_active=True)
    found = people.filter(email=User.objects.normalize_email(email)) if email else people.filter(role=Role.ADMIN)
    author = found.order_by("pk").first()
    if author is None:
        raise CommandError(f"--as: nobody here has the e-mail {email}." if email else "--as: there is no admin yet.")
    return author
