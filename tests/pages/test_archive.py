"""Files that are not kept, as staff see them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from generations.models import AuditEntry, Heartbeat, Job, Output, State, User
from generations.services.unarchived import give_up, needing_a_person, try_again
from tests.pages.conftest import HTMX
from tests.services.helpers import queued, race

pytestmark = pytest.mark.django_db
MakeJob = Callable[..., Job]
LONG = "The provider's link ended. " * 40


@pytest.fixture
def boss(as_user: Callable[[User], Client], admin: User) -> Client:
    return as_user(admin)


@pytest.fixture
def lost(make_job: MakeJob) -> Callable[..., Output]:
    """A file that the portal gave up; changes may make it something else."""

    def make(text: str = "A fox wakes", **changes: object) -> Output:
        job = make_job(State.DONE, text, visibility=changes.pop("visibility", "team"))
        state: dict[str, object] = {"stored_at": None, "abandoned_at": timezone.now(), "attempts": 5, "faults": 5}
        state["trouble"] = "The file could not be fetched (HTTP 404).\nhttps://files.example.com/secret.mp4"
        Output.objects.filter(job=job).update(**(state | changes))
        return Output.objects.get(job=job)

    return make


def test_given_up_in_trouble_and_waiting_are_listed_with_their_facts(boss: Client, lost: Callable[..., Output]) -> None:
    lost("Given up", expires_at=timezone.now() - timedelta(hours=1), size=3_000_000)
    lost("In trouble", abandoned_at=None, trouble="The file broke off after 5 of 9 bytes.")
    lost("Waiting", abandoned_at=None, attempts=0, trouble="", size=0)
    shown = boss.get(reverse("staff-archive")).content.decode()
    for words in (
        "The file could not be fetched (HTTP 404).", "https://files.example.com/secret.mp4", "Given up", "In trouble",
        "Waiting", "ended", "2.9\xa0MB", "not known", "It has not been tried yet.", "broke off after 5 of 9",
    ):  # fmt: skip
        assert words in shown, words
    assert shown.index("Given up") < shown.index("In trouble") < shown.index("Waiting")
    assert shown.count('class="panel provider lost"') == 3


def test_nothing_of_a_private_job_but_that_it_is_in_trouble(
    as_user: Callable[[User], Client], reviewer: User, boss: Client, lost: Callable[..., Output]
) -> None:
    output = lost("A private birthday", visibility="me")
    for browser in (boss, as_user(reviewer)):
        shown = browser.get(reverse("staff-archive")).content.decode()
        assert "Private prompt" in shown
        assert "The file could not be fetched (HTTP 404)." in shown
        for hidden in ("birthday", "secret.mp4", output.job.get_absolute_url()):
            assert hidden not in shown


def test_a_reviewer_looks_and_an_admin_acts(
    as_user: Callable[[User], Client], reviewer: User, boss: Client, lost: Callable[..., Output]
) -> None:
    output = lost()
    again = reverse("staff-archive-try", args=[output.pk])
    assert again not in as_user(reviewer).get(reverse("staff-archive")).content.decode()
    assert again in boss.get(reverse("staff-archive")).content.decode()
    assert as_user(reviewer).post(again).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_trying_again_starts_over_and_is_written_down(boss: Client, admin: User, lost: Callable[..., Output]) -> None:
    output = lost()
    answer = boss.post(reverse("staff-archive-try", args=[output.pk]), follow=True)
    assert "It is tried again now." in answer.content.decode()
    output.refresh_from_db()
    assert (output.abandoned_at, output.faults, output.attempts) == (None, 0, 5)
    assert output.asked_at > timezone.now() - timedelta(minutes=1)
    assert queued() == [("archive", "generations.tasks.archive", (output.pk,))]
    entry = AuditEntry.objects.get(action__startswith="copy")
    assert (entry.actor, entry.action, entry.subject) == (admin, "copy tried again", f"Job {output.job.key}")
    assert "secret.mp4" not in str(entry.changes)


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
def test_two_clicks_give_up_once(admin: User, lost: Callable[..., Output]) -> None:
    output = lost(abandoned_at=None)
    Job.objects.update(state=State.ARCHIVING)
    assert sorted(race(*[lambda: give_up(output, admin)] * 3)) == [False, False, True]
    output.refresh_from_db()
    assert output.abandoned_at
    assert (output.settled_by, AuditEntry.objects.filter(action="copy given up").count()) == (admin, 1)
    assert output.job.events.filter(state=State.DONE).count() == 2
    assert Job.objects.get().reason == "The file could not be copied into the library."


def test_what_was_given_up_by_a_person_troubles_nobody_any_more(
    boss: Client, admin: User, lost: Callable[..., Output]
) -> None:
    output = lost("Paper boats")
    assert needing_a_person() == 1
    answer = boss.post(reverse("staff-archive-give-up", args=[output.pk]), headers=HTMX)
    assert "Let go" in answer.content.decode()
    assert "Given up." in answer["HX-Trigger"]
    assert needing_a_person() == 0
    assert "Every clip is kept" in boss.get(reverse("staff-archive")).content.decode()
    assert "Paper boats" in boss.get(reverse("staff-archive"), {"settled": "1"}).content.decode()
    assert try_again(output, admin)
    output.refresh_from_db()
    assert (output.settled_by, output.abandoned_at) == (None, None)


def test_what_is_being_copied_now_is_left_alone(admin: User, lost: Callable[..., Output]) -> None:
    output = lost(abandoned_at=None, lease=uuid4(), lease_until=timezone.now() + timedelta(minutes=1))
    assert not try_again(output, admin)
    assert not AuditEntry.objects.filter(action__startswith="copy").exists()
    Output.objects.update(stored_at=timezone.now(), lease_until=None)
    assert not try_again(output, admin)
    assert not give_up(output, admin)


def test_the_rail_counts_what_needs_a_person(
    boss: Client, mara: Client, lost: Callable[..., Output], make_job: MakeJob
) -> None:
    def badge(browser: Client) -> bool:
        return "need a person" in browser.get(reverse("library")).content.decode()

    lost(abandoned_at=None)
    assert not badge(boss)
    lost("Given up")
    assert badge(boss)
    assert not badge(mara)
    Job.objects.update(trashed_at=timezone.now())
    assert not badge(boss)


def test_a_full_disk_is_told_until_there_is_room(boss: Client, lost: Callable[..., Output]) -> None:
    Heartbeat.beat("archive:full")
    assert "The disk is full" in boss.get(reverse("staff-archive")).content.decode()
    assert needing_a_person() == 1
    Heartbeat.objects.update(at=timezone.now() - timedelta(hours=1))
    assert "The disk is full" not in boss.get(reverse("staff-archive")).content.decode()


def test_the_list_costs_the_same_however_long_it_is(
    boss: Client, lost: Callable[..., Output], django_assert_max_num_queries: Callable[[int], object]
) -> None:
    for number in range(30):
        lost(f"Take {number}", trouble=LONG)
    with django_assert_max_num_queries(10):  # type: ignore[attr-defined]
        assert boss.get(reverse("staff-archive")).status_code == 200
