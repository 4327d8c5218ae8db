"""The one command: prepare the data, start every part, keep them running until Ctrl-C."""

import contextlib
import hashlib
import os
import socket
import sys
import urllib.request
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from generations.services.archive import clear_workshop
from generations.services.install import FirstAdmin, ensure_admin, ensure_sandbox
from generations.supervisor import AlreadyRunning, hold_lock, parts, supervise
from generations.supervisor.parts import sandbox_key


class Command(BaseCommand):
    help = "Run the whole portal: web server, queues, engine, sandbox provider. Ctrl-C stops everything in order."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with hold_lock(settings.DATA_DIR):
                self._check_ports()
                call_command("migrate", interactive=False, verbosity=0)
                collect_static()
                clear_workshop()  # the lock is held: what lies there was left behind by a killed worker
                admin = self._people_and_sandbox()
                # Commands in other shells read it for the links they print.
                (settings.DATA_DIR / "address").write_text(settings.PORTAL_ADDRESS)
                connection.close()
                # The supervisor must hear Ctrl-C while others hold the database, so it waits for it briefly only.
                connection.settings_dict["OPTIONS"] |= {"timeout": 3} if connection.vendor == "sqlite" else {}
                supervise(parts(), self._say, lambda: self._greet_when_up(admin))
        except AlreadyRunning as error:
            raise CommandError(str(error)) from error

    def _check_ports(self) -> None:
        wanted = [("PORT", settings.HOST, settings.PORT)]
        wanted += [("SANDBOX_PORT", "127.0.0.1", settings.SANDBOX_PORT)] if settings.SANDBOX else []
        for name, host, port in wanted:
            if not _is_free(host, port):
                raise CommandError(f"Port {port} is in use. Choose another one by {name}=….")

    def _people_and_sandbox(self) -> FirstAdmin | None:
        if settings.SANDBOX:
            ensure_sandbox(f"http://127.0.0.1:{settings.SANDBOX_PORT}", sandbox_key())
        return ensure_admin(
            # Taken out, so that no child process inherits it.
            os.environ.get("PORTAL_ADMIN_EMAIL", "admin@localhost"),
            os.environ.pop("PORTAL_ADMIN_PASSWORD", ""),
        )

    def _greet_when_up(self, admin: FirstAdmin | None) -> bool:
        if not _answers(f"http://{_local(settings.HOST)}:{settings.PORT}/accounts/login/"):
            return False
        self._say(f"\nSora Portal runs on {settings.PORTAL_ADDRESS}")
        if admin and admin.password:
            self._say(f"Sign in as {admin.email} with the password {admin.password}")
            self._say("It is shown this once. Change it under your initials, top right.")
        elif admin:
            self._say(f"Sign in as {admin.email} with the password from PORTAL_ADMIN_PASSWORD.")
        else:
            self._say("Sign in with your e-mail. A new password: manage.py member reset-link --email …")
        if settings.SANDBOX:
            self._say("The sandbox provider makes free test clips; the README tells how to connect a real one.")
        self._say("Ctrl-C stops everything.\n")
        return True

    def _say(self, line: str) -> None:
        with contextlib.suppress(OSError):  # the terminal may be gone
            self.stdout.write(line)
            self.stdout.flush()


def collect_static() -> None:
    """Collect static files when their sources changed since the last time."""
    stamp, now = Path(settings.STATIC_ROOT) / ".collected", _static_fingerprint()
    if stamp.is_file() and stamp.read_text() == now:
        return
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp.write_text(now)


def _static_fingerprint() -> str:
    """Names, sizes and times of our static files, and which Python environment the libraries' files come from."""
    parts = [f"{p}:{p.stat().st_size}:{p.stat().st_mtime_ns}" for p in sorted(_static_files())]
    return hashlib.sha256("\n".join([sys.prefix, *parts]).encode()).hexdigest()


def _static_files() -> list[Path]:
    ours = [p for folder in settings.STATICFILES_DIRS for p in Path(folder).rglob("*") if p.is_file()]
    return [*ours, settings.BASE_DIR / "requirements.txt"]


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
