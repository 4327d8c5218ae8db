"""What reviewers say of finished clips: the one place that writes a verdict, on the job and as a row of its own."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from generations.models import Job, JobEvent, Review, State, User, Verdict, Visibility
from generations.models.job import JobQuerySet
from generations.services.approvals import decides_alone, may_decide
from generations.services.audit import job_subject, note
from generations.services.notes import missed, moment
from generations.services.notices import note_review
from generations.services.wording import in_english

COUNTED = 100  # the rail says 99+ from there on
APPROVED = gettext_noop("Clip approved by {name}.")
SAID = {
    Verdict.APPROVED: gettext_noop("Clip approved by {name}: {note}"),
    Verdict.CHANGES: gettext_noop("Changes asked for by {name}: {note}"),
    Verdict.REJECTED: gettext_noop("Clip rejected by {name}: {note}"),
}
TAKEN_BACK = gettext_noop("The verdict on the clip was taken back by {name}.")


class NotReviewed(Exception):
    """Nothing was written; str() says why to whoever clicked, and what to do."""


@dataclass(frozen=True, slots=True)
class Said:
    """A verdict as it is given; None takes the one before back. `at` pins the note to a second of the clip.

    Only to approve, and to take back, needs no note.
    """

    verdict: Verdict | None
    note: str = ""
    at: float | None = None


def to_review(user: User) -> JobQuerySet:
    """Clips that nobody judged so far and this person may judge."""
    clips = Job.objects.on_the_shelf().filter(state=State.DONE, verdict="", visibility=Visibility.TEAM)
    clips = clips.filter(cover__stored_at__isnull=False)
    if not user.is_reviewer:
        return clips.none()
    return clips if decides_alone(user) else clips.exclude(author=user)


def count_to_review(user: User) -> int:
    """How many, up to 100."""
    return to_review(user)[:COUNTED].count()


def may_review(job: Job, user: User) -> bool:
    """Who decides about a job before money is spent also judges its clip; while it is there, and the team's."""
    is_there = job.state == State.DONE and job.clip is not None and job.is_on_the_shelf
    return is_there and job.visibility == Visibility.TEAM and may_decide(job, user)


def latest(job: Job) -> Review | None:
    return job.reviews.select_related("by").order_by("-pk").first()


@transaction.atomic
def review(job: Job, seen: int, user: User, said: Said) -> bool:
    """Say it of the clip; `seen` is the latest review that was on the page, 0 for none. Raises NotReviewed.

    The same once more, as by a double click, changes nothing, and is False.
    """
    rows = Job.objects.select_for_update(of=("self",), no_key=True).select_related("author", "cover")
    held = rows.get(pk=job.pk)
    before = latest(held)
    if before and before.by_id == user.pk and _given(before) == said:
        return False
    if problem := _objection(held, before, seen, user, said):
        raise NotReviewed(problem)
    _write(held, user, said)
    return True


def _given(row: Review) -> Said:
    return Said(Verdict(row.verdict) if row.verdict else None, row.note, row.at)


def _objection(job: Job, before: Review | None, seen: int, user: User, said: Said) -> str:
    if not may_review(job, user):
        return _("This clip is not yours to judge, or it is not there any more.")
    if before and before.pk != seen:
        stands = Verdict(before.verdict).label if before.verdict else _("no verdict")
        told = _("{name} was first: it is “{verdict}” now. Look at it again, then decide.")
        return told.format(name=before.by, verdict=stands)
    if said.verdict is None and not job.verdict:
        return _("There is no verdict to take back.")
    return missed(job, said.at)


def _write(job: Job, user: User, said: Said) -> None:
    now, verdict, sentence = timezone.now(), said.verdict or "", _sentence(user, said)
    Review.objects.create(job=job, verdict=verdict, note=said.note, by=user, at=said.at)
    Job.objects.filter(pk=job.pk).update(verdict=verdict, rev=F("rev") + 1)
    JobEvent.objects.create(job=job, at=now, state=job.state, note=sentence, actor=user)
    changes = {"verdict": (_english(job.verdict), _english(verdict)), "note": ("", _pinned(said))}
    note(user, gettext_noop("clip reviewed"), job_subject(job), changes)
    if job.author_id != user.pk:
        note_review(job, sentence, now)


def _sentence(user: User, said: Said) -> str:
    if said.verdict is None:
        return TAKEN_BACK.format(name=user)
    told = SAID[said.verdict] if said.note else APPROVED
    return told.format(name=user, note=_pinned(said))


def _pinned(said: Said) -> str:
    """The note, and before it the moment that it is about."""
    return said.note if said.at is None or not said.note else f"{moment(said.at)} · {said.note}"


def _english(verdict: str) -> str:
    return in_english(Verdict(verdict).label) if verdict else ""
