"""Providers, for operators who script."""

import os
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from generations.dialects import DIALECTS
from generations.models import Provider
from generations.services import providers
from generations.services.probe import probe


class Command(BaseCommand):
    help = "Add, list, set, test, enable or disable providers."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        add = verbs.add_parser("add", help="Add a provider with its dialect's models.")
        add.add_argument("--dialect", required=True, choices=sorted(DIALECTS))
        _columns(add, required=True)
        _columns(verbs.add_parser("set", help="Change a provider; --key-env replaces its key."), required=False)
        verbs.add_parser("list", help="Every provider with what it needs.")
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
            options["name"], options["dialect"], columns.pop("base_url"), columns.pop("key", ""), **columns
        )
        self.stdout.write(f"Added {provider.name} with {provider.models.count()} models. Key: {provider.masked_key}.")

    def _set(self, options: dict[str, Any]) -> None:
        provider = _named(options)
        had_key = bool(provider.key)
        provider = providers.change_provider(provider, _given(options))
        note = "" if provider.key or not had_key else " Its key was cleared with the address; set it by --key-env."
        self.stdout.write(f"Changed {provider.name}.{note}")

    def _list(self, options: dict[str, Any]) -> None:
        for row in Provider.objects.all():
            state = (row.paused_reason and f"paused: {row.paused_reason}") or ("on" if row.enabled else "off")
            self.stdout.write(f"{row.name}\t{row.dialect}\t{row.base_url}\tkey {row.masked_key}\t{state}")

    def _test(self, options: dict[str, Any]) -> None:
        result = probe(_named(options))
        if not result.ok:
            raise CommandError(result.sentence)
        self.stdout.write(result.sentence)

    def _enable(self, options: dict[str, Any]) -> None:
        providers.enable(_named(options))
        self.stdout.write(f"{options['name']} is offered; waiting jobs are sent.")

    def _disable(self, options: dict[str, Any]) -> None:
        providers.disable(_named(options))
        self.stdout.write(f"{options['name']} is no longer offered. Jobs in flight go on; waiting ones wait.")


def _flag(column: str) -> str:
    return "--key-env" if column == "key" else f"--{column.replace('_', '-')}"


def _columns(parser: CommandParser, *, required: bool) -> None:
    parser.add_argument("--name", required=True)
    parser.add_argument("--base-url", required=required)
    parser.add_argument("--key-env", metavar="VARIABLE", help="The environment variable that holds the key.")
    parser.add_argument("--allow-private", choices=["yes", "no"], nargs="?", const="yes")
    parser.add_argument("--in-flight", type=int, help="Jobs it may hold at once.")
    parser.add_argument("--poll-interval", type=float, help="Seconds between looks at a job.")


def _given(options: dict[str, Any]) -> dict[str, Any]:
    """The columns that were named on the command line."""
    found = {name: options[name] for name in ("base_url", "in_flight", "poll_interval") if options[name] is not None}
    if options["allow_private"] is not None:
        found["allow_private"] = options["allow_private"] == "yes"
    if options["key_env"]:
        found["key"] = os.environ.get(options["key_env"], "").strip()
        if not found["key"]:
            raise CommandError(f"--key-env: the environment variable {options['key_env']} is empty or not set.")
    return found


def _named(options: dict[str, Any]) -> Provider:
    try:
        return Provider.objects.get(name=options["name"])
    except Provider.DoesNotExist as error:
        names = ", ".join(Provider.objects.values_list("name", flat=True)) or "none"
        raise CommandError(f"--name: there is no provider {options['name']!r}. There are: {names}.") from error
