"""UniAll: create on /v1/video/generations, ask on /v1/videos/{id}.

Sources: S0 (create page), S1 (overview), the query page; see docs/adding-a-dialect.md for how facts are weighed.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from generations.contract import Answer, Dialect, GenerationRequest, HttpCall, RemoteOutput, RemoteState, Snapshot
from generations.wire import check_known, created_id, percent, text_at

WORDS = {
    "queued": RemoteState.PENDING,
    "pending": RemoteState.PENDING,
    "in_progress": RemoteState.RUNNING,
    "completed": RemoteState.SUCCEEDED,
    "failed": RemoteState.FAILED,
}
FIXED = re.compile(r"^sora2-(landscape|portrait)-\d+s$")


class UniAll(Dialect):
    slug = "uniall"
    title = "UniAll"

    def create(self, request: GenerationRequest) -> HttpCall:
        body: dict[str, Any] = {"model": request.model, "prompt": request.prompt}
        if request.reference_urls:
            body["image_url"] = request.reference_urls[0]
        if not FIXED.match(request.model):
            # A name that fixes orientation and length must not be contradicted, so it travels alone (S1).
            body |= {"aspect_ratio": request.aspect_ratio, "duration": str(request.seconds)}
        return HttpCall("POST", f"{self.base_url}/v1/video/generations", self._headers(), body)

    def read_created(self, answer: Answer) -> str:
        return created_id(answer, "id", "task_id")

    def query(self, remote_id: str) -> HttpCall:
        return HttpCall("GET", f"{self.base_url}/v1/videos/{quote(remote_id, safe='')}", self._headers())

    def read_snapshot(self, answer: Answer) -> Snapshot:
        body = check_known(answer)
        word = text_at(body, "status")
        url = text_at(body, "video_url")
        # `duration` here is processing time, not the clip's length, and `model` is a short name: neither is read.
        return Snapshot(
            state=WORDS.get(word.casefold(), RemoteState.UNRECOGNISED),
            progress=percent(body.get("progress")),
            outputs=(RemoteOutput(url),) if url else (),
            reason=text_at(body, "error.message", "message", "error", "fail_reason"),
            word=word,
        )

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}
