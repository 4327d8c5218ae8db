"""What the sandbox counted, over HTTP and from Python."""

from __future__ import annotations

import hashlib

import httpx

from generations.sandbox import Sandbox
from tests.sandbox.conftest import Caller


def test_every_post_and_every_job_is_counted(sandbox: Sandbox, own: Caller) -> None:
    prompt = "Counted [sandbox:no-url]"
    own.created(prompt)
    own.create(prompt, duration=99)
    own.http.post("/v1/video/generations", content=b"{")
    Caller(sandbox.url, "wrong").create(prompt)
    key = hashlib.sha256(prompt.encode()).hexdigest()[:16]
    assert httpx.get(f"{sandbox.url}/sandbox/stats").json() == {
        "creates": 1,
        "posts": 4,
        "posts_by_prompt": {key: 3},
        "jobs": 1,
        "references": [],
        "announcements_dropped": 0,
    }
    assert (sandbox.creates, sandbox.posts, sandbox.posts_for(prompt), sandbox.posts_for("other")) == (1, 4, 3, 0)
