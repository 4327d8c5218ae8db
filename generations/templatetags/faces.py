"""What a job looks like: the one place where a state becomes an icon, a word, a colour and a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from django import template
from django.conf import settings
from django.template.defaultfilters import filesizeformat

from generations.models import Charged, Job, Output, State, User
from generations.services.cancel import may_cancel
from generations.services.trash import may_play, may_restore, may_trash

register = template.Library()


@dataclass(frozen=True, slots=True)
class Look:
    """Class, icon and word of a state. They always come together: colour alone says nothing."""

    kind: str
    icon: str
    word: str


@dataclass(frozen=True, slots=True)
class Face:
    """What a card's frame says. `since` is a clock that runs; `percent` is the bar's, `endless` one without."""

    look: Look
    big: str = ""
    since: datetime | None = None
    lead: str = ""
    charged: str = ""
    tell: str = ""
    percent: int | None = None
    endless: bool = False


LOOKS = MappingProxyType(
    {
        State.AWAITING_APPROVAL: Look("is-ask", "hand-raised", "Awaiting approval"),
        State.QUEUED: Look("is-wait", "clock", "Waiting"),
        State.SUBMITTING: Look("is-live", "paper-airplane", "Sent"),
        State.RUNNING: Look("is-live", "film", "Rendering"),
        State.ARCHIVING: Look("is-live", "archive-box-arrow-down", "Saving the file"),
        State.DONE: Look("is-done", "check-circle", "Done"),
        State.FAILED: Look("is-bad", "x-circle", "Failed"),
        State.UNKNOWN: Look("is-doubt", "question-mark-circle", "Outcome unknown"),
        State.CANCELLED: Look("is-wait", "minus-circle", "Cancelled"),
        State.REJECTED: Look("is-wait", "no-symbol", "Not approved"),
    }
)
CHECKING = Look("is-live", "eye", "Checking")
IN_TRASH = Look("is-wait", "trash", "In the trash")
REMOVED = Look("is-wait", "trash", "Removed")
COPIED_AGAIN = Look("is-live", "archive-box-arrow-down", "Copied again")
LINK_ONLY = Look("is-doubt", "exclamation-triangle", "Done, link only")
WHAT_NOW = MappingProxyType(
    {
        Charged.NO: "Change the prompt or the settings and try again.",
        Charged.YES: "Another try costs again.",
        Charged.UNKNOWN: "Staff can look it up at the provider; another try may cost again.",
    }
)


@register.filter
def look(state: str) -> Look:
    return LOOKS[State(state)]


@register.filter
def face(job: Job) -> Face:
    """The frame of this job's card, now."""
    if not job.is_on_the_shelf:
        return _put_away(job)
    return FACES[State(job.state)](job)


@register.filter
def cancellable_by(job: Job, user: User) -> bool:
    return may_cancel(job, user)


@register.filter
def readable_by(job: Job, user: User) -> bool:
    """May this user see the job's text and clip?"""
    return job.is_visible_to(user)


@register.filter
def charged_of(job: Job) -> str:
    """The money word of the latest submission; nothing was ever sent without one."""
    return Charged(getattr(job, "charged", None) or Charged.NO).label


@register.filter
def clip_for(job: Job, user: User) -> Output | None:
    """The job's clip, if this user may play it."""
    return job.clip if may_play(job, user) else None


@register.filter
def trashable_by(job: Job, user: User) -> bool:
    return may_trash(job, user)


@register.filter
def restorable_by(job: Job, user: User) -> bool:
    return may_restore(job, user)


@register.filter
def purge_day(job: Job) -> datetime | None:
    """When the files of a job in the trash are removed."""
    return job.trashed_at + timedelta(days=settings.TRASH_DAYS) if job.trashed_at else None


def _put_away(job: Job) -> Face:
    """In the trash, or past it."""
    if job.purged_at:
        return Face(REMOVED, lead="The clip was removed.", tell="Its prompt, settings and cost are kept.")
    return Face(IN_TRASH, lead="This clip is in the trash.", tell="Its author or an admin can take it out again.")


def _who(job: Job) -> str:
    return job.provider_name or "the provider"


def _asking(job: Job) -> Face:
    return Face(LOOKS[State.AWAITING_APPROVAL], lead=job.reason, tell="Nothing is sent or charged until then.")


