"""The one command: prepare the data, start every part, keep them running until Ctrl-C."""

import contextlib
import os
import signal
import socket
import sys
import urllib.request
from typing import Any
from urllib.error import HTTPError, URLError

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from generations.services.incoming import forget_orphans
from generations.services.install import FirstAdmin, ensure_admin, ensure_sandbox
from generations.supervisor import ROLES, AlreadyRunning, hold_lock, parts, supervise
from generations.supervisor.parts import sandbox_key
from generations.supervisor.prepare import collect_static, set_up_alone, why_not_apart


class Command(BaseCommand):
    help = "Run the portal: web server, queues, engine, sandbox provider. Ctrl-C stops everything in order."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--only",
            action="append",
            choices=ROLES,
            help="Run this part on this machine (repeatable): web server, worker (queue and archive), or engine. "
            "Needs PostgreSQL. Without it: everything.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.roles = frozenset(options["only"] or ROLES)
        self.sandbox = settings.SANDBOX and not options["only"]
        if options["only"] and (why := why_not_apart(os.environ)):
            raise CommandError(why)
        # Until the supervisor listens: process 1 of a container is deaf to a signal that it does not handle.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        try:
            with hold_lock(settings.DATA_DIR, self.roles):
                self._run()
        except AlreadyRunning as error:
            raise CommandError(str(error)) from error

    def _run(self) -> None:
        self._check_ports()
        with set_up_alone(self._say):
            call_command("migrate", interactive=False, verbosity=0)
            admin = self._people_and_sandbox()
        if "web" in self.roles:
            collect_static()
            # Commands in other shells read it for the links they print.
            (settings.DATA_DIR / "address").write_text(settings.PORTAL_ADDRESS)
        if "worker" in self.roles:
            forget_orphans()  # the lock is held: nobody else is at what lies there
        connection.close()
        # The supervisor must hear Ctrl-C while others hold the database, so it waits for it briefly only.
        connection.settings_dict["OPTIONS"] |= {"timeout": 3} if connection.vendor == "sqlite" else {}
        supervise(parts(self.roles, sandbox=self.sandbox), self._say, lambda: self._greet_when_up(admin))

    def _check_ports(self) -> None:
        wanted = [("PORT", settings.HOST, settings.PORT)] if "web" in self.roles else []
        wanted += [("SANDBOX_PORT", "127.0.0.1", settings.SANDBOX_PORT)] if self.sandbox else []
        for name, host, port in wanted:
            if not _is_free(host, port):
                raise CommandError(f"Port {port} is in use. Choose another one by {name}=….")

    def _people_and_sandbox(self) -> FirstAdmin | None:
        if self.sandbox:
            ensure_sandbox(f"http://127.0.0.1:{settings.SANDBOX_PORT}", sandbox_key())
        return ensure_admin(
            # Taken out, so that no child process inherits it.
            os.environ.get("PORTAL_ADMIN_EMAIL", "admin@localhost"),
            os.environ.pop("PORTAL_ADMIN_PASSWORD", ""),
        )

    def _greet_when_up(self, admin: FirstAdmin | None) -> bool:
        if "web" not in self.roles:
            self._say(f"\nSora Portal runs here as {' and '.join(sorted(self.roles))}.")
        elif _answers(f"http://{_local(settings.HOST)}:{settings.PORT}/accounts/login/"):
            self._say(f"\nSora Portal runs on {settings.PORTAL_ADDRESS}")
        else:
            return False
        self._say_who(admin)
        if self.sandbox:
            self._say("The sandbox provider makes free test clips; the README tells how to connect a real one.")
        self._say("Ctrl-C stops everything.\n")
        return True

    def _say_who(self, admin: FirstAdmin | None) -> None:
        """Who may sign in; the machine that made the first admin says so, whatever its roles."""
        if admin and admin.password:
            self._say(f"Sign in as {admin.email} with the password {admin.password}")
            self._say("It is shown this once. Change it under your initials, top right.")
        elif admin:
            self._say(f"Sign in as {admin.email} with the password from PORTAL_ADMIN_PASSWORD.")
        else:
            self._say("Sign in with your e-mail. A new password: manage.py member reset-link --email …")

    def _say(self, line: str) -> None:
        with contextlib.suppress(OSError):  # the terminal may be gone
            self.stdout.write(line)
            self.stdout.flush()


def _is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def _local(host: str) -> str:
    """Where this machine reaches a server that listens on `host`."""
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"[{near}]" if ":" in near else near


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def _answers(url: str) -> bool:
    """True once the web server answers at all."""
    opener = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=2):
            return True
    except HTTPError:
        return True
    except (URLError, OSError):
        return False
