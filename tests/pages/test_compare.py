"""The page of clips side by side, its ways in, and the winner's mark."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from generations.models import Job, Pick, State, User
from tests.pages.conftest import HTMX

pytestmark = pytest.mark.django_db
MakeJob = Callable[..., Job]
AsUser = Callable[[User], Client]


def side_by_side(client: Client, *jobs: Job) -> str:
    answer = client.get(reverse("compare"), {"job": [str(job.key) for job in jobs]})
    assert answer.status_code == 200
    return answer.content.decode()


def test_two_clips_with_what_differs_marked(mara: Client, make_clip: MakeJob) -> None:
    one, two = make_clip("A red <b>fox</b> wakes"), make_clip("A grey <b>fox</b> wakes", model="sora-2-pro")
    body = side_by_side(mara, one, two)
    for job in (one, two):
        assert reverse("job-clip", args=[job.key]) in body
        assert f'href="{job.get_absolute_url()}"' in body
    assert '<del><span class="visually-hidden">[removed: </span>red<span' in body
    assert "]</span></ins> &lt;b&gt;fox" in body
    assert "<mark>sora-2-pro</mark>" in body
    assert "<mark>UniAll studio</mark>" not in body
    assert "left out" not in body


def test_the_same_prompt_is_said_once(mara: Client, make_clip: MakeJob) -> None:
    body = side_by_side(mara, make_clip(), make_clip())
    assert body.count("A fox wakes") == 1
    assert "Same prompt as clip 1" in body


def test_what_is_left_out_is_counted_and_not_named(as_user: AsUser, make_clip: MakeJob, stranger: User) -> None:
    private = make_clip("A private birthday", visibility="me")
    body = side_by_side(as_user(stranger), make_clip("One"), private, make_clip("Two"))
    assert "1 clip is left out." in body
    assert "birthday" not in body
    assert reverse("job-clip", args=[private.key]) not in body


def test_fewer_than_two_say_how_to_get_here(mara: Client, make_clip: MakeJob, make_job: MakeJob) -> None:
    job = make_clip()
    for body in (side_by_side(mara), side_by_side(mara, job), side_by_side(mara, job, make_job(State.RUNNING))):
        assert "Two clips make a comparison" in body
        assert "<video" not in body
    assert mara.get(reverse("compare"), {"job": ["nonsense", "", "\x00"]}).status_code == 200


def test_the_ways_in(mara: Client, as_user: AsUser, viewer: User, make_clip: MakeJob) -> None:
    token = uuid4().hex
    one, two = make_clip(compose_token=token, takes=2), make_clip(compose_token=token, take=2, takes=2)
    page = mara.get(one.get_absolute_url()).content.decode()
    assert f'href="/compare/?job={one.key}&amp;job={two.key}"' in page
    assert "Compare the takes" not in mara.get(make_clip("Alone").get_absolute_url()).content.decode()
    for client in (mara, as_user(viewer)):
        menu = client.get(reverse("job-menu", args=[one.key])).content.decode()
        assert f'data-choose="{one.key}"' in menu
        assert f'data-choose="{one.key}"' in client.get(one.get_absolute_url()).content.decode()


def test_a_job_without_a_clip_is_not_offered_for_it(mara: Client, make_job: MakeJob) -> None:
    job = make_job(State.RUNNING)
    assert "data-choose" not in mara.get(reverse("job-menu", args=[job.key])).content.decode()


def pick(client: Client, job: Job, to: str = "on", **more: str) -> int:
    return client.post(reverse("job-pick", args=[job.key]), {"to": to, **more}).status_code


def test_the_winner_is_marked_everywhere(mara: Client, make_clip: MakeJob) -> None:
    job, other = make_clip(), make_clip("Another")
    assert pick(mara, job) == 303
    assert "Winner" in mara.get(reverse("job-card", args=[job.key])).content.decode()
    assert "Winner" not in mara.get(reverse("job-card", args=[other.key])).content.decode()
    page = mara.get(job.get_absolute_url()).content.decode()
    assert "Winner, picked by Mara" in page
    assert "Picked as the winner by Mara Lindqvist." in page
    assert "Winner, picked by Mara" in side_by_side(mara, job, other)
    assert pick(mara, job, "off") == 303
    assert "Winner" not in mara.get(reverse("job-card", args=[job.key])).content.decode()


def test_without_scripts_a_pick_leads_back_to_where_it_was_made(mara: Client, make_clip: MakeJob) -> None:
    job = make_clip()
    url = reverse("job-pick", args=[job.key])
    assert mara.post(url, {"to": "on"})["Location"] == job.get_absolute_url()
    query = f"job={job.key}&job=x%26y&next=https://evil.example"
    assert mara.post(url, {"to": "on", "compared": query})["Location"] == f"/compare/?job={job.key}&job=x%26y"


def test_htmx_gets_the_part_that_changed(mara: Client, make_clip: MakeJob) -> None:
    job = make_clip()
    answer = mara.post(reverse("job-pick", args=[job.key]), {"to": "on", "compared": "job=1"}, headers=HTMX)
    assert answer.content.decode().lstrip().startswith('<div class="pick')
    assert "Take the pick back" in answer.content.decode()


@pytest.mark.parametrize("visibility", ["team", "me"])
def test_every_role_picks_or_not(
    as_user: AsUser, make_clip: MakeJob, visibility: str,
    member: User, viewer: User, stranger: User, reviewer: User, admin: User,
) -> None:  # fmt: skip
    team = [(viewer, 403), (member, 303), (stranger, 303), (reviewer, 303), (admin, 303)]
    for user, expected in team:
        job = make_clip(visibility=visibility)
        assert pick(as_user(user), job) == (expected if visibility == "team" or user == member else 404)
        assert as_user(user).get(reverse("job-pick", args=[job.key])).status_code == 405
    assert pick(Client(), job) == 302


def test_a_pick_needs_a_wish_a_clip_and_a_role(
    mara: Client, as_user: AsUser, viewer: User, stranger: User, make_clip: MakeJob, make_job: MakeJob
) -> None:
    job, private = make_clip(), make_clip(visibility="me")
    assert pick(mara, job, "") == 400
    assert pick(mara, make_job(State.RUNNING)) == 403
    assert pick(as_user(viewer), job) == 403
    assert pick(as_user(stranger), private) == 404
    assert not Pick.objects.exists()
    assert "Pick the winner" not in as_user(viewer).get(job.get_absolute_url()).content.decode()
