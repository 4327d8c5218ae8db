"""The staff page of unknown outcomes: who may do what, what private jobs hide, and clicks that come too late."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from generations.models import AuditEntry, Job, Outcome, Provider, Source, State, Submission, User
from generations.services.reconcile import give_up, settle
from tests.pages.conftest import HTMX
from tests.peer import Peer, answering, peer
from tests.services.helpers import named, race

pytestmark = pytest.mark.django_db

ACTS = {"look": {}, "adopt": {"remote_id": "gen_9"}, "not-created": {}, "give-up": {}, "again": {"sure": "on"}}
ADMINS = {"not-created", "give-up", "again"}
KNOWN = b'{"id":"gen_9","status":"in_progress","progress":40}'
NOT_KNOWN = b'{"error":{"message":"task_not_exist: no such job here"}}'


@pytest.fixture
def lost(make_job: Callable[..., Job]) -> Job:
    job = make_job(State.UNKNOWN, "A fox wakes")
    Submission.objects.update(outcome=Outcome.NEVER_HEARD, detail="ReadTimeout: no answer")
    return job


@pytest.fixture
def noor(as_user: Callable[[User], Client], reviewer: User) -> Client:
    return as_user(reviewer)


@pytest.fixture
def tomas(as_user: Callable[[User], Client], admin: User) -> Client:
    return as_user(admin)


@pytest.fixture
def told(lost: Job) -> Iterator[Callable[[bytes], Peer]]:
    """Make the provider say this to everything it is asked."""
    with peer(answering(200, b"{}")) as server:
        Provider.objects.update(base_url=server.url, allow_private=True)
        Job.objects.update(origin=server.url)

        def saying(body: bytes) -> Peer:
            server.play = answering(200, body)
            return server

        yield saying


def act(client: Client, job: Job, name: str, htmx: bool = False, **more: Any) -> Any:
    data = {"number": 1} | ACTS[name] | more
    return client.post(reverse("reconcile-act", args=[job.key, name]), data, headers=HTMX if htmx else {})


def page(client: Client) -> str:
    answer = client.get(reverse("reconcile"))
    assert answer.status_code == 200
    return str(answer.content.decode())


class TestWhoMay:
    @pytest.mark.parametrize("name", ACTS)
    @pytest.mark.parametrize("visibility", ["team", "me"])
    def test_do_what(
        self, as_user: Callable[[User], Client], make_job: Callable[..., Job], viewer: User, member: User,
        reviewer: User, admin: User, name: str, visibility: str,
    ) -> None:  # fmt: skip
        Provider.objects.update(base_url="https://127.0.0.1:9")  # nothing goes out of the house
        expected = {None: 302, viewer: 404, member: 404, reviewer: 403 if name in ADMINS else None, admin: None}
        for person, status in expected.items():
            job = make_job(State.UNKNOWN, visibility=visibility)
            answer = act(as_user(person) if person else Client(), job, name)
            assert answer.status_code == (status or (303 if name in ADMINS else 422)), (person, name)
            moved = status is None and name in ADMINS
            assert (Job.objects.get(pk=job.pk).state != State.UNKNOWN) == moved

    def test_a_form_is_post_only_and_its_act_and_job_must_be_there(self, tomas: Client, lost: Job) -> None:
        assert tomas.get(reverse("reconcile-act", args=[lost.key, "look"])).status_code == 405
        assert tomas.post(reverse("reconcile-act", args=[lost.key, "delete"])).status_code == 404
        nobody = "00000000-0000-4000-8000-000000000000"
        assert tomas.post(reverse("reconcile-act", args=[nobody, "give-up"]), {"number": 1}).status_code == 404

    def test_a_reviewer_is_offered_no_more_than_that(self, noor: Client, tomas: Client, lost: Job) -> None:
        assert "Submit again" not in page(noor)
        assert "Look again now" in page(noor)
        assert "Submit again" in page(tomas)

    def test_strangers_and_members_get_no_second_clip(self, mara: Client, noor: Client, lost: Job, admin: User) -> None:
        give_up(lost, 1, admin)
        sent = lost.submissions.get()
        settle(sent.pk, "gen_9", "By list")
        url = reverse("second-clip", args=[sent.pk, "note"])
        assert (Client().post(url).status_code, mara.post(url).status_code, noor.get(url).status_code) == (
            302,
            404,
            405,
        )
        assert noor.post(reverse("second-clip", args=[sent.pk, "burn"])).status_code == 404
        assert noor.post(reverse("second-clip", args=[999_999, "note"])).status_code == 404
        assert noor.post(url).status_code == 303
        assert noor.post(url).status_code == 422


class TestThePage:
    def test_it_is_empty_in_a_kind_way(self, noor: Client) -> None:
        assert "Nothing to settle" in page(noor)

    def test_it_says_what_was_sent_and_what_is_known(self, noor: Client, lost: Job) -> None:
        named(lost, "gen_list", Source.LIST, "queued · sora-2 · 8 s")
        body = page(noor)
        for words in (
            "A fox wakes", "Mara Lindqvist", "UniAll studio", "sora2-landscape-8s", "16:9 · 8 s", "ReadTimeout",
            "gen_list", "queued · sora-2 · 8 s", "This provider has no list and does not call back",
        ):  # fmt: skip
            assert words in body, words

    def test_a_private_job_keeps_its_text_and_the_provider_s_words(
        self, noor: Client, make_job: Callable[..., Job]
    ) -> None:
        job = make_job(State.UNKNOWN, "A secret birthday", visibility="me")
        Submission.objects.update(detail="HTTP 502: A secret birthday")
        job.events.update(detail="A secret birthday")
        named(job, "gen_x", said="A secret birthday")
        for body in (page(noor), act(noor, job, "look", htmx=True).content.decode()):
            assert "birthday" not in body
            assert "Private prompt" in body
            assert "gen_x" in body

    def test_long_and_hostile_text_is_only_text(self, noor: Client, make_job: Callable[..., Job]) -> None:
        make_job(State.UNKNOWN, "<script>x</script>" + "word" * 400)
        Submission.objects.update(detail="<b>" + "x" * 9000)
        body = page(noor)
        assert "<script>x" not in body
        assert "<b>x" not in body
        assert len(body) < 60_000

    def test_many_cost_no_more_queries_and_come_in_pages(
        self, noor: Client, make_job: Callable[..., Job], django_assert_max_num_queries: Any
    ) -> None:
        for _ in range(23):
            make_job(State.UNKNOWN)
        with django_assert_max_num_queries(14):
            body = page(noor)
        assert body.count('class="panel case"') == 20
        after = body.split("?after=")[1].split('"')[0]
        more = noor.get(reverse("reconcile") + f"?after={after}", headers=HTMX).content.decode()
        assert more.count('class="panel case"') == 3

    def test_the_rail_counts_for_staff_only(
        self, noor: Client, mara: Client, lost: Job, django_assert_num_queries: Any
    ) -> None:
        assert '<span class="count">1<span class="visually-hidden"> to settle' in noor.get("/library/").content.decode()
        assert "to settle" not in mara.get("/library/").content.decode()

    def test_the_author_reads_what_happens_now_and_staff_find_the_way(
        self, mara: Client, noor: Client, lost: Job
    ) -> None:
        body = mara.get(lost.get_absolute_url()).content.decode()
        assert "The portal watches for a sign of it from UniAll studio" in body
        assert "Settle it" not in body
        assert f"/staff/reconcile/#unknown-{lost.key}" in noor.get(lost.get_absolute_url()).content.decode()

    def test_its_card_keeps_asking_for_some_hours(self, mara: Client, lost: Job) -> None:
        assert 'name="card"' in mara.get("/library/").content.decode()
        Job.objects.update(state_since=timezone.now() - timedelta(hours=7))
        assert 'name="card"' not in mara.get("/library/").content.decode()


class TestAdopting:
    @pytest.mark.parametrize("htmx", [True, False])
    def test_an_id_the_provider_knows_runs_again(
        self, noor: Client, lost: Job, told: Callable[[bytes], Peer], htmx: bool, reviewer: User
    ) -> None:
        server = told(KNOWN)
        answer = act(noor, lost, "adopt", htmx=htmx)
        lost.refresh_from_db()
        assert (answer.status_code, lost.state) == (200 if htmx else 303, State.RUNNING)
        assert lost.submissions.get().remote_id == "gen_9"
        assert [request.split()[0] for request in server.requests] == [b"GET"]
        assert AuditEntry.objects.get(action="adopt a remote id").changes == {"remote id": ["", "gen_9"]}
        if htmx:
            assert f'id="unknown-{lost.key}"' in answer.content.decode()
            assert "autofocus" in answer.content.decode()

    def test_an_id_it_does_not_know_is_told_in_its_words(
        self, noor: Client, lost: Job, told: Callable[[bytes], Peer]
    ) -> None:
        told(NOT_KNOWN)
        answer = act(noor, lost, "adopt", htmx=True)
        body = answer.content.decode()
        assert answer.status_code == 422
        assert "The provider does not know this job." in body
        assert "no such job here" in body
        assert lost.submissions.get().remote_id == ""
        assert not AuditEntry.objects.filter(action="adopt a remote id").exists()

    def test_an_answer_that_says_nothing_is_not_knowing(
        self, noor: Client, lost: Job, told: Callable[[bytes], Peer]
    ) -> None:
        told(b'{"id":"gen_9"}')
        assert "does not say how this job stands" in act(noor, lost, "adopt").content.decode()

    def test_the_id_of_another_job_is_refused(
        self, noor: Client, lost: Job, make_job: Callable[..., Job], told: Callable[[bytes], Peer]
    ) -> None:
        told(KNOWN)
        other = make_job(State.RUNNING)
        Submission.objects.filter(job=other).update(remote_id="gen_9")
        answer = act(noor, lost, "adopt")
        assert answer.status_code == 422
        assert f"another job&#x27;s: {other.key}" in answer.content.decode()

    @pytest.mark.parametrize("typed", ["", " ", "x" * 301, "a\x00b", "a\nb", "\u202ex"])
    def test_what_is_no_id_is_refused_before_anybody_is_asked(
        self, noor: Client, lost: Job, told: Callable[[bytes], Peer], typed: str
    ) -> None:
        server = told(KNOWN)
        assert act(noor, lost, "adopt", remote_id=typed).status_code == 422
        assert server.requests == []

    def test_a_moved_provider_is_not_asked(self, noor: Client, lost: Job, told: Callable[[bytes], Peer]) -> None:
        server = told(KNOWN)
        Job.objects.update(origin="https://before.example.com")
        assert "address was changed" in act(noor, lost, "adopt").content.decode()
        assert server.requests == []

    def test_a_job_without_a_submission_gets_one(
        self, noor: Client, make_job: Callable[..., Job], lost: Job, told: Callable[[bytes], Peer]
    ) -> None:
        told(KNOWN)
        Submission.objects.all().delete()
        Job.objects.update(token=None)
        assert act(noor, lost, "adopt", number=0).status_code == 303
        lost.refresh_from_db()
        assert (lost.state, lost.submissions.get().remote_id) == (State.RUNNING, "gen_9")


class TestLooking:
    def test_a_named_id_is_asked_about_and_found(self, noor: Client, lost: Job, told: Callable[[bytes], Peer]) -> None:
        told(KNOWN)
        named(lost, "gen_9")
        assert "Found: the provider has it" in act(noor, lost, "look", htmx=True).content.decode()
        assert AuditEntry.objects.filter(action="look for a lost job").exists()

    def test_nothing_to_ask_is_said(self, noor: Client, lost: Job, told: Callable[[bytes], Peer]) -> None:
        told(KNOWN)
        assert "no id was named, and this provider has no list" in act(noor, lost, "look").content.decode()

    @pytest.mark.parametrize(
        ("answer", "words"),
        [
            (answering(200, b'{"object":"list","data":[],"has_more":false}'), "shows no job that fits"),
            (answering(404, b'{"detail":"Not Found"}'), "this provider has no list"),
            (answering(502, b"<html>"), "The provider could not say: The provider broke off"),
        ],
    )
    def test_the_list_is_asked(
        self, noor: Client, lost: Job, told: Callable[[bytes], Peer], answer: Any, words: str
    ) -> None:
        told(b"{}").play = answer
        Provider.objects.update(dialect="openai_videos")
        Job.objects.update(dialect="openai_videos")
        assert words in act(noor, lost, "look").content.decode()


class TestByWord:
    def test_sending_again_needs_the_tick(self, tomas: Client, lost: Job) -> None:
        for htmx in (True, False):
            answer = act(tomas, lost, "again", htmx=htmx, sure="")
            assert answer.status_code == 422
            assert "Tick the box" in answer.content.decode()
        assert Job.objects.get().state == State.UNKNOWN
        assert act(tomas, lost, "again").status_code == 303
        assert Job.objects.get().state == State.QUEUED

    @pytest.mark.parametrize("name", [*sorted(ADMINS), "adopt", "look"])
    @pytest.mark.parametrize("htmx", [True, False])
    def test_a_stale_click_is_told_kindly_and_does_nothing(
        self, tomas: Client, lost: Job, name: str, htmx: bool, admin: User
    ) -> None:
        give_up(lost, 1, admin)
        before = AuditEntry.objects.count(), lost.events.count()
        answer = act(tomas, lost, name, htmx=htmx)
        assert answer.status_code == 422
        assert "Nothing was done: it is no longer of unknown outcome, but “Failed”." in answer.content.decode()
        assert (AuditEntry.objects.count(), lost.events.count()) == before

    @pytest.mark.parametrize("number", ["", "x", "-1", "2", "99999"])
    def test_a_form_about_nothing_that_was_sent_does_nothing(self, tomas: Client, lost: Job, number: str) -> None:
        assert act(tomas, lost, "give-up", number=number).status_code == 422
        assert Job.objects.get().state == State.UNKNOWN


class TestSecondClips:
    def test_it_is_shown_with_its_money_and_kept_or_noted(
        self, tomas: Client, lost: Job, admin: User, told: Callable[[bytes], Peer]
    ) -> None:
        told(KNOWN)
        give_up(lost, 1, admin)
        settle(lost.submissions.get().pk, "gen_9", "By list")
        body = page(tomas)
        for words in ("Second clip found", "gen_9", "May have been charged", "Keep this clip", "Noted"):
            assert words in body
        kept = tomas.post(reverse("second-clip", args=[lost.submissions.get().pk, "keep"]))
        assert kept.status_code == 303
        assert Job.objects.get().state == State.RUNNING
        assert "Second clip found" not in page(tomas)


@pytest.mark.django_db(transaction=True)
def test_two_staff_who_click_at_once_do_it_once(tomas: Client, lost: Job) -> None:
    answers = race(*[lambda: act(tomas, lost, "again").status_code] * 2)
    assert sorted(answers) == [303, 422]
    assert Job.objects.get().events.filter(state=State.QUEUED, actor__isnull=False).count() == 1
