"""The dialects as their callers write them, for tests that hold in every one of them."""

from __future__ import annotations

import base64
import io
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import quote

import httpx
from PIL import Image

from generations.sandbox import Sandbox
from generations.sandbox.messages import Request
from tests.sandbox.conftest import KEY, NO_TLS, PATIENCE

PAYLOADS = Path(__file__).parent.parent / "payloads"
FINAL = ("completed", "failed", "cancelled", "success", "fail", "failure")


@dataclass(frozen=True)
class Tongue:
    """One dialect: where to create and ask, a body that is accepted, and where its answers keep things."""

    slug: str
    create_path: str
    query_path: Callable[[str], str]
    body: Mapping[str, Any]
    id_key: str = "id"
    has_progress: bool = True

    def url_in(self, answer: Mapping[str, Any]) -> Any:
        """The URL in a completed answer, None when there is none."""
        return (answer.get("data") or {}).get("output") if self.slug == "v2_generations" else answer["video_url"]


UNIALL = Tongue(
    "uniall",
    "/v1/video/generations",
    lambda job_id: f"/v1/videos/{job_id}",
    {"model": "sora2-landscape-4s", "prompt": "A paper boat"},
)
UNIFIED = Tongue(
    "unified",
    "/v1/video/create",
    lambda job_id: f"/v1/video/query?id={quote(job_id, safe='')}",
    {"model": "sora-2", "prompt": "A paper boat", "orientation": "portrait", "size": "small", "duration": 10},
)
MINGYAN = Tongue(
    "mingyan",
    "/v1/sora/videos",
    lambda job_id: f"/v1/result/{job_id}",
    {"model": "openAiSora2Plus", "prompt": "A paper boat"},
    has_progress=False,
)
V2 = Tongue(
    "v2_generations",
    "/v2/videos/generations",
    lambda job_id: f"/v2/videos/generations/{job_id}",
    {"model": "sora-2", "prompt": "A paper boat"},
    id_key="task_id",
)
OPENAI = Tongue("openai_videos", "/v1/videos", lambda job_id: f"/v1/videos/{job_id}", {"prompt": "A paper boat"})
TONGUES = (UNIALL, UNIFIED, MINGYAN, V2)  # those whose answers hold the URL of the clip


class Talker:
    """Somebody with a key who speaks one dialect."""

    def __init__(self, sandbox: Sandbox, tongue: Tongue, mount: str = "", key: str = KEY) -> None:
        self.tongue = tongue
        headers = {"Authorization": f"Bearer {key}"}
        self.http = httpx.Client(base_url=sandbox.url + mount, headers=headers, timeout=PATIENCE, verify=NO_TLS)

    def create(self, prompt: str = "A paper boat", **fields: Any) -> httpx.Response:
        return self.http.post(self.tongue.create_path, json={**self.tongue.body, "prompt": prompt, **fields})

    def created(self, prompt: str = "A paper boat", **fields: Any) -> str:
        answer = self.create(prompt, **fields)
        assert answer.status_code == 200, answer.text
        return str(answer.json()[self.tongue.id_key])

    def query(self, job_id: str) -> httpx.Response:
        return self.http.get(self.tongue.query_path(job_id))

    def watch(self, job_id: str) -> Iterator[dict[str, Any]]:
        """Every answer up to the one that ends the job."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            answer = self.query(job_id).json()
            yield answer
            if str((answer.get("data") or answer).get("status", answer.get("status"))).lower() in FINAL:
                return
            time.sleep(0.01)
        raise AssertionError(f"{job_id} never ended")

    def ended(self, job_id: str) -> dict[str, Any]:
        return list(self.watch(job_id))[-1]


def request_of(body: Mapping[str, Any]) -> Request:
    """A create with this JSON body, as an order reader gets it without a server."""
    headers = {"content-type": "application/json"}
    return Request("POST", "/", headers, json.dumps(body).encode(), "http://127.0.0.1:1")


def shown(slug: str, name: str) -> dict[str, Any]:
    """A payload of the documents without its notes."""
    rows = json.loads((PAYLOADS / slug / f"{name}.json").read_text())
    return {key: value for key, value in rows.items() if not key.startswith("_")}


def shown_creates(slug: str) -> list[dict[str, Any]]:
    """Every create request the documents show."""
    return [shown(slug, path.stem) for path in sorted((PAYLOADS / slug).glob("create_request*.json"))]


def picture(width: int, height: int) -> bytes:
    """A grey PNG of this size."""
    content = io.BytesIO()
    Image.new("L", (width, height), 128).save(content, "PNG")
    return content.getvalue()


def data_uri(content: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


@contextmanager
def listener(content: bytes = b"", status: int = 200) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A server on this machine: its URL, and the JSON bodies posted to it. Every GET answers `content`."""
    posted: list[dict[str, Any]] = []

    class Ear(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_POST(self) -> None:
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Ear)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", posted
    finally:
        server.shutdown()
        server.server_close()
