"""A verdict on a finished clip: who may give it, what it writes, and that nobody speaks over what he has not seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from generations.models import AuditEntry, Job, Notice, Output, Review, Role, State, User, Verdict
from generations.services.deliver import deliver
from generations.services.reviews import NotReviewed, Said, count_to_review, may_review, review, to_review
from tests.services.helpers import race

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
MakeJob = Callable[..., Job]
YES, NO = Said(Verdict.APPROVED), Said(Verdict.REJECTED, "Too dark", 2.5)
LATER = Said(Verdict.CHANGES, "Hold the last frame")
BACK = Said(None)


@pytest.fixture
def clip(make_job: MakeJob) -> Job:
    return make_job(State.DONE)


def test_a_verdict_is_written_everywhere_at_once(clip: Job, reviewer: User) -> None:
    before = clip.rev
    assert review(clip, 0, reviewer, NO)
    clip.refresh_from_db()
    row = Review.objects.get()
    assert (clip.verdict, clip.rev) == (Verdict.REJECTED, before + 1)
    assert (row.verdict, row.note, row.at, row.by) == (Verdict.REJECTED, "Too dark", 2.5, reviewer)
    event = clip.events.latest("pk")
    assert (event.note, event.actor) == ("Clip rejected by Noor Haddad: 0:02.5 · Too dark", reviewer)
    entry = AuditEntry.objects.get(actor=reviewer)
    assert (entry.action, entry.subject) == ("clip reviewed", f"Job {clip.key}")
    assert entry.changes == {"verdict": ["", "Clip rejected"], "note": ["", "0:02.5 · Too dark"]}


def test_it_is_changed_and_taken_back_and_the_rows_stay(clip: Job, reviewer: User, admin: User) -> None:
    review(clip, 0, reviewer, NO)
    review(clip, Review.objects.latest("pk").pk, admin, YES)
    assert Job.objects.get().verdict == Verdict.APPROVED
    review(clip, Review.objects.latest("pk").pk, reviewer, BACK)
    assert Job.objects.get().verdict == ""
    assert list(Review.objects.values_list("verdict", flat=True)) == ["rejected", "approved", ""]
    assert clip.events.latest("pk").note == "The verdict on the clip was taken back by Noor Haddad."
    with pytest.raises(NotReviewed, match="no verdict to take back"):
        review(clip, Review.objects.latest("pk").pk, admin, BACK)


def test_a_double_click_changes_nothing(clip: Job, reviewer: User) -> None:
    assert review(clip, 0, reviewer, NO)
    assert not review(clip, 0, reviewer, NO)
    assert (Review.objects.count(), AuditEntry.objects.filter(actor=reviewer).count(), clip.events.count()) == (1, 1, 2)


def test_what_was_not_seen_is_not_spoken_over(clip: Job, reviewer: User, admin: User) -> None:
    review(clip, 0, reviewer, NO)
    with pytest.raises(NotReviewed, match="Noor Haddad was first: it is “Clip rejected” now"):
        review(clip, 0, admin, YES)
    assert Job.objects.get().verdict == Verdict.REJECTED


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_wins(clip: Job, reviewer: User, admin: User) -> None:
    came = race(lambda: review(clip, 0, reviewer, NO), lambda: review(clip, 0, admin, YES))
    assert [True, NotReviewed] == sorted((each if each is True else type(each) for each in came), key=str, reverse=True)
    assert Review.objects.get().verdict == Job.objects.get().verdict


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MEMBER])
def test_only_reviewers_and_admins(clip: Job, make_user: Callable[..., User], role: Role) -> None:
    user = make_user(role=role)
    assert not may_review(clip, user)
    assert not to_review(user).exists()
    with pytest.raises(NotReviewed, match="not yours to judge"):
        review(clip, 0, user, YES)


def test_nobody_judges_his_own_but_the_only_admin(make_job: MakeJob, reviewer: User, admin: User) -> None:
    theirs, his = make_job(State.DONE, author=reviewer), make_job(State.DONE, author=admin)
    assert (may_review(theirs, reviewer), may_review(his, admin)) == (False, True)
    assert (set(to_review(reviewer)), set(to_review(admin))) == ({his}, {theirs, his})
    User.objects.create_user("second@example.org", role=Role.ADMIN)
    assert not may_review(his, admin)
    assert set(to_review(admin)) == {theirs}


def test_only_what_is_there_and_the_teams(make_job: MakeJob, reviewer: User, admin: User) -> None:
    good = make_job(State.DONE)
    now = timezone.now()
    others = [
        make_job(State.DONE, visibility="me"), make_job(State.FAILED), make_job(State.ARCHIVING),
        make_job(State.DONE, trashed_at=now), make_job(State.DONE, trashed_at=now, purged_at=now), make_job(State.DONE),
    ]  # fmt: skip
    Output.objects.filter(job=others[-1]).update(stored_at=None, abandoned_at=now)
    for job in Job.objects.exclude(pk=good.pk).select_related("cover"):
        assert not may_review(job, reviewer)
        with pytest.raises(NotReviewed):
            review(job, 0, admin, YES)
    assert list(to_review(reviewer)) == [good]
    assert not Review.objects.exists()


def test_a_moment_that_the_clip_has_not_is_refused(clip: Job, reviewer: User) -> None:
    with pytest.raises(NotReviewed, match=r"no moment at 9\.5 s"):
        review(clip, 0, reviewer, Said(Verdict.REJECTED, "Late", 9.5))
    assert not Review.objects.exists()


def test_its_author_is_told_as_he_wishes(clip: Job, member: User, reviewer: User) -> None:
    review(clip, 0, reviewer, YES)
    assert not Notice.objects.exists()
    User.objects.update(mail_reviewed=True)
    review(clip, Review.objects.latest("pk").pk, reviewer, LATER)
    deliver()
    (message,) = mail.outbox
    assert (message.to, message.subject) == ([member.email], "Sora Portal: a clip was reviewed")
    assert "Changes asked for by Noor Haddad: Hold the last frame" in message.body
    assert "harged" not in message.body
    assert f"/jobs/{clip.key}/" in message.body


def test_nobody_is_told_of_what_he_said_himself(make_job: MakeJob, admin: User) -> None:
    User.objects.update(mail_reviewed=True)
    review(make_job(State.DONE, author=admin), 0, admin, YES)
    assert not Notice.objects.exists()


def test_the_rail_counts_a_hundred_at_most(make_job: MakeJob, reviewer: User) -> None:
    for number in range(3):
        make_job(State.DONE, f"Fox {number}")
    assert count_to_review(reviewer) == 3
    with CaptureQueriesContext(connection) as seen:
        count_to_review(reviewer)
    (one,) = seen.captured_queries
    assert "LIMIT 100" in one["sql"]


def test_both_ways_of_asking_agree(make_job: MakeJob, reviewer: User, admin: User, member: User) -> None:
    """The queryset and the rule for a job at hand."""
    extras: list[dict[str, Any]] = [{}, {"visibility": "me"}, {"trashed_at": timezone.now()}]
    for state in (State.DONE, State.FAILED, State.RUNNING):
        for extra in extras:
            for author in (reviewer, admin, member):
                make_job(state, author=author, **extra)
    for user in (reviewer, admin, member):
        jobs = Job.objects.select_related("cover")
        assert set(to_review(user)) == {job for job in jobs if may_review(job, user)}
