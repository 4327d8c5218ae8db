"""Favourites, tags and comments: whose they are, what is refused, and what is never shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from generations.models import AuditEntry, Comment, Favourite, Job, State, Tag, User
from tests.pages.conftest import HTMX

pytestmark = pytest.mark.django_db
MakeJob = Callable[..., Job]
AsUser = Callable[[User], Client]
PRESSED, NOT_PRESSED = 'aria-pressed="true"', 'aria-pressed="false"'


def post(client: Client, where: str, job: Job, htmx: bool = True, **data: Any) -> Any:
    return client.post(reverse(where, args=[job.key]), data, headers=HTMX if htmx else {})


def page(client: Client, job: Job) -> str:
    return client.get(job.get_absolute_url()).content.decode()


class TestFavourites:
    def test_a_mark_is_one_s_own_and_a_second_click_changes_nothing(
        self, mara: Client, as_user: AsUser, stranger: User, make_job: MakeJob
    ) -> None:
        job = make_job()
        for _ in range(2):
            answer = post(mara, "job-favourite", job, to="on", quiet="1").content.decode()
            assert PRESSED in answer
            assert 'name="to" value="off"' in answer
            assert 'name="quiet"' in answer
        assert Favourite.objects.count() == 1
        assert PRESSED in page(mara, job)
        assert PRESSED not in page(as_user(stranger), job)
        assert NOT_PRESSED in post(mara, "job-favourite", job, to="off").content.decode()
        assert Favourite.objects.count() == 0

    def test_without_htmx_it_is_a_form(self, mara: Client, make_job: MakeJob) -> None:
        job = make_job()
        answer = post(mara, "job-favourite", job, htmx=False, to="on")
        assert (answer.status_code, answer["Location"]) == (303, job.get_absolute_url())
        assert mara.post(reverse("job-favourite", args=[job.key]), {"to": "x"}).status_code == 400

    def test_cards_know_it_without_another_query(
        self, mara: Client, make_job: MakeJob, member: User, django_assert_max_num_queries: Any
    ) -> None:
        jobs = [make_job(State.RUNNING, f"Number {n}") for n in range(12)]
        Favourite.objects.create(user=member, job=jobs[3])
        with django_assert_max_num_queries(4):
            body = mara.get("/status/", {"card": [f"{job.key}:old" for job in jobs]}, headers=HTMX).content.decode()
        assert (body.count(PRESSED), body.count(NOT_PRESSED)) == (1, 11)


class TestTags:
    def test_spellings_are_one_tag_and_anybody_who_makes_clips_adds_and_removes(
        self, mara: Client, as_user: AsUser, stranger: User, make_job: MakeJob
    ) -> None:
        job = make_job()
        for name in ("Season  2", " season 2 ", "\uff33EASON 2"):
            assert post(mara, "job-tags", job, name=name).status_code == 200
        assert [tag.name for tag in Tag.objects.all()] == ["season 2"]
        assert job.job_tags.get().added_by == job.author
        assert "season 2" in page(as_user(stranger), job)
        body = post(as_user(stranger), "job-tags", job, remove="season 2").content.decode()
        assert "Remove the tag" not in body
        assert Tag.objects.count() == 0

    @pytest.mark.parametrize("name", [" ", "a" * 41, "\x00"])
    def test_what_is_no_tag_is_refused_in_words(self, mara: Client, make_job: MakeJob, name: str) -> None:
        job = make_job()
        answer = post(mara, "job-tags", job, name=name)
        assert answer.status_code == 422
        assert 'role="alert"' in answer.content.decode()
        assert Tag.objects.count() == 0

    def test_twenty_are_enough(self, mara: Client, make_job: MakeJob) -> None:
        job = make_job()
        answers = [post(mara, "job-tags", job, name=f"tag {n}").status_code for n in range(21)]
        assert answers == [200] * 20 + [422]

    def test_a_private_job_s_tags_are_suggested_to_nobody_else(
        self, mara: Client, as_user: AsUser, stranger: User, admin: User, make_job: MakeJob
    ) -> None:
        shared, secret = make_job(), make_job(text="Private", visibility="me")
        post(mara, "job-tags", secret, name="birthday")
        assert "birthday" in page(mara, shared)
        for user in (stranger, admin):
            assert "birthday" not in page(as_user(user), shared)
            assert post(as_user(user), "job-tags", secret, remove="birthday").status_code == 404

    def test_hostile_words_stay_words(self, mara: Client, make_job: MakeJob) -> None:
        job = make_job()
        body = post(mara, "job-tags", job, name='"><script>x</script>').content.decode()
        assert "<script>" not in body
        assert "&lt;script&gt;" in body


class TestComments:
    def test_one_is_pinned_to_a_second_and_another_to_none(self, mara: Client, make_clip: MakeJob) -> None:
        job = make_clip()
        post(mara, "job-comments", job, text="The third footprint", at="2.9")
        body = post(mara, "job-comments", job, text="No <b>words</b>\nfor it").content.decode()
        assert list(Comment.objects.values_list("at", flat=True)) == [2.9, None]
        assert 'data-seek="2.9"' in body
        assert ">0:02.9</a>" in body
        assert "No &lt;b&gt;words&lt;/b&gt;" in body
        assert body.count("data-seek") == 1

    @pytest.mark.parametrize(
        ("text", "at", "says"),
        [
            ("  ", "", "Write a comment first."),
            ("a" * 2001, "", "2001 characters are too many"),
            ("Good", "9.5", "The clip has no moment at 9.5 s. It runs 8 s."),
            ("Good", "-1", "no moment"),
            ("Good", "nan", "Give the moment in seconds"),
            ("Good", "soon", "Give the moment in seconds"),
        ],
    )
    def test_a_refused_one_comes_back_with_its_words(
        self, mara: Client, make_clip: MakeJob, text: str, at: str, says: str
    ) -> None:
        job = make_clip()
        for htmx in (True, False):
            answer = post(mara, "job-comments", job, htmx=htmx, text=text, at=at)
            body = answer.content.decode()
            assert answer.status_code == 422
            assert says in body
            assert f">{text}</textarea>" in body
        assert Comment.objects.count() == 0

    def test_without_htmx_it_leads_back_to_the_comments(self, mara: Client, make_clip: MakeJob) -> None:
        job = make_clip()
        answer = post(mara, "job-comments", job, htmx=False, text="Good", second="1.5")
        assert (answer.status_code, answer["Location"]) == (303, f"{job.get_absolute_url()}#comments")
        assert Comment.objects.get().at == 1.5

    def test_its_author_and_admins_take_it_back(
        self, mara: Client, as_user: AsUser, stranger: User, reviewer: User, admin: User, make_job: MakeJob
    ) -> None:
        job, secret = make_job(), make_job(text="Private", visibility="me")
        for place in (job, job, secret):
            post(mara, "job-comments", place, text="Mine")
        first, second, hidden = (reverse("comment-delete", args=[c.pk]) for c in Comment.objects.all())
        for user in (stranger, reviewer):
            assert as_user(user).post(first).status_code == 403
            assert first not in page(as_user(user), job)
        assert Client().post(first).status_code == 302
        assert as_user(admin).post(hidden).status_code == 404
        assert mara.get(first).status_code == 405
        assert mara.post(first, headers=HTMX).status_code == 200
        told = AuditEntry.objects.filter(action="comment deleted")
        assert not told.exists()
        assert as_user(admin).post(second)["Location"].endswith("#comments")
        assert told.get().subject == f"Job {job.key}"
        assert Comment.objects.count() == 1
        assert mara.post(first).status_code == 404

    def test_half_written_words_outlive_a_refresh_of_the_page(self, mara: Client, make_job: MakeJob) -> None:
        body = page(mara, make_job(State.RUNNING))
        assert 'id="comments" data-hx-preserve="true"' in body

    def test_the_page_asks_no_more_for_many_comments_than_for_one(
        self, mara: Client, make_clip: MakeJob, member: User, stranger: User, django_assert_max_num_queries: Any
    ) -> None:
        job = make_clip()
        for number in range(30):
            Comment.objects.create(job=job, author=stranger if number % 2 else member, text="x", at=number % 8)
        with django_assert_max_num_queries(19):
            page(mara, job)


@pytest.mark.parametrize("name", ["job-tags", "job-comments"])
def test_viewers_read_along(as_user: AsUser, viewer: User, make_job: MakeJob, name: str) -> None:
    job = make_job()
    assert post(as_user(viewer), name, job, name="x", text="x").status_code == 403
    assert reverse(name, args=[job.key]) not in page(as_user(viewer), job)
