"""Reading settings that need more than a type: each refusal names the variable and the cure."""

from __future__ import annotations

import hashlib
import re
import socket
from pathlib import Path

from environs import Env, EnvError

INSTANCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


def count(env: Env, name: str, default: int, most: int) -> int:
    """How many of something: from 1 to `most`."""
    text = env.str(name, str(default))
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= most):
        raise EnvError(f"{name}={text}: give a whole number from 1 to {most}.")
    return int(text)


def instance(env: Env, data: Path) -> str:
    """What tells this installation from others on the same database: PORTAL_INSTANCE, or machine and data folder."""
    given = env.str("PORTAL_INSTANCE", "")
    if given and not INSTANCE.fullmatch(given):
        raise EnvError(f"PORTAL_INSTANCE={given}: give at most 40 letters, digits, dots, dashes or underscores.")
    machine = re.sub(r"[^A-Za-z0-9.]", "-", socket.gethostname())[:31].lstrip("-.")
    return given or f"{machine or 'portal'}-{hashlib.sha256(str(data).encode()).hexdigest()[:8]}"
