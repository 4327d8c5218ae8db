"""Which jobs a caller of the OpenAI dialect can see: those of the dialect, made under a mount of the same manners."""

from __future__ import annotations

from generations.sandbox.house import House
from generations.sandbox.jobs import Job, Moment, Stage
from generations.sandbox.openai_models import SLUG, Flavour
from generations.sandbox.openai_words import unknown


def job_here(house: House, job_id: str, flavour: Flavour) -> Job:
    """The job of this id, or raise that there is none."""
    job = house.find(SLUG, job_id)
    if job is None or not _belongs(job, flavour):
        raise unknown(flavour, job_id)
    return job


def moment_here(house: House, job: Job, flavour: Flavour) -> Moment:
    """Where the job stands, or raise that there is none when it has vanished."""
    moment = house.look(job)
    if moment.stage is Stage.VANISHED:
        raise unknown(flavour, job.id)
    return moment


def jobs_here(house: House, flavour: Flavour) -> list[tuple[Job, Moment]]:
    """All that can be seen, oldest first."""
    jobs = [job for job in house.store.all() if job.order.dialect == SLUG and _belongs(job, flavour)]
    seen = [(job, house.look(job)) for job in jobs]
    return [(job, moment) for job, moment in seen if moment.stage is not Stage.VANISHED]


def _belongs(job: Job, flavour: Flavour) -> bool:
    return bool(job.order.details["gateway"]) is flavour.is_gateway
