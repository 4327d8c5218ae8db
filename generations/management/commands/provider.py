"""Providers, for operators who script."""

import json
import os
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from generations.catalogue import presets_of
from generations.contract import Delivery
from generations.dialects import DIALECTS
from generations.models import Provider
from generations.services import providers
from generations.services.probe import probe

COLUMNS = (
    "base_url", "in_flight", "submits_per_minute", "poll_interval", "delivery", "create_path", "query_path",
)  # fmt: skip


class Command(BaseCommand):
    help = "Add, list, set, test, enable or disable providers."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        add = verbs.add_parser("add", help="Add a provider with its dialect's models.")
        add.add_argument("--dialect", required=True, choices=sorted(DIALECTS))
        add.add_argument("--preset", default="", help="The kind of host; see `provider presets`.")
        _columns(add, required=True)
        _columns(verbs.add_parser("set", help="Change a provider; --key-env replaces its key."), required=False)
        verbs.add_parser("list", help="Every provider with what it needs.")
        verbs.add_parser("presets", help="The kinds of host that the portal knows.")
        for verb, text in (
            ("test", "Try address and key; spends nothing."),
            ("enable", "Offer it again; this ends a pause."),
            ("disable", "Offer it no longer; jobs in flight go on."),
        ):
            verbs.add_parser(verb, help=text).add_argument("--name", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['verb']}")(options)
        except ValidationError as error:
            lines = [f"{_flag(name)}: {' '.join(texts)}" for name, texts in error.message_dict.items()]
            raise CommandError("\n".join(lines)) from error

    def _add(self, options: dict[str, Any]) -> None:
        columns = _given(options)
        provider = providers.add_provider(
            options["name"],
            options["dialect"],
            columns.pop("base_url"),
            columns.pop("key", ""),
            preset=options["preset"],
            **columns,
        )
        self.stdout.write(f"Added {provider.name} with {provider.models.count()} models. Key: {provider.masked_key}.")

    def _set(self, options: dict[str, Any]) -> None:
        provider = _named(options)
        had_key = bool(provider.key)
        given = _given(options)
        if not given:
            self.stdout.write(f"Nothing was named to change; {provider.name} is as it was.")
            return
        provider = providers.change_provider(provider, given)
        note = "" if provider.key or not had_key else " Its key was cleared with the address; set it by --key-env."
        self.stdout.write(f"Changed {provider.name}.{note}")

    def _list(self, options: dict[str, Any]) -> None:
        for row in Provider.objects.all():
            state = (row.paused_reason and f"paused: {row.paused_reason}") or ("on" if row.enabled else "off")
            self.stdout.write(f"{row.name}\t{row.dialect}\t{row.base_url}\tkey {row.masked_key}\t{state}")

    def _presets(self, options: dict[str, Any]) -> None:
        for dialect in sorted(DIALECTS):
            for preset in presets_of(dialect):
                self.stdout.write(f"{dialect}\t{preset.slug}\t{preset.title}\t{preset.base_url}")

    def _test(self, options: dict[str, Any]) -> None:
        provider = _named(options)
        result = probe(provider)
        if not result.ok:
            raise CommandError(" ".join(filter(None, [result.sentence, result.detail and f"({result.detail})"])))
        self.stdout.write(result.sentence)
        if provider.paused_reason:
            self.stdout.write(f"It is paused, though: {provider.paused_reason}. `provider enable` ends that.")

    def _enable(self, options: dict[str, Any]) -> None:
        providers.enable(_named(options))
        self.stdout.write(f"{options['name']} is offered; waiting jobs are sent.")

    def _disable(self, options: dict[str, Any]) -> None:
        providers.disable(_named(options))
        self.stdout.write(f"{options['name']} is no longer offered. Jobs in flight go on; waiting ones wait.")


def _flag(column: str) -> str:
    special = {"key": "--key-env", "headers_json": "--header-env"}
    return special.get(column, f"--{column.replace('_', '-')}")


def _columns(parser: CommandParser, *, required: bool) -> None:
    parser.add_argument("--name", required=True)
    parser.add_argument("--base-url", required=required)
    parser.add_argument("--key-env", metavar="VARIABLE", help="The environment variable that holds the key.")
    parser.add_argument("--allow-private", choices=["yes", "no"], nargs="?", const="yes")
    parser.add_argument("--in-flight", type=int, help="Jobs it may hold at once.")
    parser.add_argument("--submits-per-minute", type=int, help="Requests it may be sent a minute; 0 for no limit.")
    parser.add_argument("--poll-interval", type=float, help="Seconds between looks at a job.")
    parser.add_argument("--delivery", choices=[way.value for way in Delivery], help="How reference images travel.")
    parser.add_argument("--create-path", help="Another path for creating a job.")
    parser.add_argument("--query-path", help="Another path for asking, with {id} in it.")
    parser.add_argument(
        "--header-env", action="append", metavar="NAME=VARIABLE", help="An extra header; replaces all there were."
    )


def _given(options: dict[str, Any]) -> dict[str, Any]:
    """The columns that were named on the command line."""
    found = {name: options[name] for name in COLUMNS if options[name] is not None}
    if options["allow_private"] is not None:
        found["allow_private"] = options["allow_private"] == "yes"
    if options["key_env"]:
        found["key"] = os.environ.get(options["key_env"], "").strip()
        if not found["key"]:
            raise CommandError(f"--key-env: the environment variable {options['key_env']} is empty or not set.")
    if options["header_env"] is not None:
        found["headers_json"] = json.dumps(dict(map(_header, options["header_env"])))
    return found


def _header(pair: str) -> tuple[str, str]:
    name, equals, variable = pair.partition("=")
    if not equals or not os.environ.get(variable):
        raise CommandError(f"--header-env: {pair!r} is not NAME=VARIABLE, or the variable is empty.")
    return name, os.environ[variable].strip()


def _named(options: dict[str, Any]) -> Provider:
    try:
        return Provider.objects.get(name=options["name"])
    except Provider.DoesNotExist as error:
        names = ", ".join(Provider.objects.values_list("name", flat=True)) or "none"
        raise CommandError(f"--name: there is no provider {options['name']!r}. There are: {names}.") from error
