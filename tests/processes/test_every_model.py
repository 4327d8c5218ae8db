"""`manage.py generate` makes a clip with every model of every catalogue, through the sandbox's own dialects."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from generations.catalogue import presets_of
from generations.dialects import DIALECTS
from tests.processes.harness import Installation, portal, wait_for

pytestmark = [pytest.mark.process, pytest.mark.matrix]

# Where the sandbox plays a preset's kind of host.
MOUNTS = {
    "openai-strict": "/strict",
    "openai-gateway": "/gateway",
    "mingyan": "/kyyReactApiServer",
    "mingyan-older": "/older",
}
PRESETS = [(slug, preset) for slug in sorted(DIALECTS) for preset in presets_of(slug)]
TABLE = [(preset.slug, model.slug) for _, preset in PRESETS for model in preset.models]

ASK = """
import io, json, os
from django.core.management import call_command
os.environ["KEY_OF_TEST"] = {key!r}
for dialect, preset, url in {places!r}:
    given = {{"dialect": dialect, "name": preset, "preset": preset, "base_url": url, "key_env": "KEY_OF_TEST"}}
    pace = ["--allow-private", "yes", "--in-flight", "50", "--poll-interval", "0.5"]
    named = [word for flag, value in given.items() for word in ("--" + flag.replace("_", "-"), value)]
    call_command("provider", "add", *named, *pace)
keys = {{}}
for provider, model in {table!r}:
    out = io.StringIO()
    call_command("generate", provider=provider, model=model, prompt=provider + " " + model, stdout=out)
    keys[provider + " " + model] = out.getvalue().strip()
print(json.dumps(keys))
"""


def test_every_model_of_every_catalogue_makes_a_clip(install: Callable[..., Installation]) -> None:
    installation = install(SANDBOX_SPEED="60")
    with portal(installation):
        key = (installation.data / "sandbox.key").read_text().strip()
        asking = ASK.format(places=places(installation), key=key, table=TABLE)
        keys = json.loads(installation.python(asking).splitlines()[-1])
        assert len(keys) == len(TABLE)
        wait_for(lambda: ended(installation) == len(TABLE), "an end of every job", 150)
    rows = installation.rows(
        "SELECT p.text, j.state, j.reason, o.stored_at IS NOT NULL, o.duration, j.seconds "
        "FROM generations_job j JOIN generations_prompt p ON p.id = j.prompt_id "
        "LEFT JOIN generations_output o ON o.job_id = j.id"
    )
    assert [row for row in rows if row[1] != "done" or not row[3] or abs(row[4] - row[5]) > 0.5] == []
    assert sorted(row[0] for row in rows) == sorted(keys)


def places(installation: Installation) -> list[tuple[str, str, str]]:
    """Each preset with its dialect and where the sandbox plays it."""
    base = f"http://127.0.0.1:{installation.sandbox_port}"
    return [(slug, preset.slug, f"{base}{MOUNTS.get(preset.slug, '')}/v1") for slug, preset in PRESETS]


def ended(installation: Installation) -> int:
    states = ("done", "failed", "unknown", "cancelled")
    marks = ", ".join("?" * len(states))
    return int(installation.rows(f"SELECT count(*) FROM generations_job WHERE state IN ({marks})", *states)[0][0])
