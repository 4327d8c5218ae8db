"""The job page and the words of a card."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from generations.models import Charged, Job, JobEvent, Output, State, Submission, User, Watch
from tests.pages.conftest import HTMX

pytestmark = pytest.mark.django_db
MakeJob = Callable[..., Job]
AsUser = Callable[[User], Client]


def card(client: Client, job: Job) -> str:
    return client.get(reverse("job-card", args=[job.key])).content.decode()


def words(client: Client, job: Job, watch: dict[str, Any] | None = None, **output: Any) -> str:
    Watch.objects.filter(job=job).update(**(watch or {"rev": 1}))
    Output.objects.filter(job=job).update(**(output or {"rev": 1}))
    return card(client, job)


def test_the_word_of_every_state(mara: Client, make_job: MakeJob) -> None:
    run = make_job(State.RUNNING)
    assert "Waiting for a free slot" in card(mara, make_job(State.QUEUED))
    assert "waiting: the provider needs an admin" in card(
        mara, make_job(State.QUEUED, reason="waiting: the provider needs an admin")
    )
    assert "can no longer be cancelled" in card(mara, make_job(State.SUBMITTING))
    assert "45 %" in words(mara, run)
    assert "Checking" in words(mara, run, {"progress": 94})
    silent = words(mara, run, {"progress": None, "word": "cooking"})
    assert "gives no percentage" in silent
    assert "cooking" not in silent
    assert ">Sent<" in card(mara, make_job(State.SUBMITTING))
    assert "hard to reach" in words(mara, run, {"progress": 45, "trouble": "ConnectTimeout 10.0.0.1"})
    assert "10.0.0.1" not in card(mara, run)
    unheard = make_job(State.UNKNOWN, reason="Sent, but no answer came back. It may have been charged and so on.")
    assert "no answer came back.</strong>" in card(mara, unheard)
    assert "Outcome unknown" in card(mara, make_job(State.UNKNOWN))
    assert "May have been charged." in card(mara, make_job(State.UNKNOWN))
    assert "Not charged." in card(mara, make_job(State.CANCELLED))


def test_saving_tells_bytes_of_bytes(mara: Client, make_job: MakeJob) -> None:
    job = make_job(State.ARCHIVING)
    body = words(mara, job, bytes_done=9_800_000, size=14_890_000).replace("\xa0", " ")
    assert "9.3 MB of 14.2 MB" in body
    assert 'value="65"' in body
    assert "tries again" in words(mara, job, trouble="404")


def test_a_copy_given_up_is_said(mara: Client, make_job: MakeJob) -> None:
    job = make_job(State.DONE)
    body = words(mara, job, stored_at=None, abandoned_at=timezone.now(), trouble="404 at 10.0.0.1")
    assert "Done, link only" in body
    assert "10.0.0.1" not in body


@pytest.mark.parametrize(
    ("charged", "said"),
    [(Charged.NO, "Not charged."), (Charged.YES, "Charged."), (Charged.UNKNOWN, "May have been charged.")],
)
def test_a_failed_card_says_why_and_whether_it_cost(
    mara: Client, make_job: MakeJob, charged: Charged, said: str
) -> None:
    job = make_job(State.FAILED, reason="The <b>prompt</b> was refused.")
    for number, cost in ((1, Charged.UNKNOWN), (2, charged)):
        Submission.objects.create(
            job=job, number=number, lease_until=timezone.now(), sent_at=timezone.now(), charged=cost
        )
    body = card(mara, job)
    assert "The &lt;b&gt;prompt&lt;/b&gt; was refused." in body
    assert f"<b>{said}</b>" in body


def test_a_finished_job_plays_and_never_refreshes(mara: Client, make_clip: MakeJob) -> None:
    job = make_clip("Dunes <script>at</script> dusk")
    body = mara.get(job.get_absolute_url()).content.decode()
    assert f'src="{reverse("job-clip", args=[job.key])}"' in body
    assert f'poster="{reverse("job-poster", args=[job.key])}"' in body
    assert "Dunes &lt;script&gt;at&lt;/script&gt; dusk" in body
    assert 'data-hx-trigger="refresh"' not in body
    assert "<video" in body


def test_details_of_the_wire_are_for_staff(as_user: AsUser, mara: Client, make_job: MakeJob, reviewer: User) -> None:
    job = make_job(State.UNKNOWN)
    JobEvent.objects.filter(job=job).update(note="No answer came back.", detail="ReadTimeout of gw-7")
    Submission.objects.filter(job=job).update(remote_id="gen_secret_7")
    url = job.get_absolute_url()
    for client, staff in ((mara, False), (as_user(reviewer), True)):
        body = client.get(url).content.decode()
        assert "No answer came back." in body
        assert ("ReadTimeout of gw-7" in body) is staff
        assert ("gen_secret_7" in body) is staff


def cancel(client: Client, job: Job, headers: dict[str, str] | None = None) -> Any:
    return client.post(reverse("job-cancel", args=[job.key]), headers=headers or {})


def test_the_author_takes_a_waiting_job_back(mara: Client, make_job: MakeJob) -> None:
    first, second = make_job(text="One"), make_job(text="Two")
    answer = cancel(mara, first, HTMX)
    assert 'data-state="cancelled"' in answer.content.decode()
    assert "say" in answer["HX-Trigger"]
    plain = cancel(mara, second)
    assert plain["Location"] == second.get_absolute_url()
    assert "Nothing was sent or charged" in mara.get(plain["Location"]).content.decode()
    assert set(Job.objects.values_list("state", flat=True)) == {State.CANCELLED}


def test_a_job_just_being_sent_is_asked_to_stop(mara: Client, make_job: MakeJob) -> None:
    job = make_job(State.SUBMITTING)
    assert cancel(mara, job, HTMX).status_code == 200
    job.refresh_from_db()
    assert (job.state, job.cancel_asked) == (State.SUBMITTING, True)


def test_only_its_author_or_an_admin_cancels(
    as_user: AsUser, make_job: MakeJob, viewer: User, stranger: User, reviewer: User, admin: User
) -> None:
    job, secret = make_job(), make_job(text="Private", visibility="me")
    for user in (viewer, stranger, reviewer):
        assert cancel(as_user(user), job).status_code == 403
        assert "/cancel/" not in card(as_user(user), job)
    for user in (viewer, stranger, reviewer, admin):
        assert cancel(as_user(user), secret).status_code == 404
    assert Job.objects.filter(state=State.QUEUED).count() == 2
    assert cancel(as_user(admin), job).status_code == 302
    job.refresh_from_db()
    assert job.state == State.CANCELLED


@pytest.mark.parametrize(
    ("state", "charged", "price", "said"),
    [
        (State.FAILED, "yes", "2.40", "<b>Charged (list price $2.40).</b>"),
        (State.FAILED, "yes", None, "<b>Charged.</b>"),
        (State.FAILED, "no", "2.40", "<b>Not charged.</b>"),
        (State.UNKNOWN, "unknown", "2.40", "<b>May have been charged (list price $2.40).</b>"),
    ],
)
def test_a_bad_end_says_the_money(
    mara: Client, make_job: MakeJob, state: State, charged: str, price: str | None, said: str
) -> None:
    job = make_job(state, list_price=price, currency="USD")
    job.submissions.all().delete()
    job.submissions.create(number=1, sent_at=job.created_at, lease_until=job.created_at, charged=charged)
    assert said in mara.get(reverse("job-card", args=[job.key])).content.decode()
