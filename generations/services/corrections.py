"""What a person adds to the book, with a reason: once, however often the form is sent, and written down."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from generations.models import FINAL, Charged, Job, Kind, LedgerEntry, State, Submission, User, exact
from generations.services import ledger
from generations.services.audit import job_subject, note
from generations.services.book import still_held
from generations.services.combinations import plain
from generations.services.months import this_month
from generations.services.not_saved import NotSaved
from generations.services.portal import held
from generations.services.price import money
from generations.services.rates import portal_currency


def seen(job: Job | None) -> int:
    """Names the book as its reader sees it: by its last entry of this job, or its last correction about none."""
    rows = LedgerEntry.objects.filter(job=job) if job else LedgerEntry.objects.filter(kind=Kind.CORRECTION, job=None)
    return rows.order_by("-pk").values_list("pk", flat=True).first() or 0


@transaction.atomic
def correct_job(job: Job, amount: Decimal, reason: str, actor: User, *, after: int) -> None:
    """More, or less, for this job, in the month that paid it. `after` is what `seen` said. Raises NotSaved."""
    held()
    _check(job, amount, after)
    spent = spent_on(job)
    if spent + amount < 0:
        said = _("{spent} is booked for this job, and no job costs less than nothing. Take off at most that.")
        raise NotSaved(said.format(spent=money(spent, portal_currency())), "amount")
    ledger.correct(job.author, amount, reason, actor, month=_month_that_paid(job), job=job)
    changes = {"spent": (plain(spent), plain(spent + amount)), "reason": (None, reason)}
    note(actor, gettext_noop("ledger corrected"), job_subject(job), changes)


@transaction.atomic
def correct_member(member: User, month: date, amount: Decimal, reason: str, actor: User, *, after: int) -> None:
    """What is about no job, such as a bill or a refund, in a month of this member. Raises NotSaved."""
    held()
    _check(None, amount, after)
    ledger.correct(member, amount, reason, actor, month=month)
    changes = {"month": (None, f"{month:%Y-%m}"), "spent": (None, plain(amount)), "reason": (None, reason)}
    note(actor, gettext_noop("ledger corrected"), member.email, changes)


@transaction.atomic
def say_charged(job: Job, number: int, charged: Charged, actor: User) -> None:
    """What the provider's bill says of a submission whose money is held, its job being over. Raises NotSaved."""
    job = Job.objects.select_for_update(no_key=True).get(pk=job.pk)
    sent = Submission.objects.filter(job=job, number=number)
    if job.state not in FINAL or not still_held().filter(job=job, number=number).exists():
        raise NotSaved(_("Its money is not held any more, or the job is still on its way. Look at the book first."))
    if charged == Charged.YES and not sent.exists():
        raise NotSaved(_("The portal knows of no such submission. Book what the bill says as a correction."))
    sent.update(charged=charged)
    ledger.square(job, number, State(job.state), charged)
    changes = {"submission": (None, number), "charged": (Charged.UNKNOWN.value, charged.value)}
    note(actor, gettext_noop("held money settled"), job_subject(job), changes)


def spent_on(job: Job) -> Decimal:
    return exact(LedgerEntry.objects.filter(job=job).aggregate(sum=Sum("spent"))["sum"])


def _month_that_paid(job: Job) -> date:
    """For what was spent last; where nothing was, for what would have been."""
    spent = LedgerEntry.objects.filter(job=job).exclude(spent=0).order_by("-pk")
    return spent.values_list("month", flat=True).first() or job.month or this_month()


def _check(job: Job | None, amount: Decimal, after: int) -> None:
    if not amount:
        raise NotSaved(_("Give another amount than 0."), "amount")
    if seen(job) != after:
        raise NotSaved(_("Another entry came since this page was made, perhaps this very one. Look at the book first."))
