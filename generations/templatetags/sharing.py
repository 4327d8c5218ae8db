"""What a job's page offers beyond the job: comparing it, picking it, showing it outside."""

from __future__ import annotations

from urllib.parse import urlencode

from django import template
from django.urls import reverse

from generations.models import Job, User
from generations.services.compare import takes_of
from generations.services.picks import may_pick
from generations.services.portal import chosen
from generations.services.shares import can_be_shared, may_share

register = template.Library()


@register.filter
def takes_address(job: Job, user: User) -> str:
    """Where the job's takes stand side by side; "" without any."""
    takes = takes_of(job, user)
    return f"{reverse('compare')}?{urlencode([('job', take.key) for take in takes])}" if takes else ""


@register.filter
def pickable_by(job: Job, user: User) -> bool:
    return may_pick(job, user)


@register.filter
def shareable_by(job: Job, user: User) -> bool:
    """May this user make a link to it now?"""
    return may_share(job, user) and can_be_shared(job) and chosen().shares_outside
