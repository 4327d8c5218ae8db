"""Answers of providers that are broken, careless or hostile, in every dialect, over real connections.

Each row says what the provider answers, where the job then is, what a member reads on its card and what staff read.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from generations.models import Job, Output, State, User, Watch
from generations.services.archive import FAULTS, archive
from generations.transport import Timeouts
from generations.transport.guard import Allowance
from tests.dialects.cases import answer_of, payload
from tests.engine.helpers import look_round, submit_round
from tests.engine.stage import ALL, KEY, Part, finished, raw, saying, staged, started
from tests.marks import BOTH_DATABASES_IN_TEST_ALL
from tests.peer import Play, answering, closing, peer, truncated

pytestmark = [pytest.mark.django_db, *BOTH_DATABASES_IN_TEST_ALL]
MakeJob = Callable[..., Job]

QUICK = Timeouts(connect=2, write=2, read=2, total=4)
PAGE = b"<!doctype html><title>Dashboard</title><script>alert(1)</script>"
HTML = "Content-Type: text/html"
UNHEARD = "Sent, but no clear answer came back. It may have been charged"
ADMIN = "waiting: the provider needs an admin"
BUSY = "Waiting: The provider is busy."
REFUSED = "The provider refused it: "
HARD = "is hard to reach just now. The portal keeps asking."
NO_FILE = "The provider says it is finished but gives no file."
AGAIN = "The copy did not work yet; the portal tries again."
LOST = "The file could not be copied into the library."
MISSING = {"error": {"message": "Task not found"}}
NOT_OPENAI = tuple(slug for slug in ALL if slug != "openai_videos")  # it knows an address without being told
SCRIPT = "<script>alert('x')</script><img src=x onerror=alert(1)>"


@dataclass(frozen=True)
class Row:
    """`plays`: one a call, the last for all that follow. `seen`: on the card; `staff`: in what staff read."""

    name: str
    plays: tuple[Play, ...]
    state: State
    seen: str = ""
    staff: str = ""
    speak: tuple[str, ...] = ALL
    times: int = 1
    progress: int | None = 45


def holds(part: Part, row: Row, slug: str) -> None:
    shown, told = part.shown, part.told
    assert (slug, part.job_seen.state) == (slug, row.state), told
    assert row.seen in shown, slug
    assert row.staff in told, slug
    for text in (shown, told):
        assert KEY not in text, slug
        assert "\x00" not in text, slug


def unheard(name: str, play: Play, staff: str = "") -> Row:
    return Row(name, (play,), State.UNKNOWN, UNHEARD, staff)


def runs(name: str, play: Play) -> Row:
    return Row(name, (play,), State.RUNNING, "Rendering")


def admin(name: str, play: Play, staff: str = "") -> Row:
    return Row(name, (play,), State.QUEUED, ADMIN, staff)


def refused(name: str, play: Play, words: str, staff: str = "HTTP 400: ") -> Row:
    return Row(name, (play,), State.FAILED, REFUSED + words, staff)


def busy(name: str, *headers: str) -> Row:
    return Row(name, (saying({"error": {"message": "slow down"}}, 429, *headers),), State.QUEUED, BUSY, "HTTP 429: ")


WORDS = "no cats today"
TAKEN = json.dumps(started()).encode()
EARLY = (
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    b"HTTP/1.1 200 X\r\nContent-Length: %d\r\n\r\n%b" % (len(TAKEN), TAKEN)
)
CREATES = [
    admin("HTML with 200", saying(PAGE, 200, HTML), "HTTP 200: <!doctype html>"),
    admin("HTML with 200 that says it is JSON", saying(PAGE), "HTTP 200: <!doctype html>"),
    admin("a redirect 301", saying(b"", 301, "Location: https://elsewhere.example/v1"), "HTTP 301"),
    admin("a redirect 302", saying(b"", 302, "Location: https://elsewhere.example/v1"), "HTTP 302"),
    admin("a redirect 307 with an id", saying(started(), 307, "Location: /elsewhere"), "HTTP 307"),
    admin("304, which nobody asked for", raw(b"HTTP/1.1 304 X\r\n\r\n"), "HTTP 304"),
    admin("a used-up quota with 200", saying({"code": "insufficient_user_quota", "message": "empty", "data": None})),
    admin("the key in an error", saying({"error": {"message": f"Bad key {KEY}"}}, 401), "Bad key •••"),
    admin("the key in a header", saying({"error": "no"}, 401, f"X-Key: {KEY}"), "HTTP 401: no"),
    unheard("JSON that breaks off", saying(b'{"id": "gen_1", "task_id": "ge'), 'HTTP 200: {"id": "gen_1"'),
    unheard("a connection closed in the middle", truncated, "RemoteProtocolError"),
    unheard("a connection closed at once", closing, "RemoteProtocolError"),
    unheard(
        "a body shorter than it says", raw(b"HTTP/1.1 200 X\r\nContent-Length: 99\r\n\r\n{}"), "RemoteProtocolError"
    ),
    unheard("no HTTP at all", raw(b"220 mail.example.com ESMTP\r\n\r\n"), "RemoteProtocolError"),
    unheard("chunks that are nonsense", raw(b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n")),
    unheard("two lengths", raw(b"HTTP/1.1 200 X\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}}")),
    unheard("headers too long", raw(b"HTTP/1.1 200 X\r\nX-Long: " + b"a" * 200_000 + b"\r\n\r\n{}")),
    unheard("an id that is an object", saying(started(id={"a": 1}, task_id={})), "HTTP 200: "),
    unheard("an id that is a list", saying(started(id=["gen_1"], task_id=[]))),
    unheard("an id that is true", saying(started(id=True, task_id=True))),
    unheard("an id that is null", saying(started(id=None, task_id=None))),
    unheard("an id of nothing but blanks", saying(started(id=" \n\t", task_id="\x00"))),
    unheard("an id that is no number", saying(b'{"id": NaN, "task_id": 1e400}')),
    unheard("an id of 10,000 characters", saying(started(id="a" * 10_000, task_id="a" * 10_000)), "HTTP 200: "),
    unheard("an id of 5,000 digits", saying(b'{"id": %b, "task_id": %b}' % (b"1" * 5000, b"1" * 5000))),
    unheard("nesting without end", saying(b'{"a":' * 90_000)),
    unheard("a list", saying([started()])),
    unheard("a text", saying("gen_1")),
    unheard("nothing", saying(b"")),
    unheard("204", raw(b"HTTP/1.1 204 X\r\n\r\n"), "HTTP 204"),
    unheard("205", saying(b"", 205), "HTTP 205"),
    unheard("a status that nobody knows", saying(started(), 799), "HTTP 799"),
    unheard("an id with 500", saying(started(), 500), "HTTP 500"),
    unheard("a gzip bomb", saying(gzip.compress(b" " * (64 << 20)), 200, "Content-Encoding: gzip"), "endless"),
    unheard("packing that is broken", saying(b"\x1f\x8bnonsense", 200, "Content-Encoding: gzip")),
    unheard("packing that nobody asked for", saying(b"nonsense", 200, "Content-Encoding: br"), "br"),
    unheard("an error with 200 that nobody knows", saying({"error": {"message": WORDS}}), f"HTTP 200: {WORDS}"),
    runs("a packed answer", saying(gzip.compress(json.dumps(started()).encode()), 200, "Content-Encoding: gzip")),
    runs("an answer with a BOM", saying(b"\xef\xbb\xbf" + json.dumps(started()).encode())),
    runs("an answer in UTF-16", saying(json.dumps(started()).encode("utf-16"))),
    runs("an answer after two early ones", raw(EARLY)),
    runs("206", saying(started(), 206)),
    runs("an answer that says it is text", saying(started(), 200, "Content-Type: text/plain; charset=latin-1")),
    busy("Retry-After that is garbage", "Retry-After: soon"),
    busy("Retry-After beyond all calendars", "Retry-After: Fri, 31 Dec 99999999999999999999 23:59:59 GMT"),
    refused("an error that is a text", saying({"error": WORDS}, 400), WORDS),
    refused("an error that is an object", saying({"error": {"message": WORDS, "code": "c"}}, 400), WORDS),
    refused("an error with its message on top", saying({"code": "c", "message": WORDS, "data": None}, 400), WORDS),
    refused(
        "an error that is JSON in a text", saying({"message": json.dumps({"error": {"message": WORDS}})}, 400), WORDS
    ),
    refused("an error in detail", saying({"detail": WORDS}, 400), WORDS),
    refused("an error in a list of details", saying({"detail": [{"msg": WORDS}]}, 422), WORDS, "HTTP 422: "),
    refused("an error of no words", saying(b"", 400), "The provider refused the request (HTTP 400).", "HTTP 400"),
    refused("an error of odd types", saying({"error": [1], "message": {}, "code": []}, 400), "The provider refused"),
    refused("an error of script", saying({"error": {"message": SCRIPT}}, 400), SCRIPT),
    refused("an error with NUL and half a character", saying(b'{"error": "a\\u0000b \\ud83e"}', 400), "ab ?"),
    refused("the key in a refusal", saying({"error": {"message": f"no {KEY} no"}}, 400), "no ••• no"),
    refused("an error of 100,000 characters", saying({"error": "no " * 33_333}, 400), "no no no"),
    refused(
        "an error with 200", saying({"code": "invalid_request", "message": WORDS, "data": None}), WORDS, "HTTP 200: "
    ),
]


@pytest.mark.parametrize("row", CREATES, ids=lambda row: row.name)
def test_an_answer_to_a_create(row: Row, make_job: MakeJob) -> None:
    with staged(make_job, State.QUEUED, row.plays, row.speak) as parts:
        submit_round(QUICK)
        for slug, part in parts.items():
            holds(part, row, slug)
            assert len(part.server.requests) == 1, f"{slug}: sent once"
            assert len(part.now.reason) < 600


KEYS_IN_OTHER_WORDS = {
    "escaped": json.dumps({"error": f"no {KEY} no"}).replace("-", "\\u002d").encode(),
    "UTF-16": json.dumps({"error": f"no {KEY} no"}).encode("utf-16"),
}


@pytest.mark.parametrize("body", KEYS_IN_OTHER_WORDS.values(), ids=KEYS_IN_OTHER_WORDS)
def test_a_key_written_in_other_bytes_is_blotted_out_too(body: bytes, make_job: MakeJob) -> None:
    with staged(make_job, State.QUEUED, (saying(body, 400),)) as parts:
        submit_round(QUICK)
        for slug, part in parts.items():
            assert part.now.state == State.FAILED
            assert KEY not in part.shown + part.told, slug


IDS = ["sora-2:task_01", "a/b/../c", "a?b=c&d#e", "100%", "..", "ü ✓", "gen\x00_1", "a" * 300, "7"]


@pytest.mark.parametrize("name", IDS)
def test_an_odd_id_is_kept_and_asked_for(name: str, make_job: MakeJob) -> None:
    plays = (saying(started(id=name, task_id=name)), saying(started(id="other", task_id="other", status="running")))
    with staged(make_job, State.QUEUED, plays) as parts:
        submit_round(QUICK)
        for _ in range(2):
            look_round()
        for slug, part in parts.items():
            assert part.now.state == State.RUNNING, slug
            kept = Watch.objects.get(job=part.job)
            assert (kept.remote_id, kept.errors, kept.looks) == (name.replace("\x00", ""), 0, 2), slug
            asked = [request.split(b" ")[1] for request in part.server.requests[1:]]
            assert asked[0] == asked[1], "an id that changes later is not believed"


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("37", 30, 38),
        (timedelta(seconds=590), 500, 591),
        (timedelta(days=-300), 0, 2),
        ("-5", 0, 2),
        ("1e99", 590, 601),
        ("999999", 590, 601),
        ("garbage", 15, 21),
        ("nan", 15, 21),
        ("Fri, 31 Dec 99999999999999999999 23:59:59 GMT", 15, 21),
        ("Mon, 01 Jan 0001 00:00:00 -0000", 0, 2),
    ],
    ids=[
        "seconds",
        "a date",
        "a date long ago",
        "negative",
        "huge",
        "long",
        "garbage",
        "no number",
        "no date",
        "year 1",
    ],
)
def test_retry_after_is_kept_within_reason(header: str | timedelta, least: int, most: int, make_job: MakeJob) -> None:
    if isinstance(header, timedelta):
        header = format_datetime(datetime.now(UTC) + header, usegmt=True)
    with staged(make_job, State.QUEUED, (saying({}, 429, f"Retry-After: {header}"),)) as parts:
        begun = timezone.now()  # a round may take longer than the shortest wait
        submit_round(QUICK)
        for slug, part in parts.items():
            provider = part.now.provider
            wait = provider and provider.cooling_until
            assert wait, slug
            assert least <= (wait - begun).total_seconds(), slug
            assert (wait - timezone.now()).total_seconds() <= most, slug


def going(**more: Any) -> Play:
    return saying(started(status="in_progress") | more)


def goes_on(name: str, *plays: Play, progress: int | None = 45, staff: str = "", times: int = 0) -> Row:
    seen = f"{progress} %" if progress is not None else ""
    return Row(name, plays, State.RUNNING, seen, staff, times=times or len(plays), progress=progress)


def trouble(name: str, play: Play, staff: str) -> Row:
    """One look that fails is nothing; three are shown, and the job goes on."""
    return Row(name, (play,), State.RUNNING, HARD, staff, times=7)


def fails(name: str, body: object, words: str) -> Row:
    return Row(name, (saying(body),), State.FAILED, words)


def failed(**more: Any) -> dict[str, Any]:
    return started(status="failed") | more


LOOKS = [
    goes_on("a state that is a number", going(status=7), staff="7"),
    goes_on("a state that is a list", going(status=["completed"])),
    goes_on("a state that is an object", going(status={"word": "completed"})),
    goes_on("a state that is null", going(status=None)),
    goes_on("a state that is true", going(status=True)),
    goes_on("no state", saying({"id": "gen_1", "progress": 45})),
    goes_on("a state nobody knows", going(status="marinating", progress=60), progress=60, staff="marinating"),
    goes_on("a state of 10,000 characters", going(status="m" * 10_000), staff="m" * 60),
    goes_on(
        "a state with NUL and half a character", saying(b'{"id": "x", "status": "a\\u0000b \\ud83e"}'), staff="ab ?"
    ),
    goes_on("a state of script", going(status="<script>alert(1)</script>"), staff="<script>alert(1)</script>"),
    goes_on("progress that is a list", going(progress=[77])),
    goes_on("progress that is an object", going(progress={"percent": 77})),
    goes_on("progress that is true", going(progress=True)),
    goes_on("progress that is no number", saying(b'{"id": "x", "status": "in_progress", "progress": NaN}')),
    goes_on("progress of 1e400", saying(b'{"id": "x", "status": "in_progress", "progress": 1e400}')),
    goes_on("progress of abc", going(progress="abc")),
    goes_on("progress below nothing", going(progress=-5)),
    goes_on("progress beyond all", going(progress=150), progress=100),
    goes_on("progress of 400 digits", going(progress=10**400)),
    goes_on("progress of 5,000 digits", saying(b'{"status": "in_progress", "progress": %b}' % (b"9" * 5000))),
    goes_on("progress in words", going(progress=" 77 % "), progress=77),
    goes_on("progress with a sign", going(progress="77%"), progress=77),
    goes_on("progress with a fraction", going(progress=77.9), progress=77),
    goes_on("progress backwards", going(progress=60), going(progress="20%"), going(progress=0), progress=60),
    goes_on(
        "times in every unit",
        going(created_at=1e99, submit_time="soon", status_update_time=-1, progress=77),
        progress=77,
    ),
    goes_on(
        "duplicate keys: the last counts",
        saying(b'{"status": "failed", "status": "in_progress", "progress": 77}'),
        progress=77,
    ),
    goes_on("an answer with a BOM", saying(b"\xef\xbb\xbf" + json.dumps(started(progress=77)).encode()), progress=77),
    goes_on("an answer in UTF-16", saying(json.dumps(started(progress=77)).encode("utf-16")), progress=77),
    goes_on("206", saying(started(progress=77), 206), progress=77),
    goes_on(
        "an answer in an envelope",
        saying({"code": "success", "data": started(status="running", progress=77)}),
        progress=77,
    ),
    goes_on("another job's answer", going(id="gen_2", task_id="gen_2", progress=77), progress=77),
    goes_on("a job that vanishes and comes back", *[saying(MISSING, 404)] * 4, going(progress=77), progress=77),
    goes_on("a job that flickers", *[saying(MISSING, 404), going(progress=77)] * 6, progress=77),
    goes_on("one web page in between", saying(PAGE, 502, HTML), going(progress=77), progress=77),
    trouble("a web page with 200", saying(PAGE, 200, HTML), "HTTP 200: <!doctype html>"),
    goes_on(
        "JSON that calls itself a web page", saying(started(status="running", progress=77), 200, HTML), progress=77
    ),
    trouble("no path, or no job", saying({"error": {"message": "Not found"}}, 404), "HTTP 404: Not found"),
    trouble("a web page with 502", saying(PAGE, 502, HTML), "HTTP 502: <!doctype html>"),
    trouble("a wrong path", saying({"detail": "Not Found"}, 404), "HTTP 404: Not Found"),
    trouble("a redirect 301", saying(b"", 301, "Location: https://elsewhere.example/"), "HTTP 301"),
    trouble("a redirect 302 with an answer", saying(finished("https://x.example/a"), 302, "Location: /b"), "HTTP 302"),
    trouble("a redirect 307", saying(b"", 307, "Location: /elsewhere"), "HTTP 307"),
    trouble("204", raw(b"HTTP/1.1 204 X\r\n\r\n"), "HTTP 204"),
    trouble("429", saying({"error": "too many requests"}, 429, "Retry-After: 1e99"), "HTTP 429: too many requests"),
    trouble("a refused key that is repeated", saying({"error": {"message": f"bad {KEY}"}}, 401), "bad •••"),
    trouble("a plain refusal", saying({"error": "no"}, 400), "HTTP 400: no"),
    trouble("a finished clip with 500", saying(finished("https://x.example/a.mp4"), 500), "HTTP 500"),
    trouble("JSON that breaks off", saying(b'{"status": "completed", "video_url": "https://'), "HTTP 200"),
    trouble("a connection closed in the middle", truncated, "RemoteProtocolError"),
    trouble("a connection closed at once", closing, "RemoteProtocolError"),
    trouble("nesting without end", saying(b"[" * 90_000), "HTTP 200"),
    trouble("an empty object", saying({}), "HTTP 200"),
    trouble("a list", saying([started()]), "HTTP 200"),
    trouble("a gzip bomb", saying(gzip.compress(b" " * (64 << 20)), 200, "Content-Encoding: gzip"), "endless"),
    trouble(
        "headers too long", raw(b"HTTP/1.1 200 X\r\nX-Long: " + b"a" * 200_000 + b"\r\n\r\n{}"), "RemoteProtocolError"
    ),
    Row(
        "finished without an address", (saying(finished(None)),), State.RUNNING, "100 %", speak=NOT_OPENAI, progress=100
    ),
    Row(
        "an address that is an object",
        (saying(finished({"href": "https://x.example"})),),
        State.RUNNING,
        "100 %",
        speak=NOT_OPENAI,
        progress=100,
    ),
    Row(
        "an address that is a list of nothing",
        (saying(finished([])),),
        State.RUNNING,
        "100 %",
        speak=NOT_OPENAI,
        progress=100,
    ),
    Row(
        "finished without an address for good",
        (saying(finished(None)),),
        State.FAILED,
        NO_FILE,
        speak=NOT_OPENAI,
        times=6,
    ),
    Row(
        "an address that comes late",
        (*[saying(finished(""))] * 5, saying(finished("https://x.example/a.mp4"))),
        State.ARCHIVING,
        "Rendered. Copying it",
        speak=NOT_OPENAI,
        times=6,
    ),
    Row("finished in capitals", (saying(finished("https://x.example/a.mp4", status=" SUCCESS ")),), State.ARCHIVING),
    Row(
        "an expiry that is nonsense", (saying(finished("https://x.example/a.mp4", expires_at="soon")),), State.ARCHIVING
    ),
    Row(
        "an expiry beyond all calendars",
        (saying(finished("https://x.example/a.mp4", expires_at=1e99)),),
        State.ARCHIVING,
    ),
    Row("gone for good", (saying(MISSING, 404),), State.FAILED, "The provider no longer knows this job.", times=5),
    Row(
        "gone for good, as new-api says it",
        (saying({"code": "task_not_exist", "message": "task_not_exist"}, 400),),
        State.FAILED,
        "The provider no longer knows this job.",
        times=5,
    ),
    Row(
        "a failure at 94 %",
        (going(progress="94%"), saying(failed(progress="94%", error=WORDS))),
        State.FAILED,
        WORDS,
        times=2,
    ),
    fails("a failure in a text", failed(error=WORDS), WORDS),
    fails("a failure in an object", failed(error={"code": "moderation_blocked", "message": WORDS}), WORDS),
    fails("a failure with its message on top", failed(message=WORDS, error=None), WORDS),
    fails("a failure in fail_reason", failed(status="FAILURE", fail_reason=WORDS), WORDS),
    fails("a failure that is JSON in a text", failed(fail_reason=json.dumps({"code": 1, "message": WORDS})), WORDS),
    fails(
        "a failure that is JSON in JSON in a text",
        failed(error=json.dumps({"message": json.dumps({"message": WORDS})})),
        WORDS,
    ),
    fails("a failure in detail", failed(detail=WORDS), WORDS),
    fails("a failure inside the data", failed(data={"error": {"message": WORDS}}), WORDS),
    fails("a failure without words", failed(error=None, message=""), "The provider failed and gave no reason."),
    fails("a failure of odd types", failed(error=[1], message={}, fail_reason=True), "The provider failed and gave no"),
    fails("a failure of script", failed(error=SCRIPT), SCRIPT),
    fails("a failure with NUL and half a character", json.dumps(failed(error="a\x00b \ud83e")).encode(), "ab ?"),
    fails("a failure that repeats the key", failed(error=f"bad {KEY}!"), "bad •••!"),
    fails("a failure with a clip's address", failed(video_url="https://x.example/a.mp4", error=WORDS), WORDS),
    fails("a job that expired", started(status="expired"), "The provider says it expired there."),
    fails("a job that was deleted", started(status="deleted"), "The provider says it was deleted there."),
    Row(
        "a job that was cancelled there",
        (saying(started(status="Canceled")),),
        State.CANCELLED,
        "The provider cancelled it.",
    ),
]


@pytest.mark.parametrize("row", LOOKS, ids=lambda row: row.name)
def test_an_answer_to_a_look(row: Row, make_job: MakeJob) -> None:
    with staged(make_job, State.RUNNING, row.plays, row.speak) as parts:
        for _ in range(row.times):
            look_round()
        for slug, part in parts.items():
            holds(part, row, slug)
            if watch := part.now.watched:
                assert (slug, watch.progress) == (slug, row.progress)
                assert watch.remote_id == f"gen_{part.job.key.hex}", "the first id stays"


ODD_TIMES: list[object] = [0, None, "soon", 1e99, -1e99, [], True, "99999-01-01", "9" * 5000]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (1795000000, datetime.fromtimestamp(1795000000, UTC)),
        (1795000000123, datetime.fromtimestamp(1795000000.123, UTC)),
        ("1795000000", datetime.fromtimestamp(1795000000, UTC)),
        ("2026-11-21T10:00:00Z", datetime(2026, 11, 21, 10, tzinfo=UTC)),
        *((odd, None) for odd in ODD_TIMES),
    ],
)
def test_a_time_in_any_unit(said: object, kept: datetime | None, make_job: MakeJob) -> None:
    with staged(make_job, State.RUNNING, (saying(finished("https://x.example/a.mp4", expires_at=said)),)) as parts:
        look_round()
        for slug, part in parts.items():
            assert part.now.state == State.ARCHIVING, slug
            assert Output.objects.get(job=part.job).expires_at == kept, slug


def file_row(name: str, url: str, *plays: Play, staff: str, state: State = State.DONE) -> Row:
    """The clip's address, what is found there, and the end after the last try: DONE without a copy, or tried on."""
    seen = LOST if state == State.DONE else AGAIN
    return Row(name, (saying(finished(url)), *plays), state, seen, staff)


