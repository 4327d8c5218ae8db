"""Taking an order: what the JSON dialects do alike between reading a body and answering it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from generations.sandbox import mishaps
from generations.sandbox.house import House
from generations.sandbox.images import Picture, PictureError, read_pictures
from generations.sandbox.jobs import Job, Order
from generations.sandbox.newapi import Words
from generations.sandbox.tally import prompt_key

MISMATCH = "Inpaint image must match the requested width and height"


@dataclass(frozen=True, slots=True)
class Asked:
    """A create body as it was understood. `exact` means references must have the output's very pixels."""

    order: Order
    directives: Mapping[str, float]
    references: Sequence[str] = ()
    exact: bool = False


def take(asked: Asked, job_id: str, house: House, words: Words) -> Job:
    """The job, on disk and counted with its references, or the refusal the prompt or a picture earns."""
    mishaps.refuse(asked.directives, prompt_key(asked.order.prompt), house, words)
    pictures = _looked_at(asked, words)
    job = house.accept(asked.order, job_id)
    for picture in pictures:
        house.tally.reference(job.id, picture.width, picture.height, picture.size)
    return job


def _looked_at(asked: Asked, words: Words) -> list[Picture]:
    try:
        pictures = read_pictures(asked.references)
    except PictureError as error:
        raise words(400, "invalid_request", str(error)) from None
    output = (asked.order.width, asked.order.height)
    if asked.exact and any((picture.width, picture.height) != output for picture in pictures):
        raise words(400, "invalid_request", MISMATCH)
    return pictures
