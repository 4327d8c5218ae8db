"""Reviewing clips in pages: on a clip's own, one after the other, in the library, and before sharing outside."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from generations.models import Job, Review, Share, State, User, Verdict
from generations.services.portal import choose
from generations.services.reviews import Said, review
from generations.services.shares import found, make_link
from tests.pages.conftest import HTMX

pytestmark = pytest.mark.django_db
MakeJob = Callable[..., Job]
AsUser = Callable[[User], Client]
CLIPS = "/staff/clips/"
NO: dict[str, Any] = {"verdict": "rejected", "note": "Too  dark", "at": "2.5"}


@pytest.fixture
def noor(as_user: AsUser, reviewer: User) -> Client:
    return as_user(reviewer)


def say(client: Client, job: Job, htmx: bool = False, **sent: Any) -> Any:
    return client.post(reverse("job-review", args=[job.key]), sent, headers=HTMX if htmx else {})


def read(client: Client, where: str, **query: Any) -> str:
    return client.get(where, query).content.decode()


class TestOnItsOwnPage:
    def test_it_is_rejected_with_a_note_at_a_moment(self, noor: Client, mara: Client, make_clip: MakeJob) -> None:
        job = make_clip()
        assert say(noor, job, **NO).headers["Location"] == f"{job.get_absolute_url()}#review"
        page = read(mara, job.get_absolute_url())
        assert "Clip rejected" in page
        assert 'data-seek="2.5">0:02.5</a>' in page
        assert "Too dark" in page
        assert "Clip rejected by Noor Haddad: 0:02.5 · Too dark" in page
        assert 'id="edit-again"' in page
        assert 'class="review-form"' not in page, "nobody judges his own"

    def test_htmx_gets_the_panel_and_the_timeline(self, noor: Client, make_clip: MakeJob) -> None:
        page = say(noor, make_clip(), htmx=True, **NO).content.decode()
        assert 'id="review"' in page
        assert 'id="timeline"' in page
        assert "data-hx-swap-oob" in page
        assert "<video" not in page

    @pytest.mark.parametrize("verdict", ["changes", "rejected"])
    def test_a_no_needs_a_note(self, noor: Client, make_clip: MakeJob, verdict: str) -> None:
        job = make_clip()
        for htmx in (True, False):
            answer = say(noor, job, htmx=htmx, verdict=verdict, note=" ")
            assert answer.status_code == 422
            assert "Say why in a few words" in answer.content.decode()
        assert not Review.objects.exists()

    @pytest.mark.parametrize(
        "wrong", [{"verdict": "great"}, {"verdict": ""}, {"at": "soon"}, {"at": "99"}, {"seen": "x"}]
    )
    def test_nonsense_is_refused_and_the_note_kept(
        self, noor: Client, make_clip: MakeJob, wrong: dict[str, str]
    ) -> None:
        answer = say(noor, make_clip(), htmx=True, **(NO | wrong | {"note": "<b>Kept"}))
        assert answer.status_code == 422
        assert "&lt;b&gt;Kept</textarea>" in answer.content.decode()
        assert not Review.objects.exists()

    def test_a_stale_page_is_told(self, noor: Client, as_user: AsUser, admin: User, make_clip: MakeJob) -> None:
        job = make_clip()
        say(noor, job, **NO)
        answer = say(as_user(admin), job, verdict="approved", seen="0")
        assert answer.status_code == 422
        assert "Noor Haddad was first" in answer.content.decode()

    def test_it_is_taken_back(self, noor: Client, make_clip: MakeJob) -> None:
        job = make_clip()
        say(noor, job, verdict="approved")
        assert "Take the verdict back" in read(noor, job.get_absolute_url())
        say(noor, job, verdict="none", seen=str(Review.objects.get().pk))
        assert Job.objects.get().verdict == ""
        assert "took the verdict back" in read(noor, job.get_absolute_url())

    def test_who_judges_nothing_sees_no_panel_until_somebody_did(
        self, as_user: AsUser, viewer: User, noor: Client, make_clip: MakeJob, make_job: MakeJob
    ) -> None:
        job = make_clip()
        assert 'id="review"' not in read(as_user(viewer), job.get_absolute_url())
        assert 'id="review"' not in read(noor, make_job(State.FAILED).get_absolute_url())
        say(noor, job, **NO)
        page = read(as_user(viewer), job.get_absolute_url())
        assert "Too dark" in page
        assert "edit-again" not in page


class TestOneAfterTheOther:
    def test_the_newest_first_and_then_the_next(self, noor: Client, make_clip: MakeJob) -> None:
        old, new = make_clip("An old fox"), make_clip("A new fox")
        page = read(noor, CLIPS)
        assert "A new fox" in page
        assert "2 clips wait" in page
        answer = say(noor, new, verdict="approved", after="")
        assert (answer.status_code, answer["Location"]) == (303, CLIPS)
        assert f'data-key="{old.key}"' in read(noor, CLIPS)
        say(noor, old, verdict="rejected", note="No", after="")
        assert "Every clip was reviewed" in read(noor, CLIPS)

    def test_a_skipped_one_waits_on(self, noor: Client, make_clip: MakeJob) -> None:
        jobs = [make_clip(f"Fox {number}") for number in range(2)]
        first = noor.get(CLIPS)
        second = noor.get(CLIPS, {"after": first.context["skip"]})
        assert [first.context["job"], second.context["job"]] == jobs[::-1]
        answer = say(noor, jobs[0], verdict="approved", after=first.context["skip"])
        end = noor.get(answer["Location"]).content.decode()
        assert "You are through" in end
        assert "1 clip that you skipped" in end

    def test_what_is_wrong_keeps_the_clip(self, noor: Client, make_clip: MakeJob) -> None:
        job = make_clip()
        make_clip("A newer one")
        answer = say(noor, job, verdict="rejected", note="", after="")
        assert answer.status_code == 422
        assert answer.context["job"] == job
        assert "Say why in a few words" in answer.content.decode()

    def test_one_that_somebody_else_judged_is_left_behind(self, noor: Client, admin: User, make_clip: MakeJob) -> None:
        job = make_clip()
        review(job, 0, admin, Said(Verdict.APPROVED))
        answer = say(noor, job, seen="0", after="", **NO)
        assert answer.status_code == 303
        assert "Tomás Silva was first" in noor.get(answer["Location"]).content.decode()

    def test_a_nonsense_place_is_the_start(self, noor: Client, make_clip: MakeJob) -> None:
        job = make_clip()
        assert noor.get(CLIPS, {"after": "x"}).context["job"] == job

    def test_it_costs_a_few_queries_however_many_wait(
        self, noor: Client, make_clip: MakeJob, django_assert_max_num_queries: Any
    ) -> None:
        for number in range(5):
            make_clip(f"Fox {number}")
        with django_assert_max_num_queries(24):
            noor.get(CLIPS)

    def test_the_rail_says_how_many(self, noor: Client, mara: Client, make_clip: MakeJob) -> None:
        make_clip()
        assert '1<span class="visually-hidden"> to review</span>' in read(noor, "/library/")
        assert "to review" not in read(mara, "/library/")


class TestInTheLibrary:
    @pytest.fixture
    def shelf(self, make_clip: MakeJob, make_job: MakeJob, reviewer: User) -> dict[str, Job]:
        jobs = {name: make_clip(f"Fox {name}") for name in ("approved", "changes", "rejected", "none")}
        for verdict in Verdict:
            review(jobs[verdict], 0, reviewer, Said(verdict, "So"))
        make_job(State.FAILED, "Fox failed")
        return jobs

    @pytest.mark.parametrize("asked", ["approved", "changes", "rejected", "none"])
    def test_it_is_narrowed_by_the_verdict(self, mara: Client, shelf: dict[str, Job], asked: str) -> None:
        answer = mara.get("/library/", {"verdict": asked})
        assert answer.context["page"].rows == [shelf[asked]]
        (chip,) = answer.context["filters"].chips
        assert (chip.field, chip.without) == ("verdict", "?")
        assert len(mara.get("/library/", {"verdict": "great"}).context["page"].rows) == 5
        assert mara.get("/library/", {"verdict": asked, "whose": "mine"}).context["page"].rows == [shelf[asked]]
        assert mara.get("/library/", {"verdict": asked, "state": "failed"}).context["page"].rows == []

    def test_the_badge_is_an_icon_and_a_word(self, mara: Client, shelf: dict[str, Job]) -> None:
        for view in ("", "list"):
            page = read(mara, "/library/", view=view, verdict="changes")
            assert page.count('class="pill verdict is-doubt"') == 1
            assert "#pencil-square" in page
        assert 'class="pill verdict' not in read(mara, "/library/", verdict="none")

    def test_files_say_it(self, mara: Client, shelf: dict[str, Job]) -> None:
        answer = mara.get("/library/export.csv", {"verdict": "changes"})
        text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
        assert [row["verdict"] for row in csv.DictReader(io.StringIO(text))] == ["changes"]
        answer = mara.get("/library/export.json", {"verdict": "none"})
        assert [row["verdict"] for row in json.loads(b"".join(answer.streaming_content))] == [""]  # type: ignore[attr-defined]


class TestSharedOutside:
    def test_only_what_is_approved_leaves_while_the_setting_is_on(
        self, mara: Client, member: User, reviewer: User, admin: User, make_clip: MakeJob
    ) -> None:
        job, days = make_clip(), timezone.now() + timedelta(days=7)
        where = reverse("job-share", args=[job.key])
        token = make_link(job, member, days, with_prompt=False)[1]
        choose(admin, approved_only=True)
        assert Client().get(f"/s/{token}/").status_code == 404
        assert "Only approved clips can be shared outside." in read(mara, where)
        refused = mara.post(where, {"lasts": "7"})
        assert refused.status_code == 422
        assert Share.objects.count() == 1

        review(job, 0, reviewer, Said(Verdict.APPROVED))
        assert [Client().get(f"/s/{token}/{part}").status_code for part in ("", "clip", "poster")] == [200] * 3
        assert mara.post(where, {"lasts": "7"}).status_code == 200

        review(job, Review.objects.get().pk, reviewer, Said(None))
        assert [Client().get(f"/s/{token}/{part}").status_code for part in ("", "clip", "poster")] == [404] * 3
        choose(admin, approved_only=False)
        assert found(token)

    def test_a_private_clip_says_how_to_get_there(self, mara: Client, admin: User, make_clip: MakeJob) -> None:
        choose(admin, approved_only=True)
        page = read(mara, reverse("job-share", args=[make_clip(visibility="me").key]))
        assert "once it is shared with the team" in page

    def test_the_settings_keep_it_and_list_what_works(
        self, as_user: AsUser, admin: User, member: User, reviewer: User, make_clip: MakeJob
    ) -> None:
        boss, jobs = as_user(admin), [make_clip(), make_clip()]
        for job in jobs:
            make_link(job, member, timezone.now() + timedelta(days=7), with_prompt=False)
        review(jobs[0], 0, reviewer, Said(Verdict.APPROVED))
        assert len(boss.get("/staff/settings/").context["links"]) == 2
        assert boss.post("/staff/settings/", {"shares_outside": "on", "approved_only": "on"}).status_code == 303
        page = boss.get("/staff/settings/")
        assert [share.job for share in page.context["links"]] == jobs[:1]
        assert page.context["form"].initial["approved_only"] is True


def test_reviewers_alone_are_offered_mail_about_what_waits(
    noor: Client, mara: Client, member: User, reviewer: User
) -> None:
    where, sent = "/account/notifications/", {"mail_waiting": "on", "mail_reviewed": "on", "time_zone": "UTC"}
    assert "mail_waiting" in read(noor, where)
    assert "mail_waiting" not in read(mara, where)
    for client in (noor, mara):
        assert client.post(where, sent).status_code == 303
    kept = User.objects.in_bulk()
    assert [(kept[user.pk].mail_waiting, kept[user.pk].mail_reviewed) for user in (reviewer, member)] == [
        (True, True),
        (False, True),
    ]