MP4 = "Content-Type: video/mp4"
CLIP, CLIP_PATH = "@here@/clip.mp4", b"/clip.mp4 "
STILL = saying(finished(CLIP))  # asked for another address, the provider names the same one
ENDLESS = (
    b"HTTP/1.1 200 X\r\nContent-Type: video/mp4\r\nTransfer-Encoding: chunked\r\n\r\n"
    + b"1000\r\n%b\r\n" % (b"a" * 4096) * 40
)
FILES = [
    file_row("data:", "data:video/mp4;base64,AAAA", staff="not allowed (data)"),
    file_row("javascript:", "javascript:alert(1)", staff="not allowed (javascript)"),
    file_row("file:", "file:///etc/passwd", staff="not allowed (file)"),
    file_row("ftp:", "ftp://example.com/a.mp4", staff="not allowed (ftp)"),
    file_row("plain http", "http://example.com/a.mp4", staff="not allowed (http)"),
    file_row("no address at all", "hello", staff="not allowed ()"),
    file_row("an address that is damaged", "https://[::1/a.mp4", staff="not usable"),
    file_row("a port that is none", "https://example.com:many/a.mp4", staff="not usable"),
    file_row("a private address", "https://127.0.0.1/a.mp4", staff="not allowed"),
    file_row(
        "a private address in other words", "https://[::ffff:169.254.169.254]/latest/meta-data", staff="not allowed"
    ),
    file_row("localhost", "https://localhost/a.mp4", staff="not allowed"),
    file_row(
        "a redirect to a private address", CLIP, saying(b"", 302, "Location: https://127.0.0.1/a"), staff="not allowed"
    ),
    file_row("a redirect to file:", CLIP, saying(b"", 302, "Location: file:///etc/passwd"), staff="not allowed"),
    file_row(
        "a redirect to nowhere", CLIP, saying(b"", 302, "Location: https://[::1"), staff="broke", state=State.ARCHIVING
    ),
    file_row("404", CLIP, *(saying(b"gone", 404), STILL) * 2, staff="HTTP 404"),
    file_row("403, as an address that ran out says", CLIP, *(saying(b"<E/>", 403), STILL) * 2, staff="HTTP 403"),
    file_row("404 while nobody can be asked", CLIP, saying(b"", 500), staff="HTTP 500", state=State.ARCHIVING),
    file_row("10 GB", CLIP, raw(b"HTTP/1.1 200 X\r\nContent-Length: 10737418240\r\n\r\n"), staff="10737418240 bytes"),
    file_row("a file without end", CLIP, raw(ENDLESS), staff="keeps no more"),
    file_row("a web page", CLIP, saying(PAGE, 200, HTML), staff="InvalidDataError"),
    file_row("nothing", CLIP, saying(b"", 200, MP4), staff="InvalidDataError"),
    file_row(
        "redirects without end",
        CLIP,
        saying(b"", 302, "Location: /again"),
        staff="redirects too often",
        state=State.ARCHIVING,
    ),
    file_row("a file that breaks off", CLIP, truncated, staff="broke", state=State.ARCHIVING),
    file_row("500", CLIP, saying(b"oops", 500), staff="HTTP 500", state=State.ARCHIVING),
    file_row(
        "a packed file",
        CLIP,
        saying(gzip.compress(b"a" * 99), 200, "Content-Encoding: gzip"),
        staff="packed",
        state=State.ARCHIVING,
    ),
    file_row(
        "a length that is none",
        CLIP,
        raw(b"HTTP/1.1 200 X\r\nContent-Length: many\r\n\r\n"),
        staff="broke",
        state=State.ARCHIVING,
    ),
]


