"""The directives that hold in every dialect: refusals of a create, odd answers to queries, false URLs and files."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from itertools import pairwise
from typing import Any

import httpx
import pytest

from generations.sandbox import Sandbox
from generations.sandbox.jobs import Moment, Order, Stage, moment, new_job
from tests.sandbox.conftest import KEY
from tests.sandbox.tongues import OPENAI, TONGUES, UNIALL, Talker, Tongue

ALL = (*TONGUES, OPENAI)
TIMES = ("created_at", "created", "submit_time")


@pytest.fixture(scope="module")
def calm_sandbox() -> Iterator[Sandbox]:
    """A sandbox slow enough to see every stage of a job without a clip."""
    with Sandbox(key=KEY, speed=20) as sandbox:
        yield sandbox


@pytest.mark.parametrize("tongue", TONGUES, ids=lambda tongue: tongue.slug)
@pytest.mark.parametrize(
    ("prompt", "status"),
    [
        ("[sandbox:moderation]", 400),
        ("[sandbox:quota]", 403),
        ("[sandbox:bad-key]", 401),
        ("[sandbox:banned]", 403),
        ("[sandbox:key-limit]", 402),
        ("[sandbox:unknown-model]", 503),
        ("[sandbox:not-implemented]", 501),
        ("[sandbox:body-too-large]", 413),
        ("[sandbox:upstream-error]", 404),
        ("[sandbox:error-in-200]", 200),
        ("[sandbox:html-200]", 200),
    ],
)
def test_a_refusal_makes_no_job(shared_sandbox: Sandbox, tongue: Tongue, prompt: str, status: int) -> None:
    before = shared_sandbox.house.store.all()
    answer = Talker(shared_sandbox, tongue).create(f"{prompt} in {tongue.slug}")
    assert answer.status_code == status, answer.text
    assert shared_sandbox.house.store.all() == before
    assert answer.headers["content-type"].startswith("text/html" if "html" in prompt else "application/json")


@pytest.mark.parametrize(
    ("prompt", "code"),
    [
        ("[sandbox:upstream-error]", "fail_to_fetch_task"),
        ("[sandbox:error-in-200]", "insufficient_user_quota"),
        ("[sandbox:body-too-large]", "read_request_body_failed"),
    ],
)
def test_a_gateway_names_the_familys_code(shared_sandbox: Sandbox, prompt: str, code: str) -> None:
    assert Talker(shared_sandbox, UNIALL).create(prompt).json()["code"] == code


@pytest.mark.parametrize("tongue", ALL, ids=lambda tongue: tongue.slug)
def test_a_busy_provider_may_name_a_date(shared_sandbox: Sandbox, tongue: Tongue) -> None:
    talker = Talker(shared_sandbox, tongue)
    prompt = f"[sandbox:retry-after-date] [sandbox:no-url] in {tongue.slug}"
    answer = talker.create(prompt)
    assert answer.status_code == 429
    assert abs(parsedate_to_datetime(answer.headers["retry-after"]).timestamp() - time.time()) < 10
    assert talker.create(prompt).status_code == 200


@pytest.mark.parametrize("tongue", ALL, ids=lambda tongue: tongue.slug)
@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("[sandbox:query-error-500]", [502, 502, 200]),
        ("[sandbox:query-rate-limit=1]", [429, 200, 200]),
        ("[sandbox:query-html=1]", [200, 200, 200]),
    ],
)
def test_the_first_queries_may_fail(shared_sandbox: Sandbox, tongue: Tongue, name: str, statuses: list[int]) -> None:
    talker = Talker(shared_sandbox, tongue)
    job_id = talker.created(f"{name} [sandbox:no-url] [sandbox:slow]")
    answers = [talker.query(job_id) for _ in statuses]
    assert [answer.status_code for answer in answers] == statuses
    assert answers[0].headers["content-type"].startswith("application/json") is ("429" in str(statuses))
    assert answers[-1].json()


@pytest.mark.parametrize("tongue", ALL, ids=lambda tongue: tongue.slug)
def test_the_first_queries_may_be_lost(shared_sandbox: Sandbox, tongue: Tongue) -> None:
    talker = Talker(shared_sandbox, tongue)
    job_id = talker.created("[sandbox:query-lost=1] [sandbox:fail]")
    with pytest.raises(httpx.RemoteProtocolError):
        talker.query(job_id)
    assert talker.query(job_id).status_code == 200


@pytest.mark.parametrize("tongue", ALL, ids=lambda tongue: tongue.slug)
def test_a_cancelled_job_ends_in_its_own_word(shared_sandbox: Sandbox, tongue: Tongue) -> None:
    talker = Talker(shared_sandbox, tongue)
    answer = talker.ended(talker.created("[sandbox:cancelled]"))
    assert answer["status"] == ("CANCELLED" if tongue.slug == "v2_generations" else "cancelled")


@pytest.mark.parametrize("tongue", ALL, ids=lambda tongue: tongue.slug)
def test_an_error_may_be_an_object(shared_sandbox: Sandbox, tongue: Tongue) -> None:
    talker = Talker(shared_sandbox, tongue)
    answer = talker.ended(talker.created("[sandbox:error-object]"))
    assert answer["error"] == {"code": "task_failed", "message": "the render node ran out of memory"}


@pytest.mark.parametrize("tongue", ALL, ids=lambda tongue: tongue.slug)
def test_a_status_may_be_missing_while_queued(shared_sandbox: Sandbox, tongue: Tongue) -> None:
    talker = Talker(shared_sandbox, tongue)
    answer = talker.query(talker.created("[sandbox:status-missing] [sandbox:no-url] [sandbox:slow=1000]"))
    assert answer.status_code == 200
    assert "status" not in answer.json()


@pytest.mark.parametrize("tongue", ALL, ids=lambda tongue: tongue.slug)
def test_status_words_may_be_synonyms(calm_sandbox: Sandbox, tongue: Tongue) -> None:
    talker = Talker(calm_sandbox, tongue)
    words = [answer["status"].lower() for answer in talker.watch(talker.created("[sandbox:synonyms] [sandbox:fail]"))]
    assert list(dict.fromkeys(words)) == ["submitted", "running", "fail"]


@pytest.mark.parametrize("tongue", ALL, ids=lambda tongue: tongue.slug)
def test_the_job_is_known_by_the_creates_id_alone(shared_sandbox: Sandbox, tongue: Tongue) -> None:
    talker = Talker(shared_sandbox, tongue)
    job_id = talker.created("[sandbox:other-id] [sandbox:fail]")
    told = talker.query(job_id).json()[tongue.id_key]
    assert told.startswith("other-")
    assert talker.query(told).status_code in (400, 404)


@pytest.mark.parametrize("tongue", ALL, ids=lambda tongue: tongue.slug)
def test_times_come_in_other_forms(shared_sandbox: Sandbox, tongue: Tongue) -> None:
    talker = Talker(shared_sandbox, tongue)
    milliseconds = _time_in(talker.query(talker.created("[sandbox:times-ms] [sandbox:fail]")).json())
    assert abs(milliseconds / 1000 - time.time()) < 60
    text = _time_in(talker.query(talker.created("[sandbox:times-iso] [sandbox:fail]")).json())
    assert text.endswith("Z")


@pytest.mark.parametrize("tongue", [tongue for tongue in ALL if tongue.has_progress], ids=lambda tongue: tongue.slug)
def test_progress_may_be_text(shared_sandbox: Sandbox, tongue: Tongue) -> None:
    talker = Talker(shared_sandbox, tongue)
    answer = talker.ended(talker.created("[sandbox:progress-text] [sandbox:no-url]"))
    assert answer["progress"] == "100%"


@pytest.mark.parametrize("tongue", TONGUES, ids=lambda tongue: tongue.slug)
@pytest.mark.parametrize(
    ("prompt", "start"),
    [
        ("[sandbox:url-data]", "data:video/mp4"),
        ("[sandbox:url-javascript]", "javascript:"),
        ("[sandbox:url-private]", "http://10.0.0.1/x.mp4"),
        ("[sandbox:no-url]", "None"),
    ],
)
def test_a_url_may_be_false(shared_sandbox: Sandbox, tongue: Tongue, prompt: str, start: str) -> None:
    talker = Talker(shared_sandbox, tongue)
    assert str(tongue.url_in(talker.ended(talker.created(prompt)))).startswith(start)


@pytest.mark.parametrize("tongue", TONGUES, ids=lambda tongue: tongue.slug)
def test_a_file_may_lead_astray(shared_sandbox: Sandbox, tongue: Tongue) -> None:
    talker = Talker(shared_sandbox, tongue)
    url = tongue.url_in(talker.ended(talker.created("[sandbox:url-redirect-private]")))
    answer = httpx.get(url, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (302, "http://10.0.0.1/x.mp4")


@pytest.mark.parametrize(
    ("prompt", "announced"), [("[sandbox:huge-file]", "10000000000"), ("[sandbox:endless-file]", None)]
)
def test_a_file_may_go_on_and_on(shared_sandbox: Sandbox, prompt: str, announced: str | None) -> None:
    talker = Talker(shared_sandbox, UNIALL)
    url = talker.ended(talker.created(prompt))["video_url"]
    with httpx.stream("GET", url) as answer:
        assert answer.headers.get("content-length") == announced
        received = 0
        for chunk in answer.iter_raw():
            assert received or chunk[4:8] == b"ftyp"
            received += len(chunk)
            if received > 30_000_000:
                break
    assert received > 30_000_000


def test_progress_may_run_backwards_once() -> None:
    seen = [at.progress for at in _course("[sandbox:progress-back] [sandbox:no-url]")]
    assert sum(later < earlier for earlier, later in pairwise(seen)) == 1
    assert seen[-1] == 100


def test_a_job_may_be_away_and_return() -> None:
    course = _course("[sandbox:vanish-and-return] [sandbox:no-url]")
    stages = list(dict.fromkeys(at.stage for at in course))
    assert stages == [Stage.QUEUED, Stage.RENDERING, Stage.VANISHED, Stage.COMPLETED]
    back = course[max(number for number, at in enumerate(course) if at.stage is Stage.VANISHED) + 1]
    assert (back.stage, back.progress) == (Stage.RENDERING, 60)


def test_a_stuck_job_never_ends() -> None:
    last = _course("[sandbox:stuck]")[-1]
    assert (last.stage, last.progress) == (Stage.RENDERING, 94)


@pytest.mark.parametrize("tongue", ALL, ids=lambda tongue: tongue.slug)
def test_a_misspelt_directive_is_refused(shared_sandbox: Sandbox, tongue: Tongue) -> None:
    answer = Talker(shared_sandbox, tongue).create("[sandbox:progress-bakc]")
    assert answer.status_code == 400
    assert "unknown sandbox directive" in answer.text


def _course(prompt: str) -> list[Moment]:
    """A job seen ten times a second until long after its time."""
    job = new_job("gen_1", Order("uniall", "sora2-landscape-4s", prompt, "16:9", 4, 640, 360), now=0, speed=1)
    return [moment(job, second / 10, has_clip=True) for second in range(200)]


def _time_in(answer: dict[str, Any]) -> Any:
    return next(answer[name] for name in TIMES if name in answer)
