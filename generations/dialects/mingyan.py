"""mingyan (GlobalAiOpc): create on /v1/sora/videos, ask on /v1/result/{id}.

Sources: S3 (create page), which prints no path; the paths are from clients and sibling pages, so an admin may change
them. Of each pair that excludes the other (size or aspect_ratio, duration or seconds, input_reference or image_urls)
always the same one is sent.
"""

from __future__ import annotations

from typing import Any

from generations.contract import Answer, Delivery, Dialect, GenerationRequest, HttpCall, Snapshot
from generations.wire import check_known, created_id, snapshot


class Mingyan(Dialect):
    slug = "mingyan"
    title = "mingyan"
    create_path = "/v1/sora/videos"
    query_path = "/v1/result/{id}"
    deliveries = (Delivery.LINK, Delivery.ADDRESS)

    def create(self, request: GenerationRequest) -> HttpCall:
        body: dict[str, Any] = {
            "model": request.model,
            "prompt": request.prompt,
            "aspect_ratio": request.aspect_ratio,
            "seconds": request.seconds,
        }
        if request.references:
            body["input_reference"] = [request.references[0].url]
        return HttpCall("POST", self.url(self.create_path), self.headers, body)

    def read_created(self, answer: Answer) -> str:
        return created_id(answer, *self.id_paths)

    def read_snapshot(self, answer: Answer, remote_id: str) -> Snapshot:
        return snapshot(check_known(answer))
