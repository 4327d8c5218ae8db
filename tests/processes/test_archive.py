"""A copy that is under way when the portal ends: stopped in order or killed, it goes on where it was."""

from __future__ import annotations

import hashlib
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.processes.harness import Installation, portal, wait_for

pytestmark = [pytest.mark.process, pytest.mark.matrix]


@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_a_copy_goes_on_after_the_next_start(how: str, install: Callable[..., Installation]) -> None:
    site = install(SANDBOX_SPEED="60")
    with portal(site) as running:
        key = site.generate("A fox [sandbox:drip-file=12000]")
        note = Path(wait_for(lambda: next(site.data.glob("incoming/*/clip.mp4.mark"), None), "a first note"))
        wait_for(lambda: json.loads(note.read_text())["kept"] > 20_000, "some bytes")
        if how == "stopped":
            running.interrupt()
            running.ended()
        else:
            left = running.descendants()
            running.process.kill()
            for pid in left:
                with_no_mercy(pid)
    before = json.loads(note.read_text())
    assert 20_000 < before["kept"] < before["total"]
    with portal(site):
        # A killed worker's lease has to end first.
        wait_for(lambda: site.state_of(key) == "done", "the clip", 60 if how == "stopped" else 240)
        (row,) = site.rows("SELECT clip, sha256, attempts, trouble FROM generations_output")
    content = (site.data / "media" / row[0]).read_bytes()
    assert len(content) == before["total"]
    assert hashlib.sha256(content).hexdigest() == row[1]
    assert row[3] == ""
    assert not list(site.data.glob("incoming/*"))


def with_no_mercy(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
