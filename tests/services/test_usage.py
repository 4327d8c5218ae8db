"""Usage: days that were counted, days that changed since, and both together always what the rows say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from random import Random
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from generations.contract import Cause
from generations.models import (
    Charged,
    Job,
    LedgerEntry,
    MonthTotal,
    Outcome,
    Provider,
    State,
    Submission,
    UsageCell,
    UsageDay,
    UsageMark,
    User,
)
from generations.services import ledger
from generations.services.advance import advance
from generations.services.months import day_of, day_within, last_day, today
from generations.services.usage import cells, marks, roll, times
from generations.services.usage.check import problems
from generations.services.usage.report import Asked, By, Report, Told, pieces, total

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
MakeJob = Callable[..., Job]
NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
DAY = date(2026, 11, 10)
MONTH = Asked(date(2026, 11, 1), date(2026, 11, 30))
ONE = timedelta(days=1)


@pytest.fixture
def asked(make_job: MakeJob) -> MakeJob:
    """A job asked for at a moment, with its place in the book, and what became of it."""

    def make(state: State = State.DONE, at: datetime = NOON, price: str = "0.8", **extra: Any) -> Job:
        wait, charged = extra.pop("wait", 2.0), extra.pop("charged", Charged.YES)
        month = extra.pop("month", day_of(at).replace(day=1))
        job = make_job(
            state, list_price=Decimal(price), currency="USD", rate=1, estimate=Decimal(price), month=month, **extra
        )
        Job.objects.filter(pk=job.pk).update(created_at=at)
        job.refresh_from_db()
        ledger.reserve([job])
        Submission.objects.update_or_create(
            job=job, number=1,
            defaults={
                "lease_until": at, "sent_at": at + timedelta(seconds=wait), "outcome": Outcome.ACCEPTED,
                "charged": charged,
            },
        )  # fmt: skip
        ledger.square(job, 1, state)
        marks.changed(job)
        return job

    return make


def told(asked: Asked = MONTH, **narrowed: Any) -> Told:
    return Told(total(Report(replace(asked, **narrowed)).told(asked.by)))


def raw(asked: Asked) -> cells.Figures:
    days = [asked.since + n * ONE for n in range(asked.days)]
    return total({(): cells.Figures()} | {(where,): of for where, of in cells.count(days).items() if asked.fits(where)})


def same(one: cells.Figures, other: cells.Figures) -> bool:
    """Letters come in any order."""
    names = cells.NAMES
    return [sorted(str(getattr(one, name))) for name in names] == [sorted(str(getattr(other, name))) for name in names]


class TestTimes:
    @pytest.mark.parametrize("seconds", [0.1, 0.35, 1, 17.2, 60, 154.9, 3600, 86_400, 1_000_000])
    def test_what_is_said_of_a_time_is_at_most_four_and_a_half_percent_off(self, seconds: float) -> None:
        assert times.middle(times.letter(seconds)) == pytest.approx(seconds, rel=0.045)

    def test_what_is_too_short_or_too_long_has_a_class_too(self) -> None:
        assert times.letter(0) == times.letter(-3) == times.letter(0.1)
        assert times.letter(1e12) == times.letter(1e13)

    def test_percentiles_of_several_days_are_those_of_all_their_times(self) -> None:
        dice = Random(7)
        days = [[dice.lognormvariate(4, 1) for _ in range(dice.randint(1, 300))] for _ in range(20)]
        letters = "".join(times.letter(t) for day in days for t in day)
        every = sorted(t for day in days for t in day)
        for share in (50, 95, 100):
            exact = every[max(1, -(-len(every) * share // 100)) - 1]
            assert times.percentiles(Counter(letters), share) == [pytest.approx(exact, rel=0.045)]
        assert times.percentiles(Counter(), 50) == [None]

    def test_every_cause_has_a_letter_of_its_own(self) -> None:
        assert set(cells.CAUSES) == set(Cause)
        assert len(set(cells.CAUSES.values())) == len(Cause)


class TestDays:
    @pytest.mark.parametrize(
        ("zone", "moment", "day"),
        [("UTC", "2026-10-31T23:30Z", (2026, 10, 31)), ("Asia/Tokyo", "2026-10-31T23:30Z", (2026, 11, 1))],
    )
    def test_they_begin_in_the_portals_zone(
        self, settings: Any, asked: MakeJob, zone: str, moment: str, day: Any
    ) -> None:
        settings.PORTAL_TIME_ZONE = zone
        at = datetime.fromisoformat(moment)
        asked(at=at)
        found = Report(Asked(date(2026, 10, 1), date(2026, 11, 30), By.DAY)).told(By.DAY)
        assert list(found) == [(date(*day),)]
        assert found[(date(*day),)].jobs == 1
        assert found[(date(*day),)].spent == 800_000

    def test_an_entry_counts_in_its_month_whatever_its_jobs_day(self, asked: MakeJob) -> None:
        asked(at=datetime(2026, 10, 31, 9, tzinfo=UTC), month=date(2026, 11, 1))
        assert set(LedgerEntry.objects.values_list("day", flat=True)) == {date(2026, 11, 1)}
        assert (told().spent, told().figures.jobs) == (Decimal("0.8"), 0)
        assert day_within(date(2026, 9, 1), NOON) == last_day(date(2026, 9, 1)) == date(2026, 9, 30)


class TestFigures:
    def test_what_became_of_the_jobs(self, asked: MakeJob) -> None:
        asked(rendered_in=100.0, wait=4.0)
        asked(rendered_in=200.0, wait=40.0, seconds=12)
        asked(State.FAILED, cause=Cause.CONTENT, charged=Charged.NO)
        asked(State.CANCELLED, charged=Charged.NO)
        asked(State.RUNNING, charged=Charged.UNKNOWN)
        asked(State.UNKNOWN, charged=Charged.UNKNOWN, price="0.3")
        found = told()
        figures = found.figures
        assert (figures.jobs, figures.done, figures.failed, figures.dropped, found.open) == (6, 2, 1, 1, 2)
        assert (figures.seconds, found.spent, found.held) == (20, Decimal("1.6"), Decimal("0.3"))
        assert found.success == pytest.approx(2 / 3)
        assert found.a_second == Decimal("0.08")
        assert found.renders == pytest.approx([100, 200], rel=0.045)
        assert found.waits[1] == pytest.approx(40, rel=0.045)
        assert figures.causes == cells.CAUSES[Cause.CONTENT]

    def test_of_nothing(self) -> None:
        found = told()
        assert (found.success, found.a_second, found.waits, found.spent) == (None, None, [None, None], Decimal(0))

    def test_a_wait_ends_with_the_first_submission_that_was_taken(self, asked: MakeJob) -> None:
        job = asked(wait=30)
        sent = NOON + timedelta(seconds=1)
        Submission.objects.create(job=job, number=2, lease_until=sent, sent_at=sent, outcome=Outcome.NOT_TAKEN)
        assert told().waits[0] == pytest.approx(30, rel=0.045)

    def test_a_correction_about_no_job_is_nobody_elses_money(self, asked: MakeJob, member: User, admin: User) -> None:
        asked()
        ledger.correct(member, Decimal("-0.300001"), "refund", admin, month=date(2026, 11, 1))
        keys = Report(Asked(date(2026, 11, 1), date(2026, 11, 30), By.PROVIDER)).told(By.PROVIDER)
        assert keys[((None, ""),)].spent == -300_001
        assert told().spent == Decimal("0.499999")

    def test_a_removed_provider_keeps_its_name_and_a_renamed_one_has_its_new_one(
        self, asked: MakeJob, provider: Provider
    ) -> None:
        asked()
        roll.roll_up()
        asked(provider_name="As it was called")
        roll.roll_up()
        assert [key for (key,) in Report(MONTH).told(By.PROVIDER)] == [(provider.pk, "")]
        provider.delete()
        assert {key for (key,) in Report(MONTH).told(By.PROVIDER)} == {
            (None, "UniAll studio"),
            (None, "As it was called"),
        }
        assert list(problems(MONTH.since, MONTH.until)) == []


class TestRolledUp:
    def test_counting_twice_changes_nothing(self, asked: MakeJob) -> None:
        asked()
        assert roll.roll_up() >= 1
        before = list(UsageCell.objects.values_list("grain", "jobs", "spent", "waits"))
        roll.roll(DAY)
        roll.roll(DAY)
        assert list(UsageCell.objects.values_list("grain", "jobs", "spent", "waits")) == before
        assert (UsageDay.objects.filter(day=DAY).count(), UsageMark.objects.count(), roll.roll_up()) == (1, 0, 0)

    def test_a_change_is_seen_at_once_though_the_day_was_counted(self, asked: MakeJob) -> None:
        job = asked(State.ARCHIVING)
        roll.roll_up()
        assert told().figures.done == 0
        advance(job, State.DONE)
        assert told().figures.done == 1
        roll.roll_up()
        assert told().figures.done == 1

    def test_a_change_while_it_is_counted_is_counted_next_time(
        self, asked: MakeJob, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = asked(State.ARCHIVING)

        def slow(days: Any) -> Any:
            found = cells.count(days)
            if job.state == State.ARCHIVING:
                advance(job, State.DONE)  # after the rows were read
            return found

        monkeypatch.setattr(roll, "count", slow)
        roll.roll(DAY)
        assert UsageCell.objects.get(grain="day").done == 0
        assert told().figures.done == 1
        assert roll.roll_up() == 1
        assert (UsageCell.objects.get(grain="day").done, UsageMark.objects.count()) == (1, 0)

    def test_a_round_ends_in_time_and_begins_with_the_newest(self, asked: MakeJob) -> None:
        for n in range(3):
            asked(at=NOON - n * ONE)
        assert roll.roll_up(-1) == 0
        assert roll.roll_up(1e-9) <= 1
        roll.roll_up()
        assert marks.marked(date.min, date.max) == []

    def test_whatever_is_asked_it_is_what_the_rows_say(
        self, asked: MakeJob, member: User, stranger: User, provider: Provider
    ) -> None:
        dice = Random(3)
        for n in range(60):
            asked(
                dice.choice([State.DONE, State.DONE, State.FAILED, State.UNKNOWN, State.CANCELLED]),
                at=NOON + timedelta(hours=dice.randint(-200, 200)), price=str(Decimal(dice.randint(1, 10**7)) / 10**6),
                author=dice.choice([member, stranger]), model=dice.choice(["a", "b"]),
                rendered_in=dice.choice([None, 9.5, 70.0]),
                wait=dice.random() * 90, charged=dice.choice([Charged.YES, Charged.YES, Charged.NO, Charged.UNKNOWN]),
            )  # fmt: skip
            if n == 30:
                roll.roll_up()
        for piece in (MONTH, Asked(DAY - 3 * ONE, DAY + ONE), Asked(DAY, DAY)):
            for by in By:
                for more in (
                    {},
                    {"member": member.pk},
                    {"provider": provider.pk},
                    {"model": "a"},
                    {"member": stranger.pk, "model": "b"},
                ):
                    asks = replace(piece, by=by, **more)
                    assert same(total(Report(asks).told(by)), raw(asks)), asks
                    assert same(total(Report(asks).told(*dict.fromkeys([By.DAY, by]))), raw(asks)), asks
            assert same(
                total({(n,): total(Report(one).told(By.DAY)) for n, one in enumerate(pieces(piece, 2))}), raw(piece)
            )
        spent = sum(MonthTotal.objects.filter(month=MONTH.since).values_list("spent", flat=True))
        assert told().spent == spent

    def test_money_is_told_to_the_last_digit(self, asked: MakeJob) -> None:
        for _ in range(30):
            asked(price="0.100001")
        asked(price="99999999.999999")
        for _ in range(2):
            assert told().spent == Decimal("100000003.000029")
            assert told().spent == MonthTotal.objects.get().spent
            roll.roll_up()

    def test_it_takes_as_many_queries_for_a_year_as_for_a_day(self, asked: MakeJob, make_user: Any) -> None:
        for n in range(6):
            asked(at=NOON - n * 20 * ONE, author=make_user())
        counts = []
        for year in (False, True, False):
            since = DAY - 365 * ONE if year else DAY
            with CaptureQueriesContext(connection) as seen:
                Report(Asked(since, DAY, By.MEMBER)).told(By.MEMBER)
            counts.append(len(seen))
            if year:
                roll.roll_up()
        assert counts[0] == counts[1] == 4
        assert counts[2] <= counts[0]


class TestCheck:
    def test_all_is_well(self, asked: MakeJob, member: User, admin: User) -> None:
        asked()
        ledger.correct(member, Decimal("3"), "bill", admin, month=date(2026, 11, 1))
        assert list(problems(MONTH.since, MONTH.until)) == []
        roll.roll_up()
        assert list(problems(MONTH.since, MONTH.until)) == []

    def test_a_cell_that_is_wrong_is_found(self, asked: MakeJob) -> None:
        asked()
        roll.roll_up()
        UsageCell.objects.filter(grain="both").update(done=7)
        assert list(problems(DAY, DAY)) == ["2026-11-10: 1 figures told by both are not what the rows say."]

    def test_a_change_without_a_mark_is_found(self, asked: MakeJob) -> None:
        job = asked()
        roll.roll_up()
        Job.objects.filter(pk=job.pk).update(state=State.FAILED)
        assert len(list(problems(DAY, DAY))) == 4

    def test_a_total_that_is_not_the_books_is_found(self, asked: MakeJob) -> None:
        asked()
        MonthTotal.objects.update(spent=Decimal("0.800001"))
        (said,) = problems(DAY, DAY)
        assert "2026-11, member" in said

    def test_the_command_says_so_and_mends_it(self, asked: MakeJob) -> None:
        asked()
        roll.roll_up()
        UsageCell.objects.update(jobs=9)
        MonthTotal.objects.update(spent=7)
        out = StringIO()
        with pytest.raises(SystemExit):
            call_command("usage", stdout=out)
        assert "wrong" in out.getvalue()
        call_command("usage", "--rebuild", stdout=out)
        assert "the total of what is spent is mended" in out.getvalue()
        assert "all as the rows say" in out.getvalue()
        assert told().figures.jobs == 1

    def test_the_command_on_an_empty_portal(self) -> None:
        out = StringIO()
        call_command("usage", stdout=out)
        assert "nothing to compare" in out.getvalue()


def test_every_move_of_a_job_marks_its_day(make_job: MakeJob) -> None:
    job = make_job(State.QUEUED)
    advance(job, State.CANCELLED)
    assert set(UsageMark.objects.values_list("day", flat=True)) == {today()}
