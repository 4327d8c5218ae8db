"""When the database or the queue is away the site says so, and comes back by itself."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx
import pytest

from tests.processes.harness import PASSWORD, Installation, free_port, wait_for
from tests.processes.test_services import database
from tests.processes.wire import Wire, silence

__all__ = ["database"]
pytestmark = [pytest.mark.process]

Install = Callable[..., Installation]
OF_SOMEBODY = {"Cookie": "sessionid=abcdefghijklmnopqrstuvwxyz012345"}
HTMX = {"HX-Request": "true"}


@contextlib.contextmanager
def web(installation: Installation) -> Iterator[httpx.Client]:
    """Only the web server, and a browser that trusts it."""
    argv = [sys.executable, "-m", "gunicorn", "sora_portal.wsgi", "-b", f"127.0.0.1:{installation.port}"]
    log = installation.data.parent / "web.log"
    server = subprocess.Popen([*argv, "--threads", "4"], env=installation.env, stderr=log.open("wb"))
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{installation.port}", timeout=20) as browser:
            wait_for(lambda: _alive(browser), "a web server")
            yield browser
    finally:
        server.kill()
        server.wait()


def _alive(browser: httpx.Client) -> bool:
    try:
        return browser.get("/health/live").status_code == 200
    except httpx.TransportError:
        return False


def test_a_database_that_hangs_is_told_within_three_seconds(tmp_path: Path) -> None:
    with silence() as port:
        away = f"postgres://someone@127.0.0.1:{port}/nowhere"
        installation = Installation(tmp_path / "data", DATABASE_URL=away, PUBLIC_URL="https://videos.example.org")
        with web(installation) as browser:
            began = time.monotonic()
            answer = browser.get("/health/ready")
            assert time.monotonic() - began < 3.5
            assert answer.status_code == 503
            assert (answer.json()["database"], answer.json()["storage"]) == ("away", "ok")


def test_pages_say_what_is_away_and_look_again(install: Install) -> None:
    installation = install(DATABASE_URL=f"postgres://someone@127.0.0.1:{free_port()}/nowhere")
    with web(installation) as browser:
        page = browser.get("/", headers=OF_SOMEBODY)
        assert (page.status_code, page.headers["Refresh"], page.headers["Retry-After"]) == (503, "5", "5")
        assert "<h1>The database does not answer</h1>" in page.text
        assert "Nothing is lost" in page.text
        assert "set-cookie" not in page.headers, "nobody is signed out by this"
        assert "default-src 'self'" in page.headers["Content-Security-Policy"]

        fragment = browser.get("/status/?card=x", headers=OF_SOMEBODY | HTMX)
        assert (fragment.status_code, fragment.text) == (503, "The database is away.")
        assert "Refresh" not in fragment.headers

        token = browser.get("/accounts/login/").cookies["csrftoken"]
        data = {"login": "a@example.org", "password": "x", "csrfmiddlewaretoken": token}
        sent = browser.post("/accounts/login/", data=data)
        assert (sent.status_code, "Refresh" in sent.headers) == (503, False)
        assert "send it again in a moment" in sent.text
    assert "Traceback" not in (installation.data.parent / "web.log").read_text()


@pytest.mark.matrix
def test_a_page_comes_back_with_its_session_when_the_database_does(database: str, install: Install) -> None:
    target = urlsplit(database)
    wire = Wire(target.hostname or "", target.port or 5432)
    installation = install(DATABASE_URL=urlunsplit(target._replace(netloc=f"{target.username}@127.0.0.1:{wire.port}")))
    assert installation.manage("migrate", "-v0").returncode == 0
    assert installation.manage("member", "add", "--email", "a@example.org", "--role", "admin").returncode == 0
    installation.python(
        f"from generations.models import User; u = User.objects.get(); u.set_password({PASSWORD!r}); u.save()"
    )
    with web(installation) as browser:
        token = browser.get("/accounts/login/").cookies["csrftoken"]
        data = {"login": "a@example.org", "password": PASSWORD, "csrfmiddlewaretoken": token}
        assert browser.post("/accounts/login/", data=data).headers["Location"] == "/"
        assert browser.get("/").status_code == 200
        for _ in range(2):
            wire.cut()
            assert {browser.get("/").status_code for _ in range(6)} == {503}
            assert browser.get("/status/", headers=HTMX).status_code == 503
            wire.mend()
            assert browser.get("/").status_code == 200


@pytest.mark.matrix
def test_a_queue_that_is_away_is_told(install: Install) -> None:
    installation = install(REDIS_URL=f"redis://127.0.0.1:{free_port()}/0")
    with web(installation) as browser:
        assert browser.get("/health/ready").json()["broker"] == "away"
        token = browser.get("/accounts/login/").cookies["csrftoken"]
        data = {"login": "a@example.org", "password": "wrong", "csrfmiddlewaretoken": token}
        sent = browser.post("/accounts/login/", data=data)  # failed tries are counted in the cache
        assert (sent.status_code, "<h1>The queue does not answer</h1>" in sent.text) == (503, True)
