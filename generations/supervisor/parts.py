"""What the portal is made of: the command of each part, and how one sees that it is alive."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from generations.models import Heartbeat
from generations.services.kick import (
    ARCHIVE_BEAT,
    ARCHIVES,
    ENGINE,
    ENGINE_BEAT,
    MAIN,
    canary_beat,
    kick_canary,
    kick_engine_again,
)
from sora_portal.keyfiles import kept_secret

PYTHON = sys.executable
SANDBOX_KEY_FILE = "sandbox.key"

WEB, WORKER, ENGINES = "web", "worker", "engine"
ROLES = (WEB, WORKER, ENGINES)
"""What a machine may be there for. A portal on one machine plays all of them."""


@dataclass(frozen=True, slots=True)
class Part:
    """One child of the supervisor.

    `pulse` reads when it was last seen alive; older than `stale` seconds means stuck. `prompt` is done every few
    seconds: it asks for a pulse. `grace` is how many seconds a stop may take. `sees` names the
    variables of our environment it may know; None means all.
    """

    name: str
    argv: list[str]
    env: Mapping[str, str] = field(default_factory=dict)
    pulse: Callable[[], datetime | None] | None = None
    stale: float = 30
    prompt: Callable[[], None] | None = None
    grace: float = 15
    sees: frozenset[str] | None = None


def parts(roles: Collection[str], *, sandbox: bool = False) -> list[Part]:
    """The parts of these roles, the web server first; see `loop` for what that means."""
    found = [_web()] if WEB in roles else []
    found += [_sandbox()] if sandbox else []
    found += [_cluster(MAIN), _archive()] if WORKER in roles else []
    return found + ([_engine()] if ENGINES in roles else [])


def _web() -> Part:
    argv = [
        *[PYTHON, "-m", "gunicorn", "sora_portal.wsgi"],
        *["--bind", f"{settings.BIND_HOST}:{settings.PORT}", "--worker-class", "gthread"],
        *["--workers", str(settings.WEB_WORKERS), "--threads", str(settings.WEB_THREADS)],
        *["--graceful-timeout", "8", "--no-control-socket", "--config", "python:sora_portal.gunicorn"],
        *["--log-level", "warning", "--logger-class", "sora_portal.access_log.QuietLogger"],
    ]
    return Part("web server", argv, grace=10)


def _cluster(name: str) -> Part:
    return Part(
        "queue" if name == MAIN else name,
        [PYTHON, str(settings.BASE_DIR / "manage.py"), "cluster", name],
        {"Q_CLUSTER_NAME": name},
        pulse=lambda: Heartbeat.last_here(canary_beat(name)),
        prompt=lambda: kick_canary(name),
    )


def _engine() -> Part:
    part = _cluster(ENGINE)
    return Part(
        part.name,
        part.argv,
        part.env,
        pulse=lambda: Heartbeat.last_here(ENGINE_BEAT),
        stale=10,
        prompt=lambda: kick_engine_again() if _is_silent() else None,
        grace=45,
    )


def _is_silent() -> bool:
    last = Heartbeat.last_here(ENGINE_BEAT)
    return last is None or abs((timezone.now() - last).total_seconds()) > 3


def _archive() -> Part:
    part = _cluster(ARCHIVES)

    def pulse() -> datetime | None:
        """Idle it answers canaries; busy it beats once a second while bytes come in."""
        beats = [beat for beat in map(Heartbeat.last_here, (canary_beat(ARCHIVES), ARCHIVE_BEAT)) if beat]
        return max(beats, default=None)

    return Part(part.name, part.argv, part.env, pulse=pulse, stale=120, prompt=part.prompt, grace=20)


def _sandbox() -> Part:
    data = Path(settings.DATA_DIR)
    argv = [PYTHON, "-m", "generations.sandbox", "--port", str(settings.SANDBOX_PORT), "--data", str(data / "sandbox")]
    # It answers strangers' HTTP, so it is told nothing but where Python is.
    plain = frozenset({"PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "SANDBOX_SPEED", "TMPDIR"})
    return Part("sandbox provider", argv, {"SANDBOX_KEY": sandbox_key()}, grace=5, sees=plain)


def sandbox_key() -> str:
    """The key the portal and its sandbox share."""
    return kept_secret(Path(settings.DATA_DIR) / SANDBOX_KEY_FILE, lambda: secrets.token_urlsafe(24))
