"""What whoever asked can do now about a job that came to nothing, or that waits: a sentence or two, or nothing."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from generations.contract import Cause
from generations.models import Charged, Job, State
from generations.services.told import joined

Words = Mapping[str, str | Promise]

AGAIN_OR_ELSEWHERE = gettext_lazy("Try again, or choose another provider.")
OVER: Words = {
    Cause.CONTENT: gettext_lazy("Edit the prompt or its image first."),
    Cause.MODEL: gettext_lazy("Choose another model, or a provider that offers it."),
    Cause.IMAGE: gettext_lazy("Give another image, or send it without one."),
    Cause.REMOVED: gettext_lazy("Choose another provider."),
    Cause.BROKEN: gettext_lazy("Try again, perhaps changed or at another provider."),
    Cause.LATE: AGAIN_OR_ELSEWHERE,
    Cause.LOST: AGAIN_OR_ELSEWHERE,
}
REFUSED = gettext_lazy("Change the prompt or the settings and try again.")
MONEY: Words = {
    Charged.YES: gettext_lazy("Another try costs again."),
    Charged.UNKNOWN: gettext_lazy("Staff can look it up."),
}
WRONG: Words = {
    Cause.KEY: gettext_lazy("Its key is refused."),
    Cause.BALANCE: gettext_lazy("Its balance is used up, or a permission is missing."),
    Cause.PAGE: gettext_lazy("Its address is wrong."),
    Cause.PATH: gettext_lazy("Its address is wrong."),
    Cause.FORBIDDEN: gettext_lazy("Its address is wrong."),
    Cause.CERTIFICATE: gettext_lazy("Its certificate is not valid."),
}
"""What an admin has to mend at the provider, where it was this job that found out."""


def what_now(job: Job) -> str:
    """In the reader's language."""
    match State(job.state):
        case State.QUEUED:
            return _while_it_waits(job)
        case State.FAILED:
            return _after_the_end(job, REFUSED if _charged(job) == Charged.NO else "")
        case State.CANCELLED if job.prompt.erased_at:
            return ""
        case State.CANCELLED if job.cause == Cause.OTHER:  # by whoever may
            return _("It can be sent again at any time.")
        case State.CANCELLED:
            return _after_the_end(job)
        case State.UNKNOWN:
            return _("Wait, or ask staff.")
        case State.DONE if job.cover and not job.clip:
            return _("Ask staff soon to copy it again.")
    return ""


def _while_it_waits(job: Job) -> str:
    provider = job.provider
    if provider and not provider.enabled:
        return _("The provider is switched off. Ask an admin, or cancel and choose another one.")
    if provider and provider.paused_reason:
        return joined(map(str, [WRONG.get(job.cause, ""), _("Ask an admin to mend it.")]))
    return _("It is tried again by itself.") if job.cause != Cause.OTHER else ""


def _after_the_end(job: Job, otherwise: str | Promise = "") -> str:
    return joined(map(str, [OVER.get(job.cause, otherwise), MONEY.get(_charged(job), "")]))


def _charged(job: Job) -> str:
    """Of the latest submission, as `for_cards` says; of a job that was never sent, nothing was."""
    return getattr(job, "charged", None) or Charged.NO
