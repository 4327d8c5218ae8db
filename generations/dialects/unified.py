"""Unified video: create on /v1/video/create, ask on /v1/video/query?id=.

Sources: S2 (create page) and its sibling pages on the same hosts.
"""

from __future__ import annotations

from typing import Any

from generations.contract import Answer, Delivery, Dialect, GenerationRequest, HttpCall, RemoteState, Snapshot
from generations.wire import check_known, created_id, percent, snapshot, value_at

ORIENTATIONS = {"9:16": "portrait", "16:9": "landscape"}
# What a member means, as the wire says it: true is "try without a watermark", false is "never with one" (S2).
WATERMARK = {"prefer-none": True, "never": False}
YES = {"yes": True, "no": False}


class Unified(Dialect):
    slug = "unified"
    title = "Unified video"
    create_path = "/v1/video/create"
    query_path = "/v1/video/query?id={id}"
    deliveries = (Delivery.LINK, Delivery.ADDRESS)

    def create(self, request: GenerationRequest) -> HttpCall:
        body: dict[str, Any] = {
            "model": request.model,
            "prompt": request.prompt,
            "images": [reference.url for reference in request.references],
            **_shape(request.aspect_ratio),
            "size": request.quality or "small",
            "duration": request.seconds,
        }
        return HttpCall("POST", self.url(self.create_path), self.headers, body | self._options(request))

    def read_created(self, answer: Answer) -> str:
        return created_id(answer, *self.id_paths)

    def read_snapshot(self, answer: Answer, remote_id: str) -> Snapshot:
        body = check_known(answer)
        seen, work = snapshot(body), value_at(body, "detail.pending_info")
        if not isinstance(work, dict) or not work:
            return seen
        # The record of the system behind the gateway: it is at work, though the word may still be "pending".
        state = RemoteState.RUNNING if seen.state == RemoteState.PENDING else seen.state
        progress = _share(work.get("progress_pct")) if seen.progress is None else seen.progress
        return snapshot(body, state=state, progress=progress)

    def _options(self, request: GenerationRequest) -> dict[str, Any]:
        """Only what was chosen: an option that is not there is the provider's own default."""
        asked = request.options
        meant = {
            "watermark": WATERMARK.get(asked.get("watermark", "")),
            "private": YES.get(asked.get("private", "")),
            "style": asked.get("style") or None,
            "storyboard": YES.get(asked.get("storyboard", "")),
        }
        return {name: value for name, value in meant.items() if value is not None}


def _shape(aspect_ratio: str) -> dict[str, str]:
    """An orientation; for any other shape the field that some hosts take for their other models (Veo, Grok)."""
    if orientation := ORIENTATIONS.get(aspect_ratio):
        return {"orientation": orientation}
    return {"aspect_ratio": aspect_ratio}


def _share(value: Any) -> int | None:
    """Progress in percent from a share of 1."""
    return percent(value * 100) if isinstance(value, int | float) and not isinstance(value, bool) else None
