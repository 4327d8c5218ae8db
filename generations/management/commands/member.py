"""People, for operators who script."""

import os
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from generations.models import Role, User
from generations.services.members import add_member, link_by_command, reset_link

FLAGS = {"password": "--password-env"}


class Command(BaseCommand):
    help = "Add a person, or print a link by which one sets a new password."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        add = verbs.add_parser("add", help="Add a person; without --password-env a link to set one is printed.")
        add.add_argument("--email", required=True)
        add.add_argument("--name", default="")
        add.add_argument("--role", choices=Role.values, default=Role.MEMBER.value)
        add.add_argument("--password-env", metavar="VARIABLE", help="The variable that holds the password.")
        verbs.add_parser("reset-link", help="Print a link to set a new password.").add_argument(
            "--email", required=True
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["verb"] == "add":
            self._add(options)
        else:
            self._reset_link(options)

    def _add(self, options: dict[str, Any]) -> None:
        try:
            user = add_member(options["email"], Role(options["role"]), _password(options), options["name"])
        except ValidationError as error:
            lines = [f"{FLAGS.get(name, f'--{name}')}: {' '.join(texts)}" for name, texts in error.message_dict.items()]
            raise CommandError("\n".join(lines)) from error
        self.stdout.write(f"Added {user.email} as {user.role}.")
        if not options["password_env"]:
            self.stdout.write(f"They set a password at {reset_link(user)}")

    def _reset_link(self, options: dict[str, Any]) -> None:
        user = User.objects.filter(email=User.objects.normalize_email(options["email"])).first()
        if user is None:
            raise CommandError(f"--email: nobody here has the e-mail {options['email']}.")
        self.stdout.write(link_by_command(user))


def _password(options: dict[str, Any]) -> str:
    variable = options["password_env"]
    if variable and not os.environ.get(variable):
        raise CommandError(f"--password-env: the environment variable {variable} is empty or not set.")
    return os.environ.get(variable, "") if variable else ""
