"""A whole portal that keeps its clips in a bucket."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import av
import httpx
import pytest
from playwright.sync_api import sync_playwright

from tests.browser.helpers import CHROMIUM, HOW_TO_GET, QUIET, sign_in
from tests.conftest import needs
from tests.processes.conftest import install
from tests.processes.harness import PASSWORD, portal, wait_for
from tests.storage.conftest import address

__all__ = ["install"]
pytestmark = [pytest.mark.process, pytest.mark.matrix]

SEEK = "video => new Promise(done => { video.onseeked = () => done(video.currentTime); video.currentTime = 2; })"


def test_a_clip_goes_to_the_bucket_and_is_played_from_there(
    s3_server: str, bucket: str, install: Any, tmp_path: Path
) -> None:
    installation = install(STORAGE_URL=address(s3_server, bucket), SANDBOX_SPEED="20")
    with portal(installation) as running:
        key = installation.generate("A kettle in a bucket")
        wait_for(lambda: installation.state_of(key) == "done", "the clip", 90)
        assert not list((installation.data / "media").rglob("*.mp4"))
        with httpx.Client(base_url=f"http://localhost:{installation.port}", timeout=30) as browser:
            token = browser.get("/accounts/login/").cookies["csrftoken"]
            form = {"login": "admin@localhost", "password": PASSWORD, "csrfmiddlewaretoken": token}
            assert browser.post("/accounts/login/", data=form).status_code == 302
            clip = browser.get(f"/jobs/{key}/clip/", follow_redirects=True)
            assert str(clip.url).startswith(f"{s3_server}/{bucket}/team-a/clips/")
            (tmp_path / "clip.mp4").write_bytes(clip.content)
            with av.open(str(tmp_path / "clip.mp4")) as opened:
                assert opened.streams.video[0].frames > 0
        _plays_in_a_browser(f"http://localhost:{installation.port}", key)
        running.interrupt()
        assert running.ended() == 0


def _plays_in_a_browser(url: str, key: str) -> None:
    needs(CHROMIUM, HOW_TO_GET)
    with (
        sync_playwright() as driver,
        contextlib.closing(driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)) as chromium,
    ):
        page = chromium.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        sign_in(page, url)
        page.goto(f"{url}/jobs/{key}/")
        video = page.locator("video")
        video.evaluate("video => { video.preload = 'auto'; video.load(); }")
        wait_for(lambda: video.evaluate("video => video.readyState > 1"), "a picture of the clip")
        assert video.evaluate(SEEK) == 2
        assert complaints == []
