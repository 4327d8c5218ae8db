"""The prompt history and a prompt's page: order, filters, lineage, templates, and whose eyes see what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from generations.models import AuditEntry, Favourite, Job, Prompt, PromptMark, State, Tag, User, Visibility
from generations.services.figures import lower_bound
from generations.services.notes import add_tag
from generations.services.prompts import PINS_MOST, mark, pin, rate, save
from generations.services.prompts import name as name_it
from tests.pages.conftest import HTMX
from tests.pages.test_lists import prompts_in, queries, walk

pytestmark = pytest.mark.django_db
MakeJob = Callable[..., Job]
AsUser = Callable[[User], Client]


def body_of(client: Client, url: str, query: Any = None) -> str:
    answer = client.get(url, query or {})
    assert answer.status_code == 200
    return answer.content.decode()


def found(client: Client, **query: Any) -> list[int]:
    return [int(pk) for pk in prompts_in(body_of(client, "/prompts/", query))]


class TestOrder:
    @pytest.mark.databases
    @pytest.mark.parametrize(
        ("sort", "column"), [("", "last_run_at"), ("used", "runs"), ("rated", "rating"), ("success", "success")]
    )
    @pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
    def test_each_order_is_paged_without_gap_or_repeat(
        self, mara: Client, member: User, sort: str, column: str, headers: dict[str, str]
    ) -> None:
        now = timezone.now()
        for n in range(75):
            row = save(member, "", f"Number {n}", Visibility.TEAM)
            good = lower_bound(n % 7, 7)
            Prompt.objects.filter(pk=row.pk).update(
                runs=n % 5, rating=n % 4 * 10 / 3, success=good, last_run_at=now - timedelta(hours=n % 6)
            )
        expected = list(Prompt.objects.order_by(f"-{column}", "-pk").values_list("pk", flat=True))
        assert [int(pk) for pk in walk(mara, f"/prompts/?sort={sort}", prompts_in, headers)] == expected

    @pytest.mark.parametrize("cursor", ["x", "_", "nan_1", "inf_1", "1e400_1", "9" * 40 + "_1", "0.5_" + "9" * 40])
    @pytest.mark.parametrize("sort", ["used", "rated", "success"])
    def test_a_broken_cursor_is_no_error(self, mara: Client, make_job: MakeJob, cursor: str, sort: str) -> None:
        make_job()
        body_of(mara, "/prompts/", {"after": cursor, "sort": sort})

    def test_pinned_ones_stand_above_the_list_once(self, mara: Client, make_job: MakeJob, reviewer: User) -> None:
        rows = [make_job(text=f"Number {n}").prompt.pk for n in range(40)]
        for pk in rows[:2]:
            pin(Prompt.objects.get(pk=pk), reviewer, True)
        expected = [rows[1], rows[0], *reversed(rows[2:])]
        assert [int(pk) for pk in walk(mara, "/prompts/", prompts_in, {})] == expected
        assert found(mara, sort="used", q="Number 1")[-1] == rows[1]
        assert found(mara, pinned="1") == [rows[1], rows[0]]


class TestFilters:
    @pytest.fixture
    def rows(self, make_job: MakeJob, member: User, stranger: User, reviewer: User) -> dict[str, int]:
        rows = {
            "mine": make_job(text="A fox of mine"),
            "theirs": make_job(text="A fox of theirs", author=stranger),
            "template": make_job(text="A {animal} wakes", author=stranger),
            "loved": make_job(text="Loved", author=stranger),
            "tagged": make_job(text="Tagged", author=stranger),
            "pinned": make_job(text="Pinned", author=stranger),
            "private": make_job(text="A private fox", author=stranger, visibility="me"),
        }
        prompts = {name: job.prompt for name, job in rows.items()}
        Prompt.objects.filter(pk=prompts["template"].pk).update(is_template=True)
        mark(prompts["loved"], member, True)
        mark(prompts["mine"], stranger, True)
        add_tag(prompts["tagged"], stranger, "Desert")
        add_tag(prompts["private"], stranger, "Secret word")
        name_it(prompts["mine"], member, "Harbour")
        pin(prompts["pinned"], reviewer, True)
        return {name: prompt.pk for name, prompt in prompts.items()}

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ({"whose": "mine"}, {"mine"}),
            ({"q": "FOX"}, {"mine", "theirs"}),
            ({"q": "harbour"}, {"mine"}),
            ({"q": "\x00"}, {"mine", "theirs", "template", "loved", "tagged", "pinned"}),
            ({"favourite": "1"}, {"loved"}),
            ({"tag": "desert"}, {"tagged"}),
            ({"tag": "secret word"}, {"mine", "theirs", "template", "loved", "tagged", "pinned"}),
            ({"pinned": "1"}, {"pinned"}),
            ({"templates": "1"}, {"template"}),
            ({"q": "fox", "sort": "success", "whose": "mine"}, {"mine"}),
            (
                {"sort": "nonsense", "author": "x", "tag": "y"},
                {"mine", "theirs", "template", "loved", "tagged", "pinned"},
            ),
        ],
    )
    def test_each_filter(self, mara: Client, rows: dict[str, int], query: dict[str, str], expected: set[str]) -> None:
        assert set(found(mara, **query)) == {rows[name] for name in expected}

    def test_by_author(self, mara: Client, rows: dict[str, int], stranger: User) -> None:
        assert set(found(mara, author=stranger.pk)) == set(rows.values()) - {rows["mine"], rows["private"]}

    def test_filters_stay_in_the_address_of_the_next_page(self, mara: Client, make_job: MakeJob) -> None:
        for n in range(70):
            make_job(text=f"A {'fox' if n % 2 else 'hare'} {n}")
        seen = walk(mara, "/prompts/?" + urlencode({"q": "fox", "sort": "used"}), prompts_in, {})
        assert len(seen) == len(set(seen)) == 35

    def test_nothing_found_says_so(self, mara: Client, rows: dict[str, int]) -> None:
        assert "No prompt matches" in body_of(mara, "/prompts/", {"q": "nowhere to be found"})


class TestPrivacy:
    def test_nothing_of_a_private_prompt_is_shown_to_others(
        self,
        as_user: AsUser,
        make_clip: MakeJob,
        member: User,
        stranger: User,
        reviewer: User,
        admin: User,
        viewer: User,
    ) -> None:
        secret = make_clip("A private birthday", visibility="me")
        shared = make_clip("A shared party")
        child = make_clip("A shared child").prompt
        Prompt.objects.filter(pk=child.pk).update(parent=secret.prompt)
        Prompt.objects.filter(pk=secret.prompt_id).update(parent=shared.prompt)
        add_tag(secret.prompt, member, "birthday")
        rate(secret.prompt, member, 5)
        for user in (stranger, reviewer, admin, viewer):
            client = as_user(user)
            pages = ["/prompts/", f"/prompts/{child.pk}/", f"/prompts/{shared.prompt_id}/", "/prompts/?q=birthday"]
            body = "".join(body_of(client, page) for page in pages)
            assert "birthday" not in body.replace('value="birthday"', "").replace("q=birthday", "")
            assert str(secret.key) not in body
            assert "a private prompt" in body_of(client, f"/prompts/{child.pk}/")
            assert not Tag.objects.visible_to(user).exists()
        assert "A private birthday" in body_of(as_user(member), f"/prompts/{child.pk}/")
        assert Tag.objects.visible_to(member).exists()

    def test_best_clips_are_the_loved_then_the_newest_and_never_private(
        self, as_user: AsUser, make_clip: MakeJob, stranger: User, reviewer: User
    ) -> None:
        clips = [make_clip() for _ in range(5)]
        private = make_clip(visibility="me")
        Job.objects.filter(pk=private.pk).update(prompt=clips[0].prompt)
        trashed = make_clip()
        Job.objects.filter(pk=trashed.pk).update(trashed_at=timezone.now())
        for user in (stranger, reviewer):
            Favourite.objects.create(user=user, job=clips[1])
        Favourite.objects.create(user=stranger, job=clips[0])
        body = body_of(as_user(stranger), "/prompts/")
        shown = [job for job in [*clips, private, trashed] if f"/jobs/{job.key}/poster/" in body]
        assert shown == [clips[0], clips[1], clips[4]]
        places = [body.index(str(clips[n].key)) for n in (1, 0, 4)]
        assert places == sorted(places)

    def test_a_fork_of_somebody_s_private_prompt_knows_no_parent(
        self, as_user: AsUser, make_job: MakeJob, stranger: User, ask: Callable[..., dict[str, Any]]
    ) -> None:
        secret = make_job(visibility="me").prompt
        client = as_user(stranger)
        assert client.get(f"/?prompt={secret.pk}&fork=1").status_code == 404
        client.post("/", ask(text="Guessed", forked_from=secret.pk))
        assert Prompt.objects.get(text="Guessed").parent is None


@pytest.mark.parametrize("url", ["/prompts/", "/prompts/?sort=success", "/prompts/{}/"])
def test_the_number_of_queries_does_not_grow(as_user: AsUser, admin: User, make_clip: MakeJob, url: str) -> None:
    client, first = as_user(admin), make_clip("First", author=admin).prompt
    make_clip("Second", author=admin)
    Prompt.objects.exclude(pk=first.pk).update(parent=first)
    for row in Prompt.objects.all():
        add_tag(row, admin, f"tag {row.pk}")
    few = queries(client, url.format(first.pk))
    for n in range(8):
        add_tag(make_clip(f"More {n}", author=admin).prompt, admin, f"more {n}")
        make_clip("First", author=admin)
    Prompt.objects.exclude(pk=first.pk).update(parent=first)
    assert queries(client, url.format(first.pk)) == few


class TestPage:
    def test_it_tells_author_figures_clips_and_what_changed(
        self, mara: Client, make_clip: MakeJob, stranger: User
    ) -> None:
        parent = make_clip("Dunes at night", author=stranger).prompt
        clip = make_clip("Dunes at dusk")
        Prompt.objects.filter(pk=clip.prompt_id).update(parent=parent)
        body = body_of(mara, f"/prompts/{clip.prompt_id}/")
        for words in ("First written by Mara Lindqvist", "1 of 1", f"/jobs/{clip.key}/", "Dunes at night"):
            assert words in body
        assert '<del><span class="visually-hidden">[removed: </span>night<span' in body
        assert '<ins><span class="visually-hidden">[added: </span>dusk<span' in body
        assert "Dunes at dusk" in body_of(mara, f"/prompts/{parent.pk}/"), "a child"

    def test_hostile_texts_are_only_texts(self, mara: Client, make_job: MakeJob) -> None:
        row = make_job(text="<script>alert(1)</script> {a=<b>}").prompt
        Prompt.objects.filter(pk=row.pk).update(title="<i>x</i>", parent=make_job(text="<script>").prompt)
        for url in ("/prompts/", f"/prompts/{row.pk}/", f"/prompts/{row.pk}/fill/", f"/prompts/{row.pk}/erase/"):
            body = body_of(mara, url)
            assert "<script>alert" not in body
            assert "<i>x" not in body

    def test_its_runs_are_paged(self, mara: Client, make_job: MakeJob) -> None:
        keys = [str(make_job(State.DONE).key) for _ in range(15)]
        url = f"/prompts/{Prompt.objects.get().pk}/"
        first = body_of(mara, url)
        after = first.split("?after=")[1].split('"')[0]
        second = mara.get(url, {"after": after}, headers=HTMX).content.decode()
        assert "<html" not in second
        assert [key in first for key in keys] == [False] * 3 + [True] * 12
        assert [key in second for key in keys] == [True] * 3 + [False] * 12

    def test_the_title_is_its_author_s_and_staff_s(
        self, mara: Client, as_user: AsUser, make_job: MakeJob, reviewer: User
    ) -> None:
        url = f"/prompts/{make_job().prompt_id}/"
        mara.post(f"{url}title/", {"title": "  A   fox "})
        assert Prompt.objects.get().title == "A fox"
        assert not AuditEntry.objects.filter(action="prompt renamed").exists()
        as_user(reviewer).post(f"{url}title/", {"title": "Foxes"})
        assert AuditEntry.objects.filter(action="prompt renamed", actor=reviewer).count() == 1
        assert mara.post(f"{url}title/", {"title": "x" * 81}).status_code == 422
        assert "Foxes" in body_of(mara, url)

    def test_a_heart_is_one_s_own(self, mara: Client, as_user: AsUser, make_job: MakeJob, stranger: User) -> None:
        url = f"/prompts/{make_job().prompt_id}/"
        for _ in range(2):
            answer = mara.post(f"{url}favourite/", {"to": "on"}, headers=HTMX).content.decode()
            assert 'aria-pressed="true"' in answer
        assert PromptMark.objects.count() == 1
        heart = 'heart" aria-pressed="true"'
        assert heart in body_of(mara, url)
        assert heart not in body_of(as_user(stranger), url)
        assert mara.post(f"{url}favourite/", {"to": "x"}).status_code == 400

    def test_stars(self, mara: Client, make_job: MakeJob) -> None:
        url = f"/prompts/{make_job().prompt_id}/"
        mara.post(f"{url}rate/", {"stars": "4"})
        body = body_of(mara, url)
        assert "4.0 of 5 stars by 1 person" in body
        assert 'name="stars" value="4" checked' in body
        mara.post(f"{url}rate/", {"stars": "0"})
        assert "Not rated yet" in body_of(mara, url)
        assert [mara.post(f"{url}rate/", {"stars": n}).status_code for n in ("6", "x", "")] == [422, 400, 400]

    def test_tags_come_and_go(self, mara: Client, make_job: MakeJob) -> None:
        url = f"/prompts/{make_job().prompt_id}/"
        assert "desert" in mara.post(f"{url}tags/", {"name": " Desert "}, headers=HTMX).content.decode()
        assert mara.post(f"{url}tags/", {"name": ""}, headers=HTMX).status_code == 422
        assert mara.post(f"{url}tags/", {"name": ""}).status_code == 422
        assert mara.post(f"{url}tags/", {"remove": "desert"}).status_code == 303
        assert not Tag.objects.exists()

    def test_pins_are_few_and_audited(self, as_user: AsUser, make_job: MakeJob, reviewer: User) -> None:
        client = as_user(reviewer)
        rows = [make_job(text=f"Number {n}").prompt_id for n in range(PINS_MOST + 1)]
        answers = [client.post(f"/prompts/{pk}/pin/", {"to": "on"}).status_code for pk in rows]
        assert answers == [303] * PINS_MOST + [422]
        client.post(f"/prompts/{rows[0]}/pin/", {"to": "off"})
        assert AuditEntry.objects.filter(action="prompt pinned").count() == PINS_MOST
        assert AuditEntry.objects.filter(action="prompt unpinned").count() == 1

    def test_an_erased_prompt_is_shown_as_one_everywhere(self, mara: Client, make_clip: MakeJob) -> None:
        job = make_clip("hunter2")
        url = f"/prompts/{job.prompt_id}/"
        assert "Erase this text for good?" in body_of(mara, f"{url}erase/")
        mara.post(f"{url}erase/")
        pages = [url, "/prompts/", "/library/", f"/jobs/{job.key}/", "/", "/?reuse=" + str(job.key)]
        for body in (body_of(mara, page) for page in pages):
            assert "hunter2" not in body
            assert "Erased" in body
        assert mara.get(f"{url}erase/").status_code == 403
        assert body_of(mara, "/compose/earlier/")
        assert mara.get(f"/jobs/{job.key}/clip/?download=1").status_code == 200

    def test_making_a_run_shared(self, mara: Client, as_user: AsUser, make_clip: MakeJob, stranger: User) -> None:
        job = make_clip("A birthday", visibility="me")
        assert "Make it shared" in body_of(mara, job.get_absolute_url())
        answer = mara.post(f"/jobs/{job.key}/publish/", follow=True).content.decode()
        assert "The team sees it now." in answer
        assert "Make it shared" not in answer
        assert "A birthday" in body_of(as_user(stranger), "/prompts/")
        entry = AuditEntry.objects.get(action="made shared")
        assert entry.changes == {"visibility": ["me", "team"]}


class TestForksAndTemplates:
    def test_a_fork_knows_its_parent(
        self, mara: Client, make_job: MakeJob, stranger: User, ask: Callable[..., dict[str, Any]]
    ) -> None:
        parent = make_job(text="Dunes at night", author=stranger).prompt
        body = body_of(mara, "/", {"prompt": parent.pk, "fork": "1"})
        assert "Dunes at night</textarea>" in body
        assert f'name="forked_from" value="{parent.pk}"' in body
        mara.post("/", ask(text="Dunes at dusk", forked_from=parent.pk))
        child = Prompt.objects.get(text="Dunes at dusk")
        assert (child.parent, child.author.name) == (parent, "Mara Lindqvist")
        mara.post("/", ask(text="Dunes at night", forked_from=child.pk))
        parent.refresh_from_db()
        assert parent.parent is None, "a text that was there keeps what it came from: no circles"

    @pytest.mark.parametrize("said", ["x", "-1", "9" * 30, "999999"])
    def test_a_parent_that_is_none_is_left_out(
        self, mara: Client, ask: Callable[..., dict[str, Any]], said: str
    ) -> None:
        assert mara.post("/", ask(forked_from=said)).status_code == 303
        assert Prompt.objects.get().parent is None

    def test_editing_a_clip_s_text_makes_a_child(
        self, mara: Client, make_clip: MakeJob, ask: Callable[..., dict[str, Any]]
    ) -> None:
        job = make_clip("Dunes at night")
        mara.post("/", ask(text="Dunes at dusk", derived_from=job.key, derived_as="edit"))
        assert Prompt.objects.get(text="Dunes at dusk").parent == job.prompt

    def test_a_template_asks_for_its_values_first(
        self, mara: Client, make_job: MakeJob, ask: Callable[..., dict[str, Any]]
    ) -> None:
        mara.post("/prompts/new/", {"title": "Animals", "text": 'A {animal} at {time=dusk} {"kept": 1}'})
        row = Prompt.objects.get()
        assert (row.is_template, row.runs, row.owner, row.title) == (True, 0, None, "Animals")
        assert f"/prompts/{row.pk}/fill/" in body_of(mara, "/prompts/")
        form = body_of(mara, f"/prompts/{row.pk}/fill/")
        assert 'name="v2" maxlength="200" dir="auto" value="dusk"' in form
        composer = mara.post("/", {"prompt": row.pk, "fork": "1", "fill": "1", "v1": "fox", "v2": ""}).content.decode()
        assert "A fox at dusk {&quot;kept&quot;: 1}</textarea>" in composer
        assert f'name="forked_from" value="{row.pk}"' in composer
        assert not Job.objects.exists()
        mara.post("/", ask(text='A fox at dusk {"kept": 1}', forked_from=row.pk))
        assert Prompt.objects.get(is_template=False).parent == row

    def test_a_text_without_variables_goes_to_the_composer_at_once(self, mara: Client, make_job: MakeJob) -> None:
        row = make_job().prompt
        assert mara.get(f"/prompts/{row.pk}/fill/")["Location"] == f"/?prompt={row.pk}&fork=1"

    def test_a_template_of_one_s_own_is_seen_by_nobody_else(
        self, mara: Client, as_user: AsUser, stranger: User
    ) -> None:
        mara.post("/prompts/new/", {"title": "Mine", "text": "A {secret}", "visibility": "me"})
        row = Prompt.objects.get()
        assert row.owner is not None
        assert found(mara) == [row.pk] == found(mara, whose="mine")
        client = as_user(stranger)
        assert found(client) == []
        for page in ("", "fill/"):
            assert client.get(f"/prompts/{row.pk}/{page}").status_code == 404
        answer = client.post("/", {"prompt": row.pk, "fork": "1", "fill": "1"})
        assert answer.status_code == 404

    @pytest.mark.parametrize("sent", [{"text": " "}, {"text": "x" * 4001}, {"text": "x", "title": "x" * 81}])
    def test_what_cannot_be_saved_says_why(self, mara: Client, sent: dict[str, str]) -> None:
        assert mara.post("/prompts/new/", sent).status_code == 422
        assert not Prompt.objects.exists()

    def test_saving_what_was_run_keeps_its_figures(self, mara: Client, make_job: MakeJob) -> None:
        make_job(State.DONE, "A fox")
        mara.post("/prompts/new/", {"text": "A fox"})
        row = Prompt.objects.get()
        assert (row.runs, row.saved_at is not None) == (1, True)
