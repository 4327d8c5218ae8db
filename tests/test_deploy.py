"""The samples under deploy/ fit the portal: variables it reads, addresses it has, time enough to stop."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml

from generations.supervisor import ROLES, parts
from generations.supervisor.child import Child
from generations.supervisor.loop import groups

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose/compose.yaml").read_text())
OURS = {name: service for name, service in COMPOSE["services"].items() if service.get("image") == "sora-portal"}
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
READ = re.compile(r"""(?:\benv\.\w+\(|count\(env, |environ(?:\.get\(|\.pop\(|\[))\s*"([A-Z_]+)\"""")
ASSIGNED = re.compile(r"^#?([A-Z_]+)=", re.MULTILINE)
PYTHONS = {"PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "PIP_NO_CACHE_DIR"}
COMPOSES = {"POSTGRES_PASSWORD", "MINIO_PASSWORD", "FILES_URL"}  # of the other services in its file
ELSEWHERE: set[str] = set()  # read with the storage settings


def known() -> set[str]:
    """Every environment variable that the portal reads."""
    sources = chain((ROOT / "sora_portal").rglob("*.py"), (ROOT / "generations").rglob("*.py"))
    return set(chain.from_iterable(READ.findall(source.read_text()) for source in sources)) | ELSEWHERE


def test_every_variable_of_the_samples_is_one_that_the_portal_reads() -> None:
    in_units = set(ASSIGNED.findall((DEPLOY / "systemd/portal.env.example").read_text()))
    in_image = set(re.findall(r"\b([A-Z_]+)=", (DEPLOY / "Dockerfile").read_text())) - PYTHONS
    in_compose = set(chain.from_iterable(service["environment"] for service in OURS.values()))
    for_compose = set(ASSIGNED.findall((DEPLOY / "compose/portal.env.example").read_text())) - COMPOSES
    assert {"HOST", "PUBLIC_URL", "QUEUE_WORKERS", "PORTAL_INSTANCE"} <= in_units
    assert (in_units | in_image | in_compose | for_compose) - known() == set()


def test_what_the_compose_file_asks_for_is_in_its_sample() -> None:
    asked = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", (DEPLOY / "compose/compose.yaml").read_text()))
    assert asked == set(ASSIGNED.findall((DEPLOY / "compose/portal.env.example").read_text()))


def test_the_compose_file_plays_every_role_once() -> None:
    assert sorted(service["command"][1] for service in OURS.values()) == sorted(ROLES)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_service_manager_waits_longer_than_a_stop_may_take(unit: Path) -> None:
    every = [Child(part, 0) for part in parts(ROLES, sandbox=True)]
    longest = sum(max(child.part.grace for child in group) for group in groups(every))
    text = unit.read_text()
    assert "KillMode=mixed" in text
    assert int(re.findall(r"TimeoutStopSec=(\d+)", text)[0]) > longest
    assert all(int(service["stop_grace_period"].removesuffix("s")) > longest for service in OURS.values())


def test_the_template_differs_from_the_whole_in_the_role_only() -> None:
    whole, template = (unit.read_text().splitlines() for unit in UNITS)
    differing = [(a, b) for a, b in zip(whole, template, strict=True) if a != b and not a.startswith("#")]
    assert [b for _, b in differing] == [
        "Description=Sora Portal (%i)",
        "ExecStart=/opt/sora-portal/.venv/bin/python manage.py portal --only %i",
    ]


def test_the_proxy_writes_no_token_into_its_log() -> None:
    skipped = re.findall(r"@tokens path (.*)", (DEPLOY / "compose/Caddyfile").read_text())[0].split()
    assert skipped == ["/hooks/*", "/references/link/*", "/s/*", "/accounts/password/reset/key/*"]
