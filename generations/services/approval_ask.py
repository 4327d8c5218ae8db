"""What exactly a person is asked to approve: bound to the request and its price."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import timedelta

from generations.models import Approval, Job
from generations.services.notices import note_waiting
from generations.services.portal import chosen


def ask_for_approval(jobs: Sequence[Job]) -> None:
    """Bind new jobs that await approval to what they ask for now, in the transaction that makes them.

    All are one person's; reviewers who wish so are told.
    """
    days = timedelta(days=chosen().approval_days)
    Approval.objects.bulk_create(
        Approval(job=job, request=digest(job), estimate=job.estimate, expires_at=job.state_since + days) for job in jobs
    )
    note_waiting(jobs, jobs[0].author, jobs[0].state_since)


def digest(job: Job) -> str:
    """Another one for any other request: all that its provider will be told, and who is told."""
    asked = [
        job.prompt.text, job.provider_id, job.dialect, job.model, job.aspect_ratio, job.seconds, job.quality,
        job.width, job.height, job.options, job.reference_id, job.reference_fit, job.remix_of, job.remix_origin,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
