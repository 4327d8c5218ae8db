"""Settings that cost money or safety when wrong: each check has an id and a hint."""

from __future__ import annotations

import sqlite3
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Caution

from generations.transport import Timeouts

AROUND_A_COPY = 150  # seconds: asking for another address, looking into the clip, storing it
OLDEST_SQLITE = (3, 35)
SHORTEST_TOKEN = 16


@register(Tags.security)
def encryption_keys(**kwargs: Any) -> list[CheckMessage]:
    """A key that does not work would lose every provider key at the next save."""
    try:
        keys = [Fernet(key) for key in settings.PORTAL_ENCRYPTION_KEYS]
    except ValueError:
        keys = []
    if keys:
        return []
    hint = 'Make one: python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
    return [Error("PORTAL_ENCRYPTION_KEYS holds no usable key.", hint=hint, id="generations.E001")]


@register(Tags.security)
def public_url(**kwargs: Any) -> list[CheckMessage]:
    """Allowed hosts, cookies and links follow PUBLIC_URL."""
    parts = urlsplit(settings.PUBLIC_URL)
    if not settings.PUBLIC_URL or (parts.scheme in {"http", "https"} and parts.hostname and not parts.path):
        return []
    hint = "Give scheme and host, and the port if it is not the usual one: https://videos.example.org"
    return [Error(f"PUBLIC_URL is not an address: {settings.PUBLIC_URL}", hint=hint, id="generations.E002")]


@register(Tags.security)
def metrics_token(**kwargs: Any) -> list[CheckMessage]:
    """Anybody who guesses it reads how much the team makes."""
    if not settings.METRICS_TOKEN or len(settings.METRICS_TOKEN) >= SHORTEST_TOKEN:
        return []
    hint = f"Take {SHORTEST_TOKEN} signs or more: openssl rand -hex 24"
    return [Caution("METRICS_TOKEN is short enough to be guessed.", hint=hint, id="generations.W020")]


@register(Tags.files)
def storage_url(**kwargs: Any) -> list[CheckMessage]:
    """Files that go to the wrong place are lost."""
    if not settings.STORAGE_TROUBLE:
        return []
    hint = "STORAGE_URL=s3://KEY:SECRET@bucket/prefix?endpoint=https://s3.example.org&region=eu-1; README, “Settings”."
    return [Error(f"STORAGE_URL cannot be used. {settings.STORAGE_TROUBLE}", hint=hint, id="generations.E020")]


@register(Tags.security, deploy=True)
def public_url_is_safe(**kwargs: Any) -> list[CheckMessage]:
    if settings.PUBLIC_URL.startswith("https://"):
        return []
    hint = "Put a TLS proxy in front and set PUBLIC_URL to its https address."
    return [Caution("Passwords and sessions travel in the clear.", hint=hint, id="generations.W001")]


@register
def portal_time_zone(**kwargs: Any) -> list[CheckMessage]:
    """Without it nobody could say which month pays."""
    try:
        ZoneInfo(settings.PORTAL_TIME_ZONE)
    except (ZoneInfoNotFoundError, ValueError):
        hint = "Name one of the tz database, such as Europe/Berlin or Asia/Shanghai."
        return [Error(f"PORTAL_TIME_ZONE={settings.PORTAL_TIME_ZONE} is unknown.", hint=hint, id="generations.E023")]
    return []


@register
def submit_lease(**kwargs: Any) -> list[CheckMessage]:
    """A live submitter that is overtaken shows its job as unknown although it may be well."""
    slowest = Timeouts().total
    if slowest < settings.SUBMIT_LEASE:
        return []
    hint = f"Set it above {slowest:.0f}, the longest a POST may take."
    return [Caution(f"SUBMIT_LEASE={settings.SUBMIT_LEASE} is short.", hint=hint, id="generations.W002")]


@register
def engine_turn(**kwargs: Any) -> list[CheckMessage]:
    """A turn that the queue cuts off loses the answers of requests on their way."""
    longest = settings.ENGINE_TURN + Timeouts().total + 30
    conf: dict[str, Any] = settings.Q_CLUSTER
    limit = conf["ALT_CLUSTERS"]["engine"]["timeout"]
    if longest < limit:
        return []
    hint = f"Set it to {limit - Timeouts().total - 31:.0f} at most."
    return [Error(f"ENGINE_TURN={settings.ENGINE_TURN} is too long.", hint=hint, id="generations.E005")]


@register
def archive_try(**kwargs: Any) -> list[CheckMessage]:
    """A try that the queue cuts off loses its lease and what was measured of the file."""
    conf: dict[str, Any] = settings.Q_CLUSTER
    limit = conf["ALT_CLUSTERS"]["archive"]["timeout"] - AROUND_A_COPY
    if limit >= settings.ARCHIVE_TRY_SECONDS:
        return []
    hint = f"Set it to {limit} at most; a larger file goes on in the next try."
    return [Error(f"ARCHIVE_TRY_SECONDS={settings.ARCHIVE_TRY_SECONDS} is too long.", hint=hint, id="generations.E022")]


@register
def keeping(**kwargs: Any) -> list[CheckMessage]:
    """Numbers that would keep nothing, or throw away what is meant to stay."""
    least = {"ARCHIVE_FILE_MOST": 1 << 20, "ARCHIVE_KEEP_FREE": 0, "ARCHIVE_PATIENCE": 600, "ARCHIVE_SLOWEST": 0}
    least |= {"ARCHIVE_TRY_SECONDS": 30, "TRASH_DAYS": 1, "RETENTION_DAYS": 0}
    return [
        Error(
            f"{name}={getattr(settings, name)} is too little.", hint=f"Set it to {most} or more.", id="generations.E021"
        )
        for name, most in least.items()
        if getattr(settings, name) < most
    ]


@register
def redelivery(**kwargs: Any) -> list[CheckMessage]:
    """A task that waits prefetched longer than `retry` is delivered twice."""
    common: dict[str, Any] = settings.Q_CLUSTER
    others = common.get("ALT_CLUSTERS", {})
    clusters = {"portal": common, **{name: common | own for name, own in others.items()}}
    return [
        Error(
            f"Cluster {name} delivers tasks twice.",
            hint="retry must exceed timeout * (1 + queue_limit / workers).",
            id="generations.E003",
        )
        for name, c in clusters.items()
        if c["retry"] <= c["timeout"] * (1 + c["queue_limit"] / c["workers"])
    ]


@register(Tags.database)
def sqlite_version(**kwargs: Any) -> list[CheckMessage]:
    """The engine claims rows by UPDATE ... RETURNING."""
    if "sqlite3" not in settings.DATABASES["default"]["ENGINE"] or sqlite3.sqlite_version_info >= OLDEST_SQLITE:
        return []
    hint = "Use a newer Python, or PostgreSQL by DATABASE_URL."
    return [Error(f"SQLite {sqlite3.sqlite_version} is too old.", hint=hint, id="generations.E004")]
