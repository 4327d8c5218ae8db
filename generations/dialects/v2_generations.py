"""The Comfly family: create and ask on /v2/videos/generations.

Source: S4 (create page); `images` is missing in its table and comes from clients.
"""

from __future__ import annotations

from typing import Any

from generations.contract import Answer, Delivery, Dialect, GenerationRequest, HttpCall, Notice, Snapshot
from generations.wire import check_known, created_id, snapshot

YES = {"yes": True, "no": False}


class V2Generations(Dialect):
    slug = "v2_generations"
    title = "V2 generations"
    create_path = "/v2/videos/generations"
    query_path = "/v2/videos/generations/{id}"
    deliveries = (Delivery.LINK, Delivery.DATA, Delivery.ADDRESS)
    notice = Notice.PER_JOB
    id_paths = ("task_id", "id")

    def create(self, request: GenerationRequest) -> HttpCall:
        body: dict[str, Any] = {
            "prompt": request.prompt,
            "model": request.model,
            "aspect_ratio": request.aspect_ratio,
            "hd": request.quality == "hd",
            "duration": str(request.seconds),
        }
        if request.references:
            body["images"] = [reference.url for reference in request.references]
        if request.notify_url:
            body["notify_hook"] = request.notify_url
        chosen = {name: YES.get(request.options.get(name, "")) for name in ("watermark", "private")}
        body |= {name: value for name, value in chosen.items() if value is not None}
        return HttpCall("POST", self.url(self.create_path), self.headers, body)

    def read_created(self, answer: Answer) -> str:
        return created_id(answer, *self.id_paths)

    def read_snapshot(self, answer: Answer, remote_id: str) -> Snapshot:
        return snapshot(check_known(answer))