@pytest.mark.parametrize("row", FILES, ids=lambda row: row.name)
def test_what_is_found_where_the_clip_should_lie(
    row: Row, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.ARCHIVE_FILE_MOST = 100_000
    with staged(make_job, State.RUNNING, row.plays, row.speak) as parts:
        look_round()
        for slug, part in parts.items():
            output = Output.objects.get(job=part.job)
            Output.objects.filter(pk=output.pk).update(faults=FAULTS - 2)
            assert not archive(output.pk)
            assert AGAIN in part.shown, slug
            assert not archive(output.pk)
            holds(part, row, slug)
            fetched = [request for request in part.server.requests if CLIP_PATH in request.splitlines()[0]]
            assert b"Authorization" not in b"".join(fetched), slug
    assert not [path for path in (tmp_path / "media").rglob("*") if path.is_file()]


OPENAI = ("openai_videos",)


@pytest.fixture
def reachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every address may be reached, so that only the rule about the key stands between it and a stranger."""
    monkeypatch.setattr(Allowance, "permits_url", lambda self, url: True)
    monkeypatch.setattr(Allowance, "permits", lambda self, url: lambda host, address, port: True)


@pytest.mark.usefixtures("reachable")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_key_follows_no_redirect_to_another_origin(status: int, make_job: MakeJob) -> None:
    with peer(answering(404, b"")) as stranger:
        away = saying(b"", status, f"Location: {stranger.url}/clip.mp4")
        with staged(make_job, State.RUNNING, (saying(started(status="completed")), away), OPENAI) as parts:
            look_round()
            assert not archive(Output.objects.get().pk)
            request = parts["openai_videos"].server.requests[1]
        assert b"/content HTTP/1.1" in request
        assert KEY.encode() in request
        (strange,) = stranger.requests
    assert KEY.encode() not in strange
    assert b"authorization" not in strange.lower()


@pytest.mark.usefixtures("reachable")
@pytest.mark.parametrize("slug", ALL)
def test_the_key_goes_to_no_address_an_answer_names(slug: str, make_job: MakeJob) -> None:
    with peer(answering(404, b"")) as stranger:
        with staged(make_job, State.RUNNING, (saying(finished(f"{stranger.url}/clip.mp4")),), (slug,)):
            look_round()
            assert not archive(Output.objects.get().pk)
        (strange,) = stranger.requests
    assert KEY.encode() not in strange
    assert b"authorization" not in strange.lower()


def test_a_redirect_of_a_look_takes_the_key_nowhere(make_job: MakeJob) -> None:
    with peer(answering(200, b"{}")) as stranger:
        plays = (saying(b"", 307, f"Location: {stranger.url}/"),)
        with staged(make_job, State.RUNNING, plays):
            look_round()
        assert stranger.connections == 0


@pytest.mark.parametrize("name", ["error_newapi_content_404", "error_newapi_content_not_ready"])
def test_a_clip_that_its_api_does_not_give_is_tried_again(name: str, make_job: MakeJob) -> None:
    said = answer_of(payload("openai_videos", name))
    plays = (saying(started(status="completed")), saying(said.body, said.status))
    with staged(make_job, State.RUNNING, plays, OPENAI) as parts:
        look_round()
        assert not archive(Output.objects.get().pk)
        part = parts["openai_videos"]
        assert (part.now.state, AGAIN in part.shown) == (State.ARCHIVING, True)
        assert f"HTTP {said.status}" in part.told


@pytest.mark.parametrize("slug", ALL)
def test_script_in_a_reason_is_text_on_every_page(slug: str, make_job: MakeJob, admin: User, client: Client) -> None:
    client.force_login(admin)
    with staged(make_job, State.RUNNING, (saying(failed(error=SCRIPT)),), (slug,)) as parts:
        look_round()
        job = parts[slug].now
    for path in ("", "card/", "body/"):
        page = client.get(f"{job.get_absolute_url()}{path}").content.decode()
        assert "<script>alert" not in page, path
        assert "<img src=x" not in page, path
        assert "&lt;script&gt;alert(&#x27;x&#x27;)" in page, path


@pytest.mark.parametrize("slug", ALL)
def test_script_in_a_state_is_text_for_staff(slug: str, make_job: MakeJob, admin: User, client: Client) -> None:
    client.force_login(admin)
    with staged(make_job, State.RUNNING, (going(status=SCRIPT),), (slug,)) as parts:
        look_round()
        page = client.get(parts[slug].now.get_absolute_url()).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_there_are_enough_rows() -> None:
    rows = [*CREATES, *LOOKS, *FILES]
    assert len(rows) >= 60
    assert len({(id(table), row.name) for table in (CREATES, LOOKS, FILES) for row in table}) == len(rows)
