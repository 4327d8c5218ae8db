"""UniAll: create on /v1/video/generations, ask on /v1/videos/{id}.

Sources: S0 (create page), S1 (overview), the query page; see docs/adding-a-dialect.md for how facts are weighed.
"""

from __future__ import annotations

import re
from typing import Any

from generations.contract import Answer, Delivery, Dialect, GenerationRequest, HttpCall, Snapshot
from generations.wire import check_known, created_id, snapshot

FIXED = re.compile(r"^sora2-(landscape|portrait)-\d+s$")


class UniAll(Dialect):
    slug = "uniall"
    title = "UniAll"
    create_path = "/v1/video/generations"
    query_path = "/v1/videos/{id}"
    deliveries = (Delivery.LINK, Delivery.DATA, Delivery.ADDRESS)

    def create(self, request: GenerationRequest) -> HttpCall:
        body: dict[str, Any] = {"model": request.model, "prompt": request.prompt}
        if request.references:
            body["image_url"] = request.references[0].url
        if not FIXED.match(request.model):
            # A name that fixes orientation and length must not be contradicted, so it travels alone (S1).
            body |= {"aspect_ratio": request.aspect_ratio, "duration": str(request.seconds)}
        return HttpCall("POST", self.url(self.create_path), self.headers, body)

    def read_created(self, answer: Answer) -> str:
        return created_id(answer, *self.id_paths)

    def read_snapshot(self, answer: Answer, remote_id: str) -> Snapshot:
        # `duration` here is processing time, not the clip's length, and `model` is a short name: neither is read.
        return snapshot(check_known(answer))
