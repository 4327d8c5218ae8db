"""A sandbox in this process, and a client that talks to it the way the portal would."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from generations.sandbox import Sandbox

KEY = "a-key-of-the-tests"
SPEED = 400.0
PATIENCE = 30.0  # seconds; only a broken sandbox takes longer
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # certificates are slow to load, and nobody asks for them


class Caller:
    """One member of the public with a key."""

    def __init__(self, url: str, key: str = KEY) -> None:
        self.http = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=PATIENCE, verify=NO_TLS
        )

    def create(self, prompt: str = "A cat running through grass", **fields: Any) -> httpx.Response:
        body = {"model": "sora2-landscape-4s", "prompt": prompt} | fields
        return self.http.post("/v1/video/generations", json=body)

    def created(self, prompt: str = "A cat running through grass", **fields: Any) -> str:
        answer = self.create(prompt, **fields)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def query(self, job_id: str) -> httpx.Response:
        return self.http.get(f"/v1/videos/{job_id}")

    def watch(self, job_id: str) -> Iterator[dict[str, Any]]:
        """Every answer up to the one that ends the job."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            answer = self.query(job_id).json()
            yield answer
            if answer.get("status") not in ("queued", "in_progress", "marinating"):
                return
            time.sleep(0.005)
        raise AssertionError(f"{job_id} never ended")

    def ended(self, job_id: str) -> dict[str, Any]:
        return list(self.watch(job_id))[-1]


@pytest.fixture(scope="session")
def shared_sandbox() -> Iterator[Sandbox]:
    """One sandbox for all tests that need no state of their own."""
    with Sandbox(key=KEY, speed=SPEED) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def caller(shared_sandbox: Sandbox) -> Caller:
    return Caller(shared_sandbox.url)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox of this test's own, for counting."""
    with Sandbox(key=KEY, speed=SPEED) as sandbox:
        yield sandbox


@pytest.fixture
def own(sandbox: Sandbox) -> Caller:
    return Caller(sandbox.url)
