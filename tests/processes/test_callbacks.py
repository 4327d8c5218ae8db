"""Providers that call back, end to end: the look comes with the call, long before its own time."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from generations.sandbox import Sandbox
from tests.processes.harness import Installation, free_port, portal, wait_for

pytestmark = [pytest.mark.process, pytest.mark.matrix]

TOKENS = """
from generations.models import Submission
from generations.services.callbacks import callback_token
print(*map(callback_token, Submission.objects.all()))
"""
SECRET = "whsec_c2VjcmV0IG9mIHRoZSBhY2NvdW50"
ADD = """
import json
from generations.services.providers import add_provider
pace = {{"allow_private": True, "poll_interval": 600}}
add_provider("Calls", "v2_generations", {near!r}, {key!r}, **pace)
account = add_provider("Account", "openai_videos", {far!r}, "k-of-the-account", webhook_secret={secret!r}, **pace)
print(json.dumps(account.webhook_token))
"""


def ask(installation: Installation, provider: str) -> str:
    done = installation.manage("generate", "--provider", provider, "--model", "sora-2", "--prompt", "It calls back")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_call_ends_the_wait_and_no_log_shows_its_token(install: Callable[..., Installation], tmp_path: Path) -> None:
    log, far = tmp_path / "access.log", free_port()
    installation = install(SANDBOX_SPEED="20", GUNICORN_CMD_ARGS=f"--access-logfile {log}")
    with portal(installation):
        key = (installation.data / "sandbox.key").read_text().strip()
        urls = {"near": f"http://127.0.0.1:{installation.sandbox_port}", "far": f"http://127.0.0.1:{far}"}
        token = json.loads(installation.python(ADD.format(key=key, secret=SECRET, **urls)).splitlines()[-1])
        hook = f"{installation.url}/hooks/provider/{token}/"
        with Sandbox(port=far, key="k-of-the-account", speed=20, webhook_url=hook, webhook_secret=SECRET):
            jobs = [ask(installation, provider) for provider in ("Calls", "Account")]
            wait_for(lambda: all(installation.state_of(job) == "done" for job in jobs), "both clips", 60)
    text = log.read_text()
    tokens = [token, *installation.python(TOKENS).split()]
    assert "/hooks/job/•••/" in text
    assert "/hooks/provider/•••/" in text
    assert not any(secret in text for secret in tokens)