def _waiting(job: Job) -> Face:
    provider = job.provider
    reason = job.reason or (provider.waiting or provider.slow_down if provider else "")
    return Face(
        LOOKS[State.QUEUED],
        lead=reason or "Waiting for a free slot…",
        tell=f"{_turn(job.place)}Nothing is sent to {_who(job)} or charged yet.",
    )


def _turn(place: int) -> str:
    """Where in the line: members take turns, so it may go back as well as forth."""
    return "" if not place else "Next in line. " if place == 1 else f"Place {place} in line. "


def _sent(job: Job) -> Face:
    tell = f"Handed to {_who(job)}, waiting for its first answer. It can no longer be cancelled."
    if job.cancel_asked:
        tell = f"You asked to cancel. That works only if {_who(job)} does not take it."
    return Face(LOOKS[State.SUBMITTING], since=job.state_since, tell=tell, endless=True)


def _running(job: Job) -> Face:
    watch = job.watched
    if watch is None:
        return _sent(job)
    trouble = f"{_who(job)} is hard to reach just now. The portal keeps asking." if watch.trouble else ""
    if watch.progress is None:
        tell = trouble or f"{_who(job)} has it and gives no percentage so far."
        return Face(LOOKS[State.RUNNING], since=watch.since, tell=tell, endless=True)
    checking = watch.progress > 90
    calm = "Last checks at the provider. This part often stands still for a minute." if checking else ""
    return Face(
        CHECKING if checking else LOOKS[State.RUNNING],
        big=f"{watch.progress} %",
        since=watch.since,
        tell=trouble or calm,
        percent=watch.progress,
    )


def _saving(job: Job) -> Face:
    output = job.cover
    done, size = (output.bytes_done, output.size) if output else (0, 0)
    tell = "Rendered. Copying it into the library."
    if output and output.trouble:
        tell = "Rendered. The copy did not work yet; the portal tries again."
    if not done or not size:
        return Face(LOOKS[State.ARCHIVING], big=filesizeformat(done) if done else "", tell=tell, endless=True)
    big = f"{filesizeformat(done)} of {filesizeformat(size)}"
    return Face(LOOKS[State.ARCHIVING], big=big, tell=tell, percent=min(100, done * 100 // size))


def _done(job: Job) -> Face:
    if job.cover and job.cover.abandoned_at and not job.clip:
        tell = "It may still be at the provider, until its link ends. Staff can see why."
        return Face(LINK_ONLY, lead="The file could not be copied.", charged=charged_of(job), tell=tell)
    if job.cover and not job.cover.is_stored:
        return Face(COPIED_AGAIN, lead="Its file is being copied once more.", tell="It will be here when that is done.")
    return Face(LOOKS[State.DONE])


def _failed(job: Job) -> Face:
    charged = Charged(getattr(job, "charged", None) or Charged.NO)
    lead = job.reason or "The provider could not make this clip."
    return Face(LOOKS[State.FAILED], lead=lead, charged=charged.label, tell=WHAT_NOW[charged])


def _unknown(job: Job) -> Face:
    lead = job.reason.partition(". ")[0] or "Sent, but no clear answer came back"
    tell = f"The portal watches for a sign of it from {_who(job)}; staff can settle it. Never sent again by itself."
    return Face(LOOKS[State.UNKNOWN], lead=f"{lead.rstrip('.')}.", charged=Charged.UNKNOWN.label, tell=tell)


def _cancelled(job: Job) -> Face:
    never_sent = getattr(job, "charged", None) is None
    lead = job.reason or ("Cancelled before it was sent." if never_sent else "Cancelled. It was not taken before.")
    return Face(LOOKS[State.CANCELLED], lead=lead, charged=charged_of(job))


def _rejected(job: Job) -> Face:
    return Face(LOOKS[State.REJECTED], lead=job.reason, charged=charged_of(job), tell="Nothing was sent.")


FACES = MappingProxyType(
    {
        State.AWAITING_APPROVAL: _asking,
        State.QUEUED: _waiting,
        State.SUBMITTING: _sent,
        State.RUNNING: _running,
        State.ARCHIVING: _saving,
        State.DONE: _done,
        State.FAILED: _failed,
        State.UNKNOWN: _unknown,
        State.CANCELLED: _cancelled,
        State.REJECTED: _rejected,
    }
)
