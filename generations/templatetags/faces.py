"""What a job looks like: the one place where a state becomes an icon, a word, a colour and a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from django import template
from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations.models import Charged, Job, Output, State, User, Watch
from generations.services.advice import what_now
from generations.services.cancel import may_cancel
from generations.services.pace import Usual
from generations.services.told import joined, told
from generations.services.trash import may_play, may_restore, may_trash
from generations.services.typical import in_words
from generations.templatetags.money import price

register = template.Library()

CALM = 90  # percent from which a provider makes its last checks


@dataclass(frozen=True, slots=True)
class Look:
    """Class, icon and word of a state. They always come together: colour alone says nothing."""

    kind: str
    icon: str
    word: str | Promise


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
        State.AWAITING_APPROVAL: Look("is-ask", "hand-raised", gettext_lazy("Awaiting approval")),
        State.QUEUED: Look("is-wait", "clock", gettext_lazy("Waiting")),
        State.SUBMITTING: Look("is-live", "paper-airplane", gettext_lazy("Sent")),
        State.RUNNING: Look("is-live", "film", gettext_lazy("Rendering")),
        State.ARCHIVING: Look("is-live", "archive-box-arrow-down", gettext_lazy("Saving the file")),
        State.DONE: Look("is-done", "check-circle", gettext_lazy("Done")),
        State.FAILED: Look("is-bad", "x-circle", gettext_lazy("Failed")),
        State.UNKNOWN: Look("is-doubt", "question-mark-circle", gettext_lazy("Outcome unknown")),
        State.CANCELLED: Look("is-wait", "minus-circle", gettext_lazy("Cancelled")),
        State.REJECTED: Look("is-wait", "no-symbol", gettext_lazy("Not approved")),
    }
)
CHECKING = Look("is-live", "eye", gettext_lazy("Checking"))
IN_TRASH = Look("is-wait", "trash", gettext_lazy("In the trash"))
REMOVED = Look("is-wait", "trash", gettext_lazy("Removed"))
COPIED_AGAIN = Look("is-live", "archive-box-arrow-down", gettext_lazy("Copied again"))
LINK_ONLY = Look("is-doubt", "exclamation-triangle", gettext_lazy("Done, link only"))


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
    """The money word of the latest submission, with the list price where it cost or may have cost something."""
    return _money(job, Charged(getattr(job, "charged", None) or Charged.NO))


def _money(job: Job, charged: Charged) -> str:
    known = price(job) if charged != Charged.NO and job.list_price else ""
    said = _("{charged} (list price {price})") if known else "{charged}"
    return said.format(charged=charged.label, price=known)


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
        return Face(REMOVED, lead=_("The clip was removed."), tell=_("Its prompt, settings and cost are kept."))
    tell = _("Its author or an admin can take it out again.")
    return Face(IN_TRASH, lead=_("This clip is in the trash."), tell=tell)


def _who(job: Job) -> str:
    return job.provider_name or _("the provider")


def _asking(job: Job) -> Face:
    tell = _("A reviewer decides. Nothing is sent or charged until then.")
    if job.asked:
        day = date_format(timezone.localtime(job.asked.expires_at), _("j M, H:i"))
        tell = _("A reviewer decides until {day}. Nothing is sent or charged before.").format(day=day)
    return Face(LOOKS[State.AWAITING_APPROVAL], lead=told(job.reason), tell=tell)


def _waiting(job: Job) -> Face:
    provider = job.provider
    reason = job.reason or (provider.waiting or provider.slow_down if provider else "")
    return Face(
        LOOKS[State.QUEUED],
        lead=told(reason) or _("Waiting for a free slot…"),
        tell=joined([_turn(job.place).format(place=job.place, provider=_who(job)), what_now(job)]),
    )


def _turn(place: int) -> str:
    """Where in the line: members take turns, so it may go back as well as forth."""
    if place == 1:
        return _("Next in line. Nothing is sent to {provider} or charged yet.")
    if place:
        return _("Place {place} in line. Nothing is sent to {provider} or charged yet.")
    return _("Nothing is sent to {provider} or charged yet.")


def _sent(job: Job) -> Face:
    tell = _("Handed to {provider}, waiting for its first answer. It can no longer be cancelled.")
    if job.cancel_asked:
        tell = _("You asked to cancel. That works only if {provider} does not take it.")
    return Face(LOOKS[State.SUBMITTING], since=job.state_since, tell=tell.format(provider=_who(job)), endless=True)


def _running(job: Job) -> Face:
    watch = job.watched
    if watch is None:
        return _sent(job)
    tell = _how_it_runs(watch).format(provider=_who(job), usual=_usual(watch))
    if watch.progress is None:
        return Face(LOOKS[State.RUNNING], since=watch.since, tell=tell, endless=True)
    return Face(
        CHECKING if watch.progress > CALM else LOOKS[State.RUNNING],
        big=_("{share} %").format(share=watch.progress),
        since=watch.since,
        tell=tell,
        percent=watch.progress,
    )


def _how_it_runs(watch: Watch) -> str:
    if watch.trouble:
        return _("{provider} is hard to reach just now. The portal keeps asking.")
    if watch.progress is None and _usual(watch):
        return _("{provider} has it and gives no percentage so far. Usually {usual}.")
    if watch.progress is None:
        return _("{provider} has it and gives no percentage so far.")
    if watch.progress > CALM:
        return _("Last checks at the provider. This part often stands still for a minute.")
    return _("Usually {usual}.") if _usual(watch) else ""


def _usual(watch: Watch) -> str:
    """How long clips like it take, where enough were made to know."""
    return in_words(Usual(watch.usual_low, watch.usual_high)) if watch.usual_low and watch.usual_high else ""


def _saving(job: Job) -> Face:
    output = job.cover
    done, size = (output.bytes_done, output.size) if output else (0, 0)
    if output and output.trouble:
        lead = _("The copy did not work yet; the portal tries again.")
        return Face(LOOKS[State.ARCHIVING], lead=lead, tell=_("The clip itself is rendered."), endless=True)
    tell = _("Rendered. Copying it into the library.")
    if not done or not size:
        return Face(LOOKS[State.ARCHIVING], big=filesizeformat(done) if done else "", tell=tell, endless=True)
    big = _("{done} of {size}").format(done=filesizeformat(done), size=filesizeformat(size))
    return Face(LOOKS[State.ARCHIVING], big=big, tell=tell, percent=min(100, done * 100 // size))


def _done(job: Job) -> Face:
    if job.cover and job.cover.abandoned_at and not job.clip:
        tell = joined([what_now(job), _("It may still be at the provider, until its link ends. Staff can see why.")])
        return Face(LINK_ONLY, lead=_("The file could not be copied."), charged=charged_of(job), tell=tell)
    if job.cover and not job.cover.is_stored:
        tell = _("It will be here when that is done.")
        return Face(COPIED_AGAIN, lead=_("Its file is being copied once more."), tell=tell)
    return Face(LOOKS[State.DONE])


def _failed(job: Job) -> Face:
    lead = told(job.reason) or _("The provider could not make this clip.")
    return Face(LOOKS[State.FAILED], lead=lead, charged=charged_of(job), tell=what_now(job))


def _unknown(job: Job) -> Face:
    first = job.reason.partition(". ")[0].rstrip(".")
    lead = told(f"{first}.") if first else _("Sent, but no clear answer came back.")
    tell = _("The portal watches for a sign of it from {provider}. Never sent again by itself.")
    tell = joined([what_now(job), tell.format(provider=_who(job))])
    return Face(LOOKS[State.UNKNOWN], lead=lead, charged=_money(job, Charged.UNKNOWN), tell=tell)


def _cancelled(job: Job) -> Face:
    never_sent = getattr(job, "charged", None) is None
    plainly = _("Cancelled before it was sent.") if never_sent else _("Cancelled. It was not taken before.")
    return Face(LOOKS[State.CANCELLED], lead=told(job.reason) or plainly, charged=charged_of(job), tell=what_now(job))


def _rejected(job: Job) -> Face:
    return Face(LOOKS[State.REJECTED], lead=told(job.reason), charged=charged_of(job), tell=_("Nothing was sent."))


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
