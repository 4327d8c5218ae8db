"""The audit log's page: what it shows of a line, how it is narrowed, and the same as a file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from generations.models import AuditEntry, Job, Provider, State, User
from generations.services import export
from generations.services.audit import note
from generations.services.providers import change_provider
from generations.templatetags.audit import Difference, Piece, differences
from generations.views import audit as views
from tests.pages.conftest import HTMX
from tests.pages.test_exports import HOSTILE, pieces, rows, text
from tests.pages.test_url_matrix import ADMINS_ONLY, ROLES, browsers, checked  # noqa: F401 - a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
PAGE = "/staff/audit/"
SCRIPT = "<script>alert(1)</script>"
ALL = ["mara@example.org", "Prompt 1", "Film 100%"]
BOTH = pytest.mark.parametrize("kind", ["csv", "jsonl"])


@pytest.fixture
def boss(as_user: Callable[[User], Client], admin: User) -> Client:
    return as_user(admin)


def file(kind: str, query: str = "") -> str:
    return reverse("staff-audit-export", args=[kind]) + query


def shown(client: Client, query: str = "") -> str:
    answer = client.get(f"{PAGE}{query}")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def subjects(client: Client, query: str = "") -> list[str]:
    return [entry.subject for entry in client.get(f"{PAGE}{query}").context["page"].rows]


def read(client: Client, kind: str, query: str = "") -> list[dict[str, Any]]:
    if kind == "csv":
        return rows(client, file("csv", query))
    return [json.loads(line) for line in text(client.get(file("jsonl", query))).splitlines()]


class TestLine:
    def test_it_says_who_did_what_to_what_and_when(self, boss: Client, admin: User) -> None:
        with time_machine.travel(datetime(2026, 11, 3, 14, 5, 6, tzinfo=UTC)):
            note(admin, "budget changed", "Film", {"amount": ("100.00", "12.50"), "is_hard": (True, False)})
        note(None, "member added", "new@example.org")
        page = shown(boss)
        for told in (
            "Tomás Silva", "Budget changed", "Film", "3 Nov 2026, 14:05:06", "before: </span>100.00",
            "after: </span>12.50", "<dt>is hard</dt>", "By command", "Member added",
        ):  # fmt: skip
            assert told in page, told

    def test_what_it_is_about_leads_to_its_page(
        self, boss: Client, admin: User, member: User, provider: Provider, make_job: Callable[..., Job]
    ) -> None:
        shared, secret = make_job(text="Shared"), make_job(text="Secret", visibility="me")
        for job in (shared, secret):
            note(admin, "moved to trash", f"Job {job.key}")
        for subject in (provider.name, f"{provider.name}: Sora 2", member.email, "Job nonsense", f"Job {uuid4()}"):
            note(admin, "changed", subject)
        page = boss.get(PAGE)
        assert page.context["places"] == {
            f"Job {shared.key}": f"/jobs/{shared.key}/",
            provider.name: f"/staff/providers/{provider.pk}/",
            f"{provider.name}: Sora 2": f"/staff/providers/{provider.pk}/",
            member.email: f"/staff/people/{member.pk}/",
        }
        assert f"Job {secret.key}" in page.content.decode()

    def test_long_and_hostile_texts_are_folded_and_stay_text(self, boss: Client, admin: User) -> None:
        whole = f"{SCRIPT} " * 40
        note(
            admin,
            "model changed",
            SCRIPT,
            {"note": ("", whole), "slug": (["a"], [f"combination {n}" for n in range(30)])},
        )
        page = shown(boss)
        assert "<script>alert" not in page
        assert page.count("<details") >= 1
        assert "and 19 more" in page

    def test_an_entry_without_changes_is_only_told(self, boss: Client, admin: User) -> None:
        note(admin, "prompt pinned", "Prompt 3")
        assert '<dl class="changes">' not in shown(boss)

    def test_no_secret_is_in_it(self, boss: Client, admin: User, provider: Provider) -> None:
        change_provider(provider, {"key": "sk-brand-new-key", "headers_json": '{"X-Key": "hdr-secret"}'}, admin)
        everything = shown(boss) + json.dumps(read(boss, "jsonl")) + json.dumps(read(boss, "csv"))
        assert "changed" in everything
        assert not any(secret in everything for secret in ("sk-", "hdr-secret"))

    @pytest.mark.parametrize(
        ("change", "pieces"),
        [
            (("a", "b"), [Piece(False, "a"), Piece(True, "b")]),
            ((None, "b"), [Piece(True, "b")]),
            (("a", None), [Piece(False, "a")]),
            (("", ""), [Piece(True, "empty")]),
            ((True, False), [Piece(False, "yes"), Piece(True, "no")]),
            ((0, 1.5), [Piece(False, "0"), Piece(True, "1.5")]),
            ((["a", "b"], ["b", "c"]), [Piece(False, "a"), Piece(True, "c")]),
            ((None, ["a"]), [Piece(True, "a")]),
            ((["a"], None), [Piece(False, "a")]),
            (("x" * 121, "b"), [Piece(False, "x" * 120, "x"), Piece(True, "b")]),
        ],
    )
    def test_a_change_is_a_small_difference(self, change: tuple[Any, Any], pieces: list[Piece]) -> None:
        assert differences(AuditEntry(changes={"base_url": list(change)})) == [Difference("base URL", pieces)]


class TestFilters:
    @pytest.fixture
    def lines(self, admin: User, reviewer: User) -> None:
        with time_machine.travel(datetime(2026, 11, 1, 23, 30, tzinfo=UTC)) as clock:
            note(admin, "budget changed", "Film 100%")
            clock.move_to(datetime(2026, 11, 2, 0, 30, tzinfo=UTC))
            note(reviewer, "prompt pinned", "Prompt 1")
            clock.move_to(datetime(2026, 11, 3, 12, 0, tzinfo=UTC))
            note(None, "member added", "mara@example.org")

    @pytest.mark.usefixtures("lines")
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", ALL),
            ("?actor=admin", ["Film 100%"]),
            ("?actor=command", ["mara@example.org"]),
            ("?action=prompt+pinned", ["Prompt 1"]),
            ("?object=MARA", ["mara@example.org"]),
            ("?object=%25", ["Film 100%"]),
            ("?object=_", []),
            ("?since=2026-11-02", ["mara@example.org", "Prompt 1"]),
            ("?until=2026-11-01", ["Film 100%"]),
            ("?since=2026-11-02&until=2026-11-02", ["Prompt 1"]),
            ("?actor=member", []),
            ("?action=nothing&since=yesterday&actor=99999999999999999999&object=%00", ALL),
        ],
    )
    def test_each_of_them(self, boss: Client, admin: User, member: User, query: str, found: list[str]) -> None:
        query = query.replace("=admin", f"={admin.pk}").replace("=member", f"={member.pk}")
        assert subjects(boss, query) == found
        assert [row["object"] for row in read(boss, "jsonl", query)] == found

    @pytest.mark.usefixtures("lines")
    def test_days_are_the_reader_s(self, boss: Client, admin: User) -> None:
        User.objects.filter(pk=admin.pk).update(time_zone="Asia/Tokyo")
        assert subjects(boss, "?until=2026-11-01") == []
        assert subjects(boss, "?since=2026-11-02&until=2026-11-02") == ["Prompt 1", "Film 100%"]

    @pytest.mark.usefixtures("lines")
    def test_the_form_and_the_files_keep_what_was_asked_for(self, boss: Client, admin: User) -> None:
        page = shown(boss, f"?actor={admin.pk}&object=Film&since=2026-11-01")
        assert f'<option value="{admin.pk}" selected>' in page
        assert 'value="Film"' in page
        assert 'value="2026-11-01"' in page
        for kind in ("csv", "jsonl"):
            assert f'href="/staff/audit/export.{kind}?actor={admin.pk}&amp;object=Film&amp;since=2026-11-01"' in page

    def test_nothing_was_done_and_nothing_matches(self, boss: Client) -> None:
        assert "Nothing was done yet" in shown(boss)
        assert "No line matches" in shown(boss, "?object=nowhere")


class TestPages:
    def test_they_follow_each_other_while_lines_come_in(
        self, boss: Client, admin: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(views, "PAGE", 3)
        for n in range(8):
            note(admin, "changed", str(n))
        seen: list[str] = []
        after = ""
        while True:
            page = boss.get(f"{PAGE}?after={after}", headers=HTMX)
            assert "<html" not in page.content.decode()
            seen += [entry.subject for entry in page.context["page"].rows]
            note(admin, "changed", "new")
            if not (after := page.context["page"].after):
                break
        assert seen == [str(n) for n in range(7, -1, -1)]

    def test_lines_of_one_moment_are_each_seen_once(
        self, boss: Client, admin: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(views, "PAGE", 2)
        with time_machine.travel(datetime(2026, 11, 3, tzinfo=UTC), tick=False):
            for n in range(5):
                note(admin, "changed", str(n))
        first = boss.get(PAGE).context["page"]
        assert [e.subject for e in first.rows] + subjects(boss, f"?after={first.after}") == ["4", "3", "2", "1"]

    def test_the_number_of_queries_does_not_grow(
        self, boss: Client, provider: Provider, make_user: Callable[..., User], make_job: Callable[..., Job],
        django_assert_max_num_queries: Any,
    ) -> None:  # fmt: skip
        def more() -> None:
            actor = make_user()
            for subject in (provider.name, actor.email, f"Job {make_job(State.DONE).key}"):
                note(actor, f"changed {actor.pk}", subject, {"a": (1, 2)})

        more()
        boss.get(PAGE)
        with CaptureQueriesContext(connection) as before:
            boss.get(PAGE)
        for _ in range(6):
            more()
        with django_assert_max_num_queries(len(before)):
            boss.get(PAGE)


class TestFiles:
    @BOTH
    def test_they_say_what_the_page_shows(self, boss: Client, admin: User, kind: str) -> None:
        with time_machine.travel(datetime(2026, 11, 3, 14, 5, 6, tzinfo=UTC)):
            note(admin, "budget changed", "Film", {"amount": ("1", "2")})
        note(None, "member added", "new@example.org")
        command, budget = read(boss, kind)
        changes = {"amount": ["1", "2"]}
        assert budget == {
            "at": "2026-11-03T14:05:06Z", "actor": "tomas@example.org", "action": "budget changed", "object": "Film",
            "changes": json.dumps(changes) if kind == "csv" else changes,
        }  # fmt: skip
        assert command["actor"] in ("", None)

    def test_no_cell_runs_in_a_spreadsheet(self, boss: Client, admin: User) -> None:
        for words in HOSTILE:
            note(admin, words, words, {words: (words, "x")})
        body = text(boss.get(file("csv")))
        for row in csv.reader(io.StringIO(body, newline="")):
            assert not [cell for cell in row if cell[:1] in tuple("=+-@＝＋－＠\t\r\n")]
        assert [row["object"] for row in read(boss, "jsonl")] == HOSTILE[::-1]

    @BOTH
    def test_they_stream_some_rows_at_a_time(
        self, boss: Client, admin: User, kind: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(export, "AT_ONCE", 4)
        for n in range(10):
            note(admin, "changed", str(n))
        answer = boss.get(file(kind))
        chunks: Iterator[bytes] = pieces(answer)
        next(chunks)
        with CaptureQueriesContext(connection) as seen:
            lines = b"".join([*chunks]).decode().splitlines()
        assert len(lines) + (kind == "jsonl") == 10
        assert len(seen) in {2, 3}
        assert answer["Content-Disposition"] == f'attachment; filename="audit-{timezone.localdate()}.{kind}"'

    def test_there_is_no_other_kind(self, boss: Client) -> None:
        assert boss.get(file("json")).status_code == 404


def test_who_may_have_the_files(browsers: dict[str, Client]) -> None:  # noqa: F811
    for role in ROLES:
        for kind in ("csv", "jsonl"):
            checked(browsers[role].get(file(kind)), ADMINS_ONLY[role], "staff-audit-export", role)


def test_other_pages_lead_there(boss: Client, provider: Provider, make_job: Callable[..., Job]) -> None:
    job = make_job(State.DONE)
    assert f"{PAGE}?object=UniAll%20studio" in boss.get(reverse("provider", args=[provider.pk])).content.decode()
    assert f"{PAGE}?object={job.key}" in boss.get(job.get_absolute_url()).content.decode()
