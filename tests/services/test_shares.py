"""Links for people outside: who makes them, how long they work, and that nobody can read them out of the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.core import serializers
from django.utils import timezone

from generations.models import AuditEntry, Job, JobEvent, Portal, Share, State, User
from generations.services.portal import choose, chosen
from generations.services.shares import NotShared, count, found, links_of, make_link, may_revoke, may_share, revoke
from generations.services.trash import purge, restore, trash

pytestmark = pytest.mark.django_db
MakeJob = Callable[..., Job]
WEEK = timedelta(days=7)


@pytest.fixture
def job(make_job: MakeJob) -> Job:
    return make_job(State.DONE)


def link(job: Job, user: User, lasts: timedelta = WEEK) -> tuple[Share, str]:
    return make_link(job, user, timezone.now() + lasts, with_prompt=False)


def test_a_token_opens_its_clip_and_is_kept_nowhere(job: Job, member: User) -> None:
    share, token = link(job, member)
    assert found(token) == share
    assert len(token) > 40
    rows = [*Share.objects.all(), *AuditEntry.objects.all(), *JobEvent.objects.all()]
    assert token not in serializers.serialize("json", rows)
    assert found(share.token_hash) is None
    assert found("") is None


def test_every_token_is_another_one(job: Job, member: User) -> None:
    assert len({link(job, member)[1] for _ in range(10)}) == 10


def test_it_is_told_in_the_timeline_and_the_audit(job: Job, member: User, admin: User) -> None:
    share = link(job, member)[0]
    revoke(share, admin)
    day = timezone.localtime(share.expires_at).date().isoformat()
    notes = list(JobEvent.objects.filter(job=job).values_list("note", flat=True))[1:]
    assert notes == [
        f"Shared outside by Mara Lindqvist, until {day}.",
        "A link for people outside was revoked by Tomás Silva.",
    ]
    told = list(AuditEntry.objects.filter(actor__isnull=False).order_by("pk").values_list("actor", "action", "subject"))
    subject = f"Job {job.key}"
    assert told == [(member.pk, "clip shared outside", subject), (admin.pk, "outside link revoked", subject)]


def test_it_ends_with_its_time(job: Job, member: User) -> None:
    token = link(job, member, timedelta(days=1))[1]
    with time_machine.travel(timezone.now() + timedelta(hours=23, minutes=59)):
        assert found(token)
    with time_machine.travel(timezone.now() + timedelta(hours=24, minutes=1)):
        assert found(token) is None


def test_revoked_it_ends_at_once_and_once(job: Job, member: User) -> None:
    (share, token), other = link(job, member), link(job, member)[1]
    assert revoke(share, member)
    assert not revoke(share, member)
    assert (found(token), found(other) is None) == (None, False)


def test_in_the_trash_it_rests_and_removed_it_ends(job: Job, member: User) -> None:
    token = link(job, member)[1]
    trash(job, member)
    assert found(token) is None
    restore(job, member)
    assert found(token)
    trash(job, member)
    purge(Job.objects.get())
    assert found(token) is None


def test_switched_off_no_link_works_or_is_made(job: Job, member: User, admin: User) -> None:
    token = link(job, member)[1]
    choose(admin, shares_outside=False)
    assert found(token) is None
    with pytest.raises(NotShared, match="switched off"):
        link(job, member)
    choose(admin, shares_outside=True)
    assert found(token)


@pytest.mark.parametrize("lasts", [timedelta(days=90, minutes=1), timedelta(0), -WEEK])
def test_no_longer_than_90_days_and_not_in_the_past(job: Job, member: User, lasts: timedelta) -> None:
    with pytest.raises(NotShared, match="90 days"):
        link(job, member, lasts)
    assert link(job, member, timedelta(days=90))


def test_only_a_clip_is_shared(make_job: MakeJob, member: User) -> None:
    with pytest.raises(NotShared, match="no clip"):
        link(make_job(State.RUNNING), member)


def test_twenty_links_are_enough(job: Job, member: User) -> None:
    shares = [link(job, member)[0] for _ in range(20)]
    with pytest.raises(NotShared, match="enough"):
        link(job, member)
    revoke(shares[0], member)
    assert link(job, member)


def test_openings_are_counted(job: Job, member: User) -> None:
    share = link(job, member)[0]
    count(share)
    count(share)
    share.refresh_from_db()
    assert (share.opened, share.opened_at is None) == (2, False)


def test_who_may_share(
    make_job: MakeJob, member: User, viewer: User, stranger: User, reviewer: User, admin: User
) -> None:
    team, private = make_job(State.DONE), make_job(State.DONE, visibility="me")
    people = (viewer, member, stranger, reviewer, admin)
    assert [may_share(team, user) for user in people] == [False, True, False, False, True]
    assert [may_share(private, user) for user in people] == [False, True, False, False, False]
    read_only = make_job(State.DONE, author=viewer)  # once a member
    assert not may_share(read_only, viewer)


def test_who_may_revoke(job: Job, member: User, viewer: User, stranger: User, reviewer: User, admin: User) -> None:
    by_admin, by_author = link(job, admin)[0], link(job, member)[0]
    people = (viewer, member, stranger, reviewer, admin)
    assert [may_revoke(by_admin, user) for user in people] == [False, True, False, False, True]
    by_author.by = stranger  # who was an admin then
    assert may_revoke(by_author, stranger)
    assert list(links_of(job, stranger)) == []
    assert len(links_of(job, member)) == len(links_of(job, admin)) == 2


def test_settings_have_defaults_and_an_audit(admin: User) -> None:
    assert chosen().shares_outside
    assert not choose(admin, shares_outside=True)
    assert choose(admin, shares_outside=False)
    assert not chosen().shares_outside
    assert Portal.objects.count() == 1
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.changes) == ("portal settings changed", {"shares_outside": [True, False]})
