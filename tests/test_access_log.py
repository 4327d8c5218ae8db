"""No log holds the secrets of an address; tests/processes/test_callbacks.py sees gunicorn's own."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
from django.test import Client

from sora_portal.blot import blotted

TOKEN = "s3cr3t-token-of-a-callback"
PATHS = ["/hooks/job/", "/hooks/provider/", "/references/link/", "/s/"]


@pytest.mark.parametrize("path", [*PATHS, "/invitation/", "/accounts/password/reset/key/"])
def test_a_token_is_blotted_out(path: str) -> None:
    line = f"POST {path}{TOKEN}/?x=1 HTTP/1.1"
    assert blotted(line) == f"POST {path}•••/?x=1 HTTP/1.1"


def test_any_other_address_is_left_as_it_is() -> None:
    assert blotted("GET /jobs/1234/ HTTP/1.1") == "GET /jobs/1234/ HTTP/1.1"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the portal's own handler writes."""
    (handler,) = (one for one in logging.getLogger().handlers if type(one) is logging.StreamHandler)
    text = io.StringIO()
    usual = handler.setStream(text)
    yield text
    handler.setStream(usual)


@pytest.mark.parametrize("path", PATHS)
def test_a_request_that_breaks_is_logged_without_its_token(
    path: str, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*words: object, **more: object) -> None:
        raise RuntimeError(f"out of luck at {path}{TOKEN}/")

    for view in ("hooks.callbacks.heard_about", "hooks.get_object_or_404", "references.signed_job", "shared.found"):
        monkeypatch.setattr(f"generations.views.{view}", broken)
    browser = Client(raise_request_exception=False)
    answer = browser.get(path + TOKEN + "/") if path in PATHS[2:] else browser.post(path + TOKEN + "/")
    assert answer.status_code == 500
    assert f"Internal Server Error: {path}•••/" in log.getvalue()
    assert "RuntimeError" in log.getvalue()
    assert TOKEN not in log.getvalue()
