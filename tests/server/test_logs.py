"""Log lines: two forms, no secret in either."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from generations.models import Provider
from generations.services.providers import add_provider
from sora_portal.blot import blotted, remember_within
from sora_portal.logs import JsonLines, Line
from tests.processes.wire import silence

ROOT = Path(__file__).resolve().parent.parent.parent
KEY = "live/9f+the key of a gateway"
FORMS = [Line, JsonLines]


@pytest.fixture
def written() -> Any:
    """A logger of its own and what it wrote."""

    def make(form: type[logging.Formatter]) -> tuple[logging.Logger, io.StringIO]:
        out, log = io.StringIO(), logging.Logger("generations.test")
        handler = logging.StreamHandler(out)
        handler.setFormatter(form())
        log.addHandler(handler)
        return log, out

    return make


@pytest.mark.django_db
@pytest.mark.parametrize("form", FORMS)
def test_an_error_that_carries_a_key_tells_everything_else(form: type[logging.Formatter], written: Any) -> None:
    add_provider("Gateway", "uniall", "https://api.example.com", KEY)
    log, out = written(form)
    provider = Provider.objects.get(name="Gateway")
    with silence() as port, pytest.raises(httpx.LocalProtocolError, match=re.escape(KEY)) as told:
        httpx.get(f"http://127.0.0.1:{port}/", headers={"Authorization": f"Bearer {provider.key}\n"})
    what = {"headers": {"X-API-Key": provider.key}}
    log.error("job %s could not be sent: %s", uuid4(), what, exc_info=told.value)
    line = out.getvalue()
    assert "Traceback" in line
    assert "could not be sent" in line
    assert KEY not in line
    assert "the key of a gateway" not in line


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("Authorization: Bearer abc.def-ghi", "abc.def-ghi"),
        ("{'authorization': 'Basic dXNlcjpwYXNz'}", "dXNlcjpwYXNz"),
        ("headers={b'X-Api-Key': b'0123456789'}", "0123456789"),
        ('{"api_key": "0123456789", "model": "sora-2"}', "0123456789"),
        ("sent Bearer 0123456789abcdef to it", "0123456789abcdef"),
        ("Incorrect API key provided: sk-abcdefghijklmnop", "sk-abcdefghijklmnop"),
        ("postgres://portal:hunter2@db:5432/portal is away", "hunter2"),
        ("GET /clip.mp4?X-Amz-Credential=AKIA/1&X-Amz-Signature=feed HTTP/1.1", "feed"),
        ("GET /hooks/job/s3cr3t-token/ HTTP/1.1", "s3cr3t-token"),
    ],
)
def test_what_looks_like_a_secret_is_blotted(text: str, hidden: str) -> None:
    assert hidden not in blotted(text)
    assert "•••" in blotted(text)


@pytest.mark.parametrize("text", ["GET /jobs/1234/ HTTP/1.1", "a task of 8 s", "https://api.example.com:8443/v1", ""])
def test_other_lines_stay_as_they_are(text: str) -> None:
    assert blotted(text) == text


def test_the_values_of_extra_headers_are_known_secrets() -> None:
    remember_within('{"X-Tenant-Pass": "a value of a header"}')
    assert blotted("sent a value of a header") == "sent •••"


def test_what_a_provider_says_begins_no_line_of_its_own(written: Any) -> None:
    log, out = written(Line)
    log.warning("job %s: %s", uuid4(), "bad\n2026-01-01 ERROR root: forged")
    assert len(out.getvalue().splitlines()) == 1


def test_a_json_line_names_its_job(written: Any) -> None:
    log, out = written(JsonLines)
    key = uuid4()
    log.info("job %s: %s -> %s", key, "queued", "running")
    log.info("a clip was kept", extra={"job": key})
    log.info("nothing about a job")
    first, second, third = map(json.loads, out.getvalue().splitlines())
    assert first["job"] == second["job"] == str(key)
    assert first["message"] == f"job {key}: queued -> running"
    assert first.keys() == {"time", "level", "logger", "message", "process", "job"}
    assert "job" not in third


@pytest.mark.parametrize(("form", "status"), [("json", 0), ("xml", 1)])
def test_every_library_writes_the_asked_form(form: str, status: int, tmp_path: Path) -> None:
    code = (
        "import os, django, logging; os.environ['DJANGO_SETTINGS_MODULE'] = 'sora_portal.settings'; django.setup()\n"
        "import django_q.conf\n"
        "logging.getLogger('django-q').warning('from the queue')\n"
        "from gunicorn.config import Config; from sora_portal.access_log import QuietLogger\n"
        "QuietLogger(Config()).warning('from the web server')\n"
    )
    env = {**os.environ, "PORTAL_DATA": str(tmp_path), "LOG_FORMAT": form}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    if status:
        assert "LOG_FORMAT" in done.stderr
    else:
        found = [json.loads(line) for line in done.stderr.splitlines()]
        assert [line["logger"] for line in found] == ["django-q", "gunicorn.error"]
