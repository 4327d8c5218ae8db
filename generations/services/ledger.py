"""The book of money: for every submission what is reserved, held or spent, in the portal's currency.

Nothing is added up on the way: after whatever happened, `square` reads from the rows where a submission's money should
be, compares it with where the book has it, and posts the difference. Told twice, or by two at once, it posts once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone

from generations.models import Charged, Job, Kind, LedgerEntry, State, Submission, User, exact
from generations.services import totals
from generations.services.months import day_within, this_month

ZERO = Decimal(0)
PLACES = {Kind.RESERVE: "reserved", Kind.HOLD: "held", Kind.SETTLE: "spent"}
"""The column in which money lies after an entry of this kind; released, it lies in none."""
MAY_BE_SENT = frozenset({State.SUBMITTING, State.RUNNING, State.ARCHIVING})


def reserve(jobs: Sequence[Job]) -> None:
    """Put aside what these jobs are expected to cost: new ones of one author, in the transaction that makes them."""
    if not jobs:
        return
    entries = [_entry(job, Kind.RESERVE, 1, job.month or this_month(), reserved=job.estimate or ZERO) for job in jobs]
    LedgerEntry.objects.bulk_create(entries)
    totals.add(entries)


def reserve_again(job: Job, month: date) -> None:
    """The job waits once more: this month pays for its next submission. The caller holds the job."""
    while _is_used(job):
        job.attempt += 1
    _go_to(job, job.attempt, month)
    reserve([job])


def go_on_with(job: Job, number: int, state: State) -> None:
    """An earlier submission than the one that was to come turns out to be what the job is. The caller holds the job.

    What was put aside for the later one stays where the rows say: held, where it may have been sent.
    """
    left, booked = job.attempt, _entries(job, number)
    _go_to(job, number, booked[0].month if booked else job.month)
    square(job, left, state)
    square(job, number, state)


def square(job: Job, number: int, state: State, told: Charged | None = None) -> None:
    """Bring the book of one submission to what its rows say, the job being in this state. The caller holds the job.

    `told` is what a person knows of one that has no row. Jobs that were asked for before there was a book have no
    entries, and get none.
    """
    entries = _entries(job, number)
    if not entries:
        return
    sent = Submission.objects.filter(job=job, number=number).first()
    stands, is_present = Kind(entries[-1].kind), number == job.attempt
    wanted = _kind(state, sent, is_present, stands) if sent else _never_sent(state, told, is_present, stands)
    if wanted != stands or (wanted == Kind.SETTLE and _spent(entries) != _worth(job, _price(job, sent))):
        _post(job, number, wanted, sent, entries)


def correct(member: User, amount: Decimal, reason: str, actor: User, *, month: date, job: Job | None = None) -> None:
    """A line by a person's word: what the provider's bill says and no row knows. It may be negative."""
    day = day_within(month, job.created_at if job else timezone.now())
    entry = LedgerEntry(
        month=month, day=day, member=member, job=job, kind=Kind.CORRECTION, spent=amount, actor=actor, reason=reason
    )
    entry.save()
    totals.add([entry])


def _entries(job: Job, number: int) -> list[LedgerEntry]:
    """Of one submission, the oldest first: all in one month, that of its reserve."""
    return list(LedgerEntry.objects.filter(job=job, number=number).exclude(kind=Kind.CORRECTION))


def _go_to(job: Job, number: int, month: date | None) -> None:
    """What the job is from now on: this attempt, and the month that pays for it."""
    job.attempt, job.month = number, month
    Job.objects.filter(pk=job.pk).update(attempt=number, month=month)


def _is_used(job: Job) -> bool:
    """True when this attempt was made, or its money is in the book already."""
    number = {"job": job, "number": job.attempt}
    return Submission.objects.filter(**number).exists() or LedgerEntry.objects.filter(**number).exists()


def _kind(state: State, sent: Submission, is_present: bool, stands: Kind) -> Kind:
    """Where the money of this submission belongs now."""
    if sent.charged == Charged.YES:
        return Kind.SETTLE
    if sent.charged == Charged.NO:
        return Kind.RELEASE
    is_on_its_way = is_present and state in MAY_BE_SENT
    return Kind.RESERVE if is_on_its_way and stands == Kind.RESERVE else Kind.HOLD


def _never_sent(state: State, told: Charged | None, is_present: bool, stands: Kind) -> Kind:
    """As far as the rows know: what a backup brought back may have been sent after the backup was taken."""
    if told == Charged.NO:
        return Kind.RELEASE
    if state == State.UNKNOWN or stands == Kind.HOLD:
        return Kind.HOLD
    return Kind.RESERVE if is_present and state == State.QUEUED else Kind.RELEASE


def _post(job: Job, number: int, kind: Kind, sent: Submission | None, before: Sequence[LedgerEntry]) -> None:
    """Take the money from where it lies and put it where this kind says."""
    deltas = {name: -sum((getattr(entry, name) for entry in before), ZERO) for name in PLACES.values()}
    price = _price(job, sent)
    if name := PLACES.get(kind):
        deltas[name] += _worth(job, price) if kind == Kind.SETTLE else job.estimate or ZERO
    turn = 1 + sum(entry.kind == kind for entry in before)
    entry = _entry(job, kind, turn, before[0].month, number=number, price=price, **deltas)
    entry.save()
    totals.add([entry])


def _spent(entries: Sequence[LedgerEntry]) -> Decimal:
    return sum((entry.spent for entry in entries), ZERO)


def _price(job: Job, sent: Submission | None) -> Decimal | None:
    """What the provider says it took, perhaps only at a second look; else by the list."""
    return sent.cost if sent and sent.cost is not None else job.list_price


def _worth(job: Job, price: Decimal | None) -> Decimal:
    """In the portal's currency, at the rate that was frozen; nothing where price or rate are not known."""
    return exact(price * job.rate) if price is not None and job.rate is not None else ZERO


def _entry(job: Job, kind: Kind, turn: int, month: date, **columns: Any) -> LedgerEntry:
    frozen = {"number": job.attempt, "price": job.list_price, "unit": job.currency, "month": month}
    frozen["day"] = day_within(month, job.created_at)
    return LedgerEntry(job=job, member_id=job.author_id, kind=kind, turn=turn, **(frozen | columns))
