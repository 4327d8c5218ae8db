"""Money of a job that goes on with an earlier submission than the one that was to come."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from generations.contract import NotTaken
from generations.models import Charged, Job, MonthTotal, Provider, State, User
from generations.services import ledger
from generations.services.advance import advance
from generations.services.corrections import say_charged
from generations.services.months import this_month
from generations.services.outcomes import settle
from generations.services.submit import intend

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
PRICE, NOTHING = Decimal("0.8"), Decimal(0)


@pytest.fixture
def late(make_job: Callable[..., Job]) -> Job:
    """Put back into the queue, come back from a backup as unknown, and then its first request was taken after all."""
    Provider.objects.update(enabled=True)
    job = make_job(list_price=PRICE, currency="USD", rate=1, estimate=PRICE, month=this_month())
    ledger.reserve([job])
    sent = intend(job.pk)
    assert sent
    settle(sent.token, NotTaken("busy"))
    job.refresh_from_db()
    advance(job, State.UNKNOWN)
    settle(sent.token, "gen_1")
    job.refresh_from_db()
    return job


def total() -> tuple[Decimal, ...]:
    found = MonthTotal.objects.get()
    return found.spent, found.held, found.reserved


def test_what_it_costs_is_booked_and_what_may_have_been_sent_later_is_held(late: Job) -> None:
    assert (late.state, late.attempt) == (State.RUNNING, 1)
    advance(late, State.ARCHIVING, by=late.submissions.get(), charged=Charged.YES)
    assert total() == (PRICE, PRICE, NOTHING)


def test_the_held_rest_is_settled_by_an_admin_once_the_job_is_over(late: Job, admin: User) -> None:
    advance(late, State.FAILED, by=late.submissions.get(), charged=Charged.NO)
    say_charged(late, 2, Charged.NO, admin)
    assert total() == (NOTHING, NOTHING, NOTHING)


def test_a_next_attempt_has_a_number_of_its_own(late: Job) -> None:
    advance(late, State.FAILED, by=late.submissions.get(), charged=Charged.NO)
    ledger.reserve_again(late, this_month())
    assert late.attempt == 3
    assert total() == (NOTHING, PRICE, PRICE)
