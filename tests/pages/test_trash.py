"""The trash in the browser: buttons, lists, and what vanishes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from generations.models import Job, Output, State, User
from tests.pages.conftest import HTMX

pytestmark = pytest.mark.django_db
MakeJob = Callable[..., Job]


def page(client: Client, name: str, *args: object) -> str:
    return client.get(reverse(name, args=args)).content.decode()


def test_a_clip_moves_to_the_trash_and_back_by_plain_forms(mara: Client, make_clip: MakeJob) -> None:
    job = make_clip("Paper boats")
    assert reverse("job-trash", args=[job.key]) in page(mara, "job", job.key)
    answer = mara.post(reverse("job-trash", args=[job.key]), follow=True)
    shown = answer.content.decode()
    assert answer.redirect_chain == [(job.get_absolute_url(), 303)]
    assert "Moved to the trash." in shown
    assert "This clip is in the trash, moved there by Mara Lindqvist." in shown
    assert reverse("job-clip", args=[job.key]) in shown, "its author may still look at it"
    assert "Paper boats" not in page(mara, "library")
    assert "Paper boats" not in page(mara, "create")
    assert "Paper boats" in page(mara, "trash")
    assert "Paper boats" in page(mara, "prompts")
    answer = mara.post(reverse("job-restore", args=[job.key]), {"from": "trash"}, follow=True)
    assert answer.redirect_chain == [(reverse("trash"), 303)]
    assert "The trash is empty" in answer.content.decode()
    assert "Paper boats" in page(mara, "library")


def test_two_clicks_say_so_and_change_nothing(mara: Client, make_clip: MakeJob) -> None:
    job = make_clip()
    for said in ("Moved to the trash.", "It is in the trash already, or not over yet."):
        assert said in mara.post(reverse("job-trash", args=[job.key]), follow=True).content.decode()
    for said in ("Taken out of the trash.", "It is not in the trash any more."):
        assert said in mara.post(reverse("job-restore", args=[job.key]), follow=True).content.decode()
    assert job.events.count() == 3


def test_htmx_takes_the_row_away(mara: Client, make_clip: MakeJob) -> None:
    job = make_clip()
    mara.post(reverse("job-trash", args=[job.key]))
    answer = mara.post(reverse("job-restore", args=[job.key]), headers=HTMX)
    assert (answer.status_code, answer.content) == (200, b"")
    assert "Taken out of the trash." in answer["HX-Trigger"]


def test_a_changed_card_of_the_trash_is_not_sent(mara: Client, make_clip: MakeJob) -> None:
    job = make_clip()
    card = {"card": f"{job.key}:0.0.0"}
    assert mara.get(reverse("status"), card).status_code == 200
    Job.objects.update(trashed_at=timezone.now())
    assert mara.get(reverse("status"), card).status_code == 204


def test_others_see_that_it_is_in_the_trash_and_no_clip(
    as_user: Callable[[User], Client], stranger: User, make_clip: MakeJob
) -> None:
    job = make_clip("Paper boats")
    Job.objects.update(trashed_at=timezone.now())
    shown = page(as_user(stranger), "job", job.key)
    assert "This clip is in the trash." in shown
    assert reverse("job-clip", args=[job.key]) not in shown
    assert reverse("job-restore", args=[job.key]) not in shown
    assert "Paper boats" not in page(as_user(stranger), "trash")


def test_admins_see_the_whole_trash_without_private_texts(
    as_user: Callable[[User], Client], admin: User, make_clip: MakeJob
) -> None:
    shared, secret = make_clip("Paper boats"), make_clip("A private birthday", visibility="me")
    Job.objects.update(trashed_at=timezone.now())
    boss = as_user(admin)
    shown = page(boss, "trash")
    assert "Paper boats" in shown
    assert "Private prompt" in shown
    assert "birthday" not in shown
    assert reverse("job-poster", args=[shared.key]) in shown
    assert reverse("job-poster", args=[secret.key]) not in shown
    assert secret.get_absolute_url() + '"' not in shown
    assert boss.post(reverse("job-restore", args=[secret.key]), {"from": "trash"}).status_code == 303
    secret.refresh_from_db()
    assert secret.is_on_the_shelf


def test_a_removed_clip_leaves_its_page(mara: Client, make_clip: MakeJob) -> None:
    job = make_clip("Paper boats")
    Job.objects.update(trashed_at=timezone.now(), purged_at=timezone.now())
    Output.objects.update(clip="", poster="")
    shown = page(mara, "job", job.key)
    assert "Paper boats" in shown
    assert "The clip was removed." in shown
    for name in ("job-clip", "job-poster", "job-trash", "job-restore"):
        assert reverse(name, args=[job.key]) not in shown
    assert "Paper boats" not in page(mara, "trash")


def test_the_trash_is_paged(mara: Client, make_clip: MakeJob, make_job: MakeJob) -> None:
    for number in range(26):
        make_job(State.FAILED, f"Take {number}")
    Job.objects.update(trashed_at=timezone.now())
    shown = page(mara, "trash")
    assert shown.count("data-key=") == 24
    assert "Load more" in shown


def test_only_what_is_over_has_the_button(mara: Client, make_job: MakeJob) -> None:
    for state in State:
        job = make_job(state)
        shown = reverse("job-trash", args=[job.key]) in page(mara, "job", job.key)
        assert shown == (state in {State.DONE, State.FAILED, State.CANCELLED, State.REJECTED}), state
