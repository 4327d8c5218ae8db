"""What people added to a clip, and where it comes from, for the job's page."""

from __future__ import annotations

from django import template
from django.db.models import QuerySet

from generations.models import Comment, Job, Tag, User
from generations.services import bulk, lineage, notes
from generations.services.lineage import Tree

register = template.Library()

SUGGESTED = 50


@register.simple_tag
def bulk_most() -> int:
    """How many clips one act may be about."""
    return bulk.MOST


@register.filter
def tags_of(job: Job) -> list[str]:
    return list(job.job_tags.values_list("tag__name", flat=True))


@register.filter
def known_tags(user: User) -> list[str]:
    """Words to choose from: of jobs this user may see."""
    return list(Tag.objects.visible_to(user).values_list("name", flat=True)[:SUGGESTED])


@register.filter
def comments_of(job: Job) -> QuerySet[Comment]:
    return job.comments.select_related("author")


@register.filter
def removable_by(said: Comment, user: User) -> bool:
    return notes.may_remove(said, user)


@register.filter
def moment(seconds: float) -> str:
    """3.9 -> 0:03.9: what a player shows there."""
    return notes.moment(seconds)


@register.filter
def length_of(job: Job) -> str:
    """The clip's seconds, as a number field takes them."""
    return f"{notes.length_of(job):g}"


@register.filter
def family_of(job: Job, user: User) -> Tree | None:
    """The clips around this one; None when it stands alone."""
    return lineage.family(job, user)
