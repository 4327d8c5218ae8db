"""The mails about jobs, in their receiver's language: no more of a prompt than its beginning."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, ngettext

from generations.models import News, Notice, User, Visibility
from generations.services.languages import written_to
from generations.services.webhooks import REASON_MOST, charged, excerpt, link

log = logging.getLogger(__name__)

LISTED = 10  # prompts in a mail to a reviewer
NOT_TAKEN = gettext_noop("The mail server did not take it: {error}.")
SUBJECTS = {
    News.DONE: _("Sora Portal: clip ready"),
    News.FAILED: _("Sora Portal: a clip failed"),
    News.UNKNOWN: _("Sora Portal: outcome unknown"),
    News.REJECTED: _("Sora Portal: a clip was not approved"),
    News.REVIEWED: _("Sora Portal: a clip was reviewed"),
}
NEWS = {
    News.DONE: _("Clip ready"),
    News.FAILED: _("A clip failed"),
    News.UNKNOWN: _("Outcome unknown"),
    News.REJECTED: _("Not approved"),
    News.REVIEWED: _("Clip reviewed"),
}


def send_mail(notices: Sequence[Notice], to: User) -> str:
    """Write to this person: to an author of one thing, to a reviewer of all that waits.

    What went wrong as a sentence, "" when the mail server took it.
    """
    with translation.override(written_to(to)):
        message = _message(notices, to)
    try:
        message.send()
    except Exception as error:  # whatever it is: a try that is not counted would be made for ever
        log.warning("a notice was not sent by mail: %r", error)
        return NOT_TAKEN.format(error=type(error).__name__)
    return ""


def _message(notices: Sequence[Notice], to: User) -> EmailMessage:
    subject, body = _waiting(notices) if notices[0].news == News.WAITING else _told(notices[0])
    return EmailMessage(subject, body, to=[to.email], headers={"Auto-Submitted": "auto-generated"})


def _told(notice: Notice) -> tuple[str, str]:
    """Subject and text of a mail to the job's author."""
    job, news = notice.job, News(notice.news)
    said = {
        "subject": NEWS[news],
        "reason": " ".join(notice.reason.split())[:REASON_MOST],
        "excerpt": excerpt(job),
        "charged": "" if news == News.REVIEWED else charged(job).label,
        "link": link(job),
    }
    return str(SUBJECTS[news]), render_to_string("generations/notice_mail.txt", said)


def _waiting(notices: Sequence[Notice]) -> tuple[str, str]:
    """Of a mail to a reviewer. A private text stays on the page where he decides."""
    jobs = [notice.job for notice in notices]
    asked = [(job.author, excerpt(job) if job.visibility == Visibility.TEAM else "") for job in jobs[:LISTED]]
    said = {
        "count": len(jobs), "asked": asked, "more": len(jobs[LISTED:]),
        "link": f"{settings.PORTAL_ADDRESS}{reverse('staff-approvals')}",
    }  # fmt: skip
    subject = ngettext("Sora Portal: {n} clip awaits approval", "Sora Portal: {n} clips await approval", len(jobs))
    return subject.format(n=len(jobs)), render_to_string("generations/waiting_mail.txt", said)
