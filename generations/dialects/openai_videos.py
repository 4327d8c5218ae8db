"""OpenAI's Videos API, spoken by OpenAI, by gateways and by self-hosted servers.

Sources: OpenAI's API reference, client and guide. Create is a multipart form, which takes the image's own bytes; when
the image travels as an address it is JSON, since only there the field is an object. The clip comes from /content, with
the key, unless a gateway names an address.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from generations.contract import (
    Answer,
    Cause,
    Combination,
    Delivery,
    DialectError,
    GenerationRequest,
    HttpCall,
    Listed,
    Listing,
    Lists,
    Misconfigured,
    NeverHeard,
    Notice,
    NotKnown,
    Part,
    Reference,
    Remixes,
    RemoteOutput,
    RemoteState,
    Snapshot,
)
from generations.contract.words import gettext_noop
from generations.wire import check_known, created_id, describe, moment_at, named, outputs, snapshot, text_at

PAGE = 100
SECONDS = re.compile(r"\d{1,4}", re.ASCII)
RELEASE = re.compile(r"-\d{4}-\d{2}-\d{2}$", re.ASCII)
USUAL = {"16:9": "1280x720", "9:16": "720x1280"}
NO_STATE = gettext_noop("The provider answered with an error, not with a state.")
NO_LIST = gettext_noop("The provider has no list of jobs.")
BY_PIXELS = gettext_noop("{dialect} asks for a clip by its pixels. Give width and height of {ratio}.")


class OpenAIVideos(Lists, Remixes):
    slug = "openai_videos"
    title = "OpenAI Videos"
    create_path = "/v1/videos"
    query_path = "/v1/videos/{id}"
    deliveries = (Delivery.UPLOAD, Delivery.DATA, Delivery.LINK, Delivery.ADDRESS)
    notice = Notice.PER_ACCOUNT

    @classmethod
    def objection(cls, shape: Combination | GenerationRequest) -> str:
        if _size(shape):
            return ""
        # Without a size the provider would render its own default, which is paid for and the wrong shape.
        return BY_PIXELS.format(dialect=cls.title, ratio=shape.aspect_ratio)

    def create(self, request: GenerationRequest) -> HttpCall:
        fields = {"model": request.model, "prompt": request.prompt, "seconds": str(request.seconds)}
        if size := _size(request):
            fields["size"] = size
        url, image = self.url(self.create_path), next(iter(request.references), None)
        if image and not image.content:
            body: dict[str, Any] = fields | {"input_reference": {"image_url": image.url}}
            return HttpCall("POST", url, self.headers, body)
        parts = [Part(name, value) for name, value in fields.items()]
        return HttpCall("POST", url, self.headers, parts=(*parts, *_files(image)))

    def read_created(self, answer: Answer) -> str:
        return created_id(answer, *self.id_paths)

    def read_snapshot(self, answer: Answer, remote_id: str) -> Snapshot:
        body = check_known(answer)
        seen = snapshot(body)
        if not seen.word and body.get("error"):
            raise NeverHeard(
                gettext_noop("The provider answered with an error, not with a state."), detail=describe(answer)
            )
        if not seen.word:  # one family leaves it out right after create
            return snapshot(body, state=RemoteState.PENDING)
        if seen.state == RemoteState.SUCCEEDED and not seen.outputs:
            return snapshot(body, outputs=(self._content(remote_id, moment_at(body, "expires_at")),))
        return seen

    def list_recent(self, after: str = "") -> HttpCall:
        query = f"?limit={PAGE}&order=desc" + ("&after={id}" if after else "")
        return HttpCall("GET", self.url(self.create_path + query, after), self.headers)

    def read_list(self, answer: Answer) -> Listing:
        body = check_known(answer)
        rows = body.get("data")
        if not isinstance(rows, list):
            raise Misconfigured(
                gettext_noop("The provider has no list of jobs."), detail=describe(answer), cause=Cause.PATH
            )
        jobs = tuple(_listed(row) for row in rows if isinstance(row, dict) and named(row, *self.id_paths))
        return Listing(jobs, more=bool(jobs) and body.get("has_more") is not False)

    def read_listed(self, answer: Answer, remote_id: str) -> Listed:
        return replace(_listed(check_known(answer)), remote_id=remote_id)

    def may_come_from(self, listed: Listed, request: GenerationRequest) -> bool:
        told = [
            (listed.model and _undated(listed.model), _undated(request.model)),
            (listed.prompt and " ".join(listed.prompt.split()), " ".join(request.prompt.split())),
            (listed.seconds, request.seconds),
            (listed.size, _size(request)),
        ]
        return all(said == asked for said, asked in told if said and asked)

    def delete(self, remote_id: str) -> HttpCall:
        """The call that removes a finished job and its files at the provider."""
        return HttpCall("DELETE", self.url(self._part_of_job(), remote_id), self.headers)

    def read_deleted(self, answer: Answer) -> bool:
        """True when it is gone: one server answers with the job in a state of that name."""
        try:
            body = check_known(answer)
        except NotKnown as error:
            return error.cause != Cause.PATH
        except DialectError:
            return False
        return body.get("deleted") is True or body.get("status") == "deleted"

    def remix(self, remote_id: str, request: GenerationRequest) -> HttpCall:
        url = self.url(self._part_of_job("/remix"), remote_id)
        return HttpCall("POST", url, self.headers, {"prompt": request.prompt})

    def _part_of_job(self, part: str = "") -> str:
        """The path of something that belongs to a job: below where it is asked for, if that path ends in the id.

        A host that is asked in a query string has its files at the usual place all the same.
        """
        path, mark, query = self.query_path.partition("?")
        return f"{path}{part}{mark}{query}" if path.endswith("/{id}") else f"{OpenAIVideos.query_path}{part}"

    def _content(self, remote_id: str, expires_at: float | None) -> RemoteOutput:
        return RemoteOutput(self.url(self._part_of_job("/content"), remote_id), expires_at, needs_key=True)


def _listed(row: dict[str, Any]) -> Listed:
    seconds = text_at(row, "seconds")
    return Listed(
        remote_id=named(row, *OpenAIVideos.id_paths),
        created_at=moment_at(row, "created_at"),
        model=text_at(row, "model"),
        prompt=text_at(row, "prompt"),
        seconds=int(seconds) if SECONDS.fullmatch(seconds) else None,
        size=text_at(row, "size"),
        snapshot=snapshot(row, outputs=outputs(row)),
    )


def _undated(model: str) -> str:
    """A model asked for by its plain name may be told by the name of its release: sora-2-2025-10-06."""
    return RELEASE.sub("", model.casefold())


def _size(shape: Combination | GenerationRequest) -> str:
    """Pixels carry the orientation. A model added by hand may have none: then the usual ones of its aspect ratio."""
    if shape.width and shape.height:
        return f"{shape.width}x{shape.height}"
    return USUAL.get(shape.aspect_ratio, "")


def _files(image: Reference | None) -> list[Part]:
    return [Part("input_reference", image.content, image.name, image.content_type)] if image else []
