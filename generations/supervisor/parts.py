"""What the portal is made of: the command of each part, and how one sees that it is alive."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable, Mapping
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


@dataclass(frozen=True, slots=True)
class Part:
    """One child of the supervisor.

    `pulse` reads when it was last seen alive; older than `stale` seconds means stuck. `prompt` is done right after a
    start and every few seconds: it asks for a pulse. `grace` is how many seconds a stop may take. `sees` names the
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


def parts() -> list[Part]:
    """Every part. The first one starts alone, so that the first page comes soon; see `loop` for the end."""
    return [_web(), *([_sandbox()] if settings.SANDBOX else []), _cluster(MAIN), _engine(), _archive()]


def _web() -> Part:
    argv = [
        *[PYTHON, "-m", "gunicorn", "sora_portal.wsgi"],
        *["--bind", f"{settings.BIND_HOST}:{settings.PORT}", "--worker-class", "gthread"],
        *["--workers", "1", "--threads", "16", "--graceful-timeout", "8", "--no-control-socket"],
        *["--log-level", "warning"],
    ]
    return Part("web server", argv, grace=10)


def _cluster(name: str) -> Part:
    return Part(
        "queue" if name == MAIN else name,
        [PYTHON, str(settings.BASE_DIR / "manage.py"), "cluster", name],
        {"Q_CLUSTER_NAME": name},
        pulse=lambda: Heartbeat.last(canary_beat(name)),
        prompt=lambda: kick_canary(name),
    )


def _engine() -> Part:
    part = _cluster(ENGINE)
    return Part(
        part.name,
        part.argv,
        part.env,
        pulse=lambda: Heartbeat.last(ENGINE_BEAT),
        stale=10,
        prompt=lambda: kick_engine_again() if _is_silent() else None,
        grace=45,
    )


def _is_silent() -> bool:
    last = Heartbeat.last(ENGINE_BEAT)
    return last is None or (timezone.now() - last).total_seconds() > 3


def _archive() -> Part:
    part = _cluster(ARCHIVES)

    def pulse() -> datetime | None:
        """Idle it answers canaries; busy it beats once a second while bytes come in."""
        beats = [beat for beat in map(Heartbeat.last, (canary_beat(ARCHIVES), ARCHIVE_BEAT)) if beat]
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
