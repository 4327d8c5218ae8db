"""One hostile answer, played to a job in each dialect at once; and what members and staff then read."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from generations.catalogue import models_of
from generations.dialects import DIALECTS
from generations.models import Job, Output, Provider, State
from generations.templatetags.faces import face
from tests.peer import Peer, Play, answering, in_turn, peer

KEY = "sk-0123456789-very-secret"
ALL = tuple(sorted(DIALECTS))
HERE = b"@here@"  # the address of the peer itself, in a body


@dataclass(frozen=True)
class Part:
    """A job of one dialect and the peer it talks to."""

    job: Job
    server: Peer

    seen: dict[str, Job] = field(default_factory=dict)

    @property
    def now(self) -> Job:
        """The job's row as it is."""
        self.seen["job"] = Job.objects.for_cards().get(pk=self.job.pk)
        return self.seen["job"]

    @property
    def job_seen(self) -> Job:
        """The row as it was fetched last."""
        return self.seen["job"]

    @property
    def shown(self) -> str:
        """What the card says to everyone who may see the job."""
        job = self.now
        mine = face(job)
        return " | ".join(filter(None, [str(mine.look.word), mine.big, mine.lead, mine.tell, job.reason]))

    @property
    def told(self) -> str:
        """What the job's and the provider's pages say to staff."""
        job = self.now
        watch = job.watched
        words = [*(event.detail for event in job.events.all()), *(sent.detail for sent in job.submissions.all())]
        words += [watch.trouble, watch.word] if watch else []
        words += [output.trouble for output in Output.objects.filter(job=job)]
        words += [job.provider.paused_reason, job.provider.last_error] if job.provider else []
        return " | ".join(filter(None, words))


@contextmanager
def staged(
    make_job: Callable[..., Job], state: State, plays: tuple[Play, ...], speak: tuple[str, ...] = ALL
) -> Iterator[Mapping[str, Part]]:
    """A provider, its peer and a job for each dialect; the peer makes one play a call, the last one for all others."""
    with ExitStack() as stack:
        parts = {}
        for slug in speak:
            server = stack.enter_context(peer(in_turn(*plays)))
            parts[slug] = Part(_job(make_job, slug, server.url, state), server)
        yield parts


def _job(make_job: Callable[..., Job], slug: str, url: str, state: State) -> Job:
    provider = Provider.objects.create(name=slug, dialect=slug, base_url=url, key=KEY, allow_private=True)
    model = models_of(slug)[0]
    only = model.combinations[0]
    return make_job(
        state, provider=provider, provider_name=slug, dialect=slug, model=model.slug, aspect_ratio=only.aspect_ratio,
        seconds=only.seconds, quality=only.quality, width=only.width, height=only.height,
    )  # fmt: skip


def saying(body: object, status: int = 200, *headers: str) -> Play:
    """Answer with this JSON, or with these bytes as they are; HERE becomes the peer's own address."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()

    def play(connection: socket.socket) -> None:
        here = f"http://127.0.0.1:{connection.getsockname()[1]}".encode()
        answering(status, raw.replace(HERE, here), *headers)(connection)

    return play


def raw(content: bytes) -> Play:
    """Say exactly this, and break off."""

    def play(connection: socket.socket) -> None:
        connection.sendall(content)
        connection.shutdown(socket.SHUT_RDWR)

    return play


def started(**more: Any) -> dict[str, Any]:
    """A create's answer, with the id where each dialect looks for it."""
    return {"id": "gen_1", "task_id": "gen_1", "status": "queued"} | more


def finished(url: object, **more: Any) -> dict[str, Any]:
    """A query's answer with the clip's address where every dialect finds it."""
    return {"id": "gen_1", "task_id": "gen_1", "status": "completed", "data": {"output": url}} | more
