"""Which cards look different now: every open tab asks every two seconds, so little is read when nothing changed."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from generations.models import Job, User
from generations.models.job import revision
from generations.services.line import with_places

NARROW = ("pk", "key", "rev", "watch__rev", "cover__rev")


def changed(user: User, held: Mapping[UUID, str]) -> list[Job]:
    """The jobs, as cards show them, whose revision is not the one held. One query, a second for what changed."""
    if not held:
        return []
    visible = Job.objects.visible_to(user).on_the_shelf()
    rows = with_places(visible.filter(key__in=held).order_by().values_list(*NARROW))
    places = {pk: revs[-1] for pk, key, *revs in rows if revision(*revs) != held[UUID(str(key))]}
    jobs = list(visible.for_cards(user).filter(pk__in=places)) if places else []
    for job in jobs:
        job.place = places[job.pk]
    return jobs
