"""Sharing outside: the page that makes links, what people outside see, and that a dead link tells nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

import pytest
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from generations.models import Job, Output, Share, State, User
from generations.services.portal import choose, chosen
from generations.services.shares import make_link, revoke
from tests.pages.conftest import CLIP, POSTER
from tests.pages.test_url_matrix import Inline

pytestmark = pytest.mark.django_db
MakeJob = Callable[..., Job]
AsUser = Callable[[User], Client]
PARTS = ("shared", "shared-clip", "shared-poster")


def made(job: Job, user: User, *, with_prompt: bool = False) -> tuple[Share, str]:
    return make_link(job, user, timezone.now() + timedelta(days=7), with_prompt=with_prompt)


def post(client: Client, job: Job, **fields: Any) -> Any:
    return client.post(reverse("job-share", args=[job.key]), {"lasts": "7"} | fields)


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


class TestMaking:
    def test_the_link_is_shown_once(self, mara: Client, make_clip: MakeJob) -> None:
        job = make_clip()
        page = post(mara, job).content.decode()
        found = re.search(r'id="new-link">http://testserver(/s/[\w-]{43}/)<', page)
        assert found
        assert Client().get(found[1]).status_code == 200
        again = mara.get(reverse("job-share", args=[job.key])).content.decode()
        assert "/s/" not in again.replace("/static/", "")
        assert "Made by Mara Lindqvist" in again
        assert "opened 1 time" in again

    def test_it_names_the_public_address(self, mara: Client, make_clip: MakeJob) -> None:
        with override_settings(PUBLIC_URL="https://videos.example.org"):
            assert "https://videos.example.org/s/" in post(mara, make_clip()).content.decode()

    @pytest.mark.parametrize(("lasts", "days"), [("1", 1), ("7", 7), ("30", 30)])
    def test_how_long(self, mara: Client, make_clip: MakeJob, lasts: str, days: int) -> None:
        post(mara, make_clip(), lasts=lasts)
        left = Share.objects.get().expires_at - timezone.now()
        assert timedelta(days=days) - timedelta(minutes=1) < left <= timedelta(days=days)

    def test_until_the_end_of_a_day(self, mara: Client, make_clip: MakeJob) -> None:
        day = timezone.localdate() + timedelta(days=3)
        assert post(mara, make_clip(), lasts="date", day=day.isoformat()).status_code == 200
        assert timezone.localtime(Share.objects.get().expires_at).strftime("%Y-%m-%d %H:%M") == f"{day} 23:59"

    @pytest.mark.parametrize("ahead", [-1, 91, 4000])
    def test_no_day_that_is_over_or_too_far(self, mara: Client, make_clip: MakeJob, ahead: int) -> None:
        day = timezone.localdate() + timedelta(days=ahead)
        answer = post(mara, make_clip(), lasts="date", day=day.isoformat())
        assert answer.status_code == 422
        assert "at most 90 days ahead" in answer.content.decode()
        assert post(mara, make_clip(), lasts="date", day="").status_code == 422
        assert post(mara, make_clip(), lasts="365").status_code == 422
        assert not Share.objects.exists()

    def test_the_last_day_is_90_days_at_most(self, mara: Client, make_clip: MakeJob) -> None:
        day = timezone.localdate() + timedelta(days=90)
        assert post(mara, make_clip(), lasts="date", day=day.isoformat()).status_code == 200

    def test_only_the_author_and_admins(
        self, as_user: AsUser, make_clip: MakeJob, viewer: User, stranger: User, reviewer: User, admin: User
    ) -> None:
        job, private = make_clip(), make_clip(visibility="me")
        for user in (viewer, stranger, reviewer):
            assert post(as_user(user), job).status_code == 403
            assert "Share outside" not in as_user(user).get(reverse("job-menu", args=[job.key])).content.decode()
        assert post(as_user(admin), job).status_code == 200
        for user in (viewer, stranger, reviewer, admin):
            assert post(as_user(user), private).status_code == 404
        assert Share.objects.get().by == admin

    def test_the_menu_offers_it(self, mara: Client, admin: User, make_clip: MakeJob, make_job: MakeJob) -> None:
        job = make_clip()
        assert "Share outside" in mara.get(job.get_absolute_url()).content.decode()
        running = make_job(State.RUNNING)
        assert "Share outside" not in mara.get(running.get_absolute_url()).content.decode()
        choose(admin, shares_outside=False)
        assert "Share outside" not in mara.get(job.get_absolute_url()).content.decode()
        assert "switched off" in mara.get(reverse("job-share", args=[job.key])).content.decode()
        assert post(mara, job).status_code == 422


class TestRevoking:
    def test_by_its_author(self, mara: Client, make_clip: MakeJob, member: User) -> None:
        job = make_clip()
        share, token = made(job, member)
        answer = mara.post(reverse("share-revoke", args=[share.pk]))
        assert (answer.status_code, answer["Location"]) == (303, reverse("job-share", args=[job.key]))
        assert Client().get(reverse("shared", args=[token])).status_code == 404
        assert "revoked by Mara Lindqvist" in mara.get(answer["Location"]).content.decode()

    @pytest.mark.parametrize("visibility", ["team", "me"])
    def test_every_role(
        self,
        as_user: AsUser, make_clip: MakeJob, visibility: str,
        member: User, viewer: User, stranger: User, reviewer: User, admin: User,
    ) -> None:  # fmt: skip
        no = 403 if visibility == "team" else 404
        table = [(viewer, no), (stranger, no), (reviewer, no), (member, 303), (admin, 303)]
        for user, expected in table:
            share = made(make_clip(visibility=visibility), member)[0]
            url = reverse("share-revoke", args=[share.pk])
            assert as_user(user).get(url).status_code == 405
            assert as_user(user).post(url).status_code == expected, user
            share.refresh_from_db()
            assert bool(share.revoked_at) == (expected == 303)
        assert Client().post(url).status_code == 302
        assert as_user(admin).post(reverse("share-revoke", args=[999_999])).status_code == 404

    def test_its_maker_sees_his_own_links_after_losing_his_role(
        self, as_user: AsUser, make_clip: MakeJob, admin: User, member: User
    ) -> None:
        job = make_clip("Of somebody else")
        share = made(job, admin)[0]
        User.objects.filter(pk=admin.pk).update(role="viewer")
        client = as_user(User.objects.get(pk=admin.pk))
        page = client.get(reverse("job-share", args=[job.key])).content.decode()
        assert "Revoke" in page
        assert "Make the link" not in page
        assert client.post(reverse("share-revoke", args=[share.pk])).status_code == 303


class TestOutside:
    def test_the_page_has_the_clip_and_nothing_else(self, make_clip: MakeJob, member: User) -> None:
        job = make_clip("A secret fox")
        answer = Client().get(reverse("shared", args=[made(job, member)[1]]))
        page = answer.content.decode()
        assert answer.status_code == 200
        assert 'src="clip" poster="poster"' in page
        for hidden in ("secret fox", str(job.key), "Mara", "mara@", "UniAll", job.model, "/accounts/", "/library"):
            assert hidden not in page
        assert not Inline.found_in(cast(HttpResponse, answer))
        assert not answer.cookies

    def test_the_prompt_only_where_that_was_wished(self, make_clip: MakeJob, member: User) -> None:
        token = made(make_clip("A <b>fox</b>"), member, with_prompt=True)[1]
        assert "A &lt;b&gt;fox&lt;/b&gt;" in Client().get(reverse("shared", args=[token])).content.decode()

    @pytest.mark.parametrize("name", PARTS)
    def test_headers(self, make_clip: MakeJob, member: User, name: str) -> None:
        token = made(make_clip(), member)[1]
        for url in (reverse(name, args=[token]), reverse(name, args=["x" * 43])):
            answer = Client().get(url)
            assert answer["X-Robots-Tag"] == "noindex, nofollow, noarchive"
            assert answer["Referrer-Policy"] == "no-referrer"
            assert answer["Cache-Control"] == "private, no-store"
            assert answer["X-Content-Type-Options"] == "nosniff"
            assert "unsafe" not in answer["Content-Security-Policy"]
            policy = answer["Content-Security-Policy"]
            assert "default-src 'self'" in policy or policy == "default-src 'none'; sandbox"

    def test_files_with_ranges(self, make_clip: MakeJob, member: User) -> None:
        token = made(make_clip(), member)[1]
        url = reverse("shared-clip", args=[token])
        whole, part = Client().get(url), Client().get(url, headers={"Range": "bytes=1000-1999"})
        assert (whole.status_code, body(whole), whole["Content-Type"]) == (200, CLIP, "video/mp4")
        assert (part.status_code, body(part)) == (206, CLIP[1000:2000])
        assert part["Content-Range"] == f"bytes 1000-1999/{len(CLIP)}"
        assert "Content-Disposition" not in whole
        picture = Client().get(reverse("shared-poster", args=[token]))
        assert (body(picture), picture["Content-Type"]) == (POSTER, "image/webp")
        assert Client().post(url).status_code == 405

    def test_only_the_page_counts_as_opened(self, make_clip: MakeJob, member: User) -> None:
        share, token = made(make_clip(), member)
        for name in PARTS[1:]:
            Client().get(reverse(name, args=[token]))
        Client().head(reverse("shared", args=[token]))
        share.refresh_from_db()
        assert share.opened == 0
        Client().get(reverse("shared", args=[token]))
        share.refresh_from_db()
        assert share.opened == 1

    def test_a_private_clip_of_its_author(self, make_clip: MakeJob, member: User) -> None:
        token = made(make_clip(visibility="me"), member)[1]
        assert Client().get(reverse("shared", args=[token])).status_code == 200


def revoked(share: Share, admin: User) -> None:
    revoke(share, admin)


def over(share: Share, admin: User) -> None:
    Share.objects.update(expires_at=timezone.now())


def trashed(share: Share, admin: User) -> None:
    Job.objects.update(trashed_at=timezone.now())


def removed(share: Share, admin: User) -> None:
    Job.objects.update(trashed_at=timezone.now(), purged_at=timezone.now())


def not_kept(share: Share, admin: User) -> None:
    Output.objects.update(stored_at=None)


def off(share: Share, admin: User) -> None:
    choose(admin, shares_outside=False)


@pytest.mark.parametrize("ended", [revoked, over, trashed, removed, not_kept, off])
def test_a_dead_link_looks_like_one_that_never_was(
    make_clip: MakeJob, member: User, admin: User, as_user: AsUser, ended: Callable[[Share, User], None]
) -> None:
    share, token = made(make_clip(), member)
    ended(share, admin)
    for client in (Client(), as_user(member)):
        for name in PARTS:
            answer, never = (client.get(reverse(name, args=[one])) for one in (token, "n" * 43))
            assert answer.status_code == never.status_code == 404
            assert answer.content == never.content
            assert "This link does not work any more" in answer.content.decode()
            assert "mara" not in answer.content.decode().lower()


def test_a_lost_file_is_a_dead_link(make_clip: MakeJob, member: User) -> None:
    token = made(make_clip(), member)[1]
    output = Output.objects.get()
    output.clip.storage.delete(output.clip.name or "")
    answer = Client().get(reverse("shared-clip", args=[token]))
    assert answer.status_code == 404
    assert "This link does not work any more" in answer.content.decode()


class TestSettings:
    def test_an_admin_switches_it_off_and_on(self, as_user: AsUser, admin: User) -> None:
        client, url = as_user(admin), reverse("staff-settings")
        assert " checked" in client.get(url).content.decode()
        assert client.post(url, {}).status_code == 303
        assert not chosen().shares_outside
        assert client.post(url, {"shares_outside": "on"}).status_code == 303
        assert chosen().shares_outside

    def test_nobody_else(self, as_user: AsUser, viewer: User, member: User, reviewer: User) -> None:
        for user, expected in ((viewer, 404), (member, 404), (reviewer, 403)):
            assert as_user(user).post(reverse("staff-settings"), {}).status_code == expected
        assert Client().post(reverse("staff-settings"), {}).status_code == 302
        assert chosen().shares_outside

    def test_links_are_listed_without_their_clips_text(
        self, as_user: AsUser, admin: User, member: User, make_clip: MakeJob
    ) -> None:
        job = make_clip("A private birthday", visibility="me")
        share = made(job, member)[0]
        client = as_user(admin)
        page = client.get(reverse("staff-settings")).content.decode()
        assert str(job.key) in page
        assert "birthday" not in page
        answer = client.post(reverse("share-revoke", args=[share.pk]))
        assert answer["Location"] == reverse("staff-settings")
        assert str(job.key) not in client.get(reverse("staff-settings")).content.decode()
