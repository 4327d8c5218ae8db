"""What reviewers said of a clip, as templates tell of it."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from generations.models import Job, Review, User, Verdict
from generations.services.reviews import may_review
from generations.templatetags.faces import Look

register = template.Library()

LOOKS = MappingProxyType(
    {
        Verdict.APPROVED: Look("is-done", "hand-thumb-up", Verdict.APPROVED.label),
        Verdict.CHANGES: Look("is-doubt", "pencil-square", Verdict.CHANGES.label),
        Verdict.REJECTED: Look("is-bad", "hand-thumb-down", Verdict.REJECTED.label),
    }
)
# Each choice of the form: its value, key, look, what the button says, and whether it takes a note.
CHOICES: tuple[tuple[Verdict, str, Look, Promise, bool], ...] = (
    (Verdict.APPROVED, "A", LOOKS[Verdict.APPROVED], _("Approve"), False),
    (Verdict.CHANGES, "C", LOOKS[Verdict.CHANGES], _("Ask for changes"), True),
    (Verdict.REJECTED, "X", LOOKS[Verdict.REJECTED], _("Reject"), True),
)


@register.filter
def verdict_look(verdict: str) -> Look | None:
    """Icon, word and colour of a verdict; None where there is none."""
    return LOOKS[Verdict(verdict)] if verdict else None


@register.simple_tag
def verdict_choices() -> Sequence[tuple[Verdict, str, Look, Promise, bool]]:
    return CHOICES


@register.filter
def reviews_of(job: Job) -> list[Review]:
    """Everything that was said, the latest last."""
    return list(job.reviews.select_related("by"))


@register.filter
def reviewable_by(job: Job, user: User) -> bool:
    return may_review(job, user)


@register.filter
def seen(rows: Sequence[Review]) -> int:
    """The latest of them, as a form says that it was seen; 0 for none."""
    return rows[-1].pk if rows else 0
