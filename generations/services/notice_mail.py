"""The mail about a job's end, in its receiver's language: no more of the prompt than its beginning."""

from __future__ import annotations

import logging

from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from generations.models import Ended, Notice
from generations.services.languages import written_to
from generations.services.webhooks import REASON_MOST, charged, excerpt, link

log = logging.getLogger(__name__)

NOT_TAKEN = gettext_noop("The mail server did not take it: {error}.")
SUBJECTS = {
    Ended.DONE: _("Sora Portal: clip ready"),
    Ended.FAILED: _("Sora Portal: a clip failed"),
    Ended.UNKNOWN: _("Sora Portal: outcome unknown"),
    Ended.REJECTED: _("Sora Portal: a clip was not approved"),
}
ENDS = {
    Ended.DONE: _("Clip ready"),
    Ended.FAILED: _("A clip failed"),
    Ended.UNKNOWN: _("Outcome unknown"),
    Ended.REJECTED: _("Not approved"),
}


def send_mail(notice: Notice) -> str:
    """Write to the job's author; what went wrong as a sentence, "" when the mail server took it."""
    with translation.override(written_to(notice.job.author)):
        message = _message(notice)
    try:
        message.send()
    except Exception as error:  # whatever it is: a try that is not counted would be made for ever
        log.warning("a notice was not sent by mail: %r", error)
        return NOT_TAKEN.format(error=type(error).__name__)
    return ""


def _message(notice: Notice) -> EmailMessage:
    job, ended = notice.job, Ended(notice.ended)
    said = {
        "subject": ENDS[ended],
        "reason": " ".join(notice.reason.split())[:REASON_MOST],
        "excerpt": excerpt(job),
        "charged": charged(job).label,
        "link": link(job),
    }
    return EmailMessage(
        str(SUBJECTS[ended]),
        render_to_string("generations/notice_mail.txt", said),
        to=[job.author.email],
        headers={"Auto-Submitted": "auto-generated"},
    )
