"""Who may use what, and what roles begin with: staff look, admins set it, each change is written down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from generations.models import AuditEntry, Group, Job, Provider, Role, RoleDefault, User, VideoModel
from generations.services.providers import add_provider

pytestmark = pytest.mark.django_db
PAGE = "/staff/permissions/"
MODEL = "sora2-landscape-8s"


@pytest.fixture
def boss(as_user: Callable[[User], Client], admin: User) -> Client:
    return as_user(admin)


@pytest.fixture
def studio(provider: Provider) -> Provider:
    Provider.objects.update(enabled=True)
    return provider


def shown(client: Client, url: str = PAGE) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def written() -> list[tuple[str, str, dict[str, Any]]]:
    entries = AuditEntry.objects.exclude(action="provider added").order_by("pk")
    return [(entry.action, entry.subject, entry.changes) for entry in entries]


class TestLimits:
    def test_a_provider_is_limited_and_opened_and_each_is_written_down(
        self, boss: Client, mara: Client, studio: Provider, member: User, stranger: User
    ) -> None:
        film = Group.objects.create(name="Film")
        page = reverse("permission-provider", args=[studio.pk])
        assert "Everyone" in shown(boss)
        sent = {"who": "some", "groups": [film.pk], "people": [stranger.pk]}
        for _ in range(2):  # the second changes nothing, and nothing is written
            assert boss.post(page, sent)["Location"] == PAGE
        assert "Film, Jonas Okafor" in shown(boss)
        assert "UniAll studio" not in shown(mara, "/")
        assert boss.get(page).context["form"].initial["people"] == [stranger.pk]
        boss.post(page, {"who": "everyone", "groups": [film.pk]})
        assert "UniAll studio" in shown(mara, "/")
        assert written() == [
            ("who may use it changed", "UniAll studio", {"used by": ["everyone", ["Film", "jonas@example.org"]]}),
            ("who may use it changed", "UniAll studio", {"used by": [["Film", "jonas@example.org"], "everyone"]}),
        ]

    def test_a_model_is_limited(self, boss: Client, mara: Client, studio: Provider) -> None:
        model = VideoModel.objects.get(slug=MODEL)
        assert boss.post(reverse("permission-model", args=[model.pk]), {"who": "some"}).status_code == 303
        assert "Admins only" in shown(boss)
        assert f'value="{MODEL}"' not in shown(mara, "/")
        assert f'value="{MODEL}"' in shown(boss, "/")
        assert written()[0][1] == f"UniAll studio: {MODEL}"

    @pytest.mark.parametrize(
        ("sent", "told"),
        [
            ({}, "This field is required."),
            ({"who": "nobody"}, "nobody is not one of the available choices."),
            ({"who": "some", "people": "999"}, "999 is not one of the available choices."),
            ({"who": "some", "groups": "x"}, "“x” is not a valid value."),
        ],
    )
    def test_a_bad_form_answers_with_itself(
        self, boss: Client, studio: Provider, sent: dict[str, str], told: str
    ) -> None:
        Group.objects.create(name="Film")
        answer = boss.post(reverse("permission-provider", args=[studio.pk]), sent)
        assert answer.status_code == 422
        assert told in answer.content.decode()
        assert (Provider.objects.get().is_limited, written()) == (False, [])

    def test_a_form_that_was_open_too_long_is_told_so(
        self, mara: Client, studio: Provider, ask: Callable[..., dict[str, Any]]
    ) -> None:
        Provider.objects.update(is_limited=True)
        answer = mara.post("/", ask())
        assert answer.status_code == 422
        assert not Job.objects.exists()

    def test_one_that_is_left_says_which_is_not_open(
        self, mara: Client, studio: Provider, ask: Callable[..., dict[str, Any]]
    ) -> None:
        add_provider("Other", "uniall", "https://other.example.com", "sk-x")
        Provider.objects.update(enabled=True)
        Provider.objects.filter(pk=studio.pk).update(is_limited=True)
        answer = mara.post("/", ask())
        assert answer.status_code == 422
        assert "UniAll studio is not open to you. Choose another one, or ask an admin." in answer.content.decode()


class TestRoles:
    def test_one_is_set_and_written_down(self, boss: Client, mara: Client, studio: Provider) -> None:
        other = add_provider("Aardvark", "uniall", "https://other.example.com", "sk-x")
        Provider.objects.update(enabled=True)
        model = VideoModel.objects.get(provider=studio, slug="sora2-landscape-12s")
        page = reverse("permission-role", args=["member"])
        sent = {"takes_most": "2", "start": f"model_id:{model.pk}", "needs_approval": "on"}
        for _ in range(2):
            assert boss.post(page, sent)["Location"] == PAGE
        row = RoleDefault.objects.get()
        assert (row.role, row.takes_most, row.provider, row.model) == (Role.MEMBER, 2, studio, model)
        said = shown(boss)
        assert "up to 2 takes at once · begins with UniAll studio" in said
        assert "needs approval" in said
        composer = shown(mara, "/")
        assert f'<option value="{studio.pk}" selected>' in composer
        assert '<option value="sora2-landscape-12s" selected>' in composer
        assert 'id="id_takes_2"' in composer
        assert 'id="id_takes_3"' not in composer
        assert f'<option value="{other.pk}" selected>' in shown(mara, f"/?provider={other.pk}")
        assert written() == [
            (
                "role changed",
                "member",
                {
                    "takes_most": [4, 2],
                    "provider": [None, "UniAll studio"],
                    "model": [None, model.name],
                    "needs_approval": [False, True],
                },
            )
        ]
        boss.post(page, {"takes_most": "4", "start": f"provider_id:{other.pk}"})
        assert f'<option value="{other.pk}" selected>' in shown(mara, "/")
        boss.post(page, {"takes_most": "4", "start": ""})
        assert RoleDefault.objects.get().provider is None

    def test_what_is_not_open_to_its_reader_is_not_begun_with(
        self, boss: Client, mara: Client, studio: Provider
    ) -> None:
        other = add_provider("Other", "uniall", "https://other.example.com", "sk-x")
        Provider.objects.update(enabled=True)
        RoleDefault.objects.create(role=Role.MEMBER, provider=other)
        Provider.objects.filter(pk=other.pk).update(is_limited=True)
        assert f'<option value="{studio.pk}" selected>' in shown(mara, "/")

    @pytest.mark.parametrize(
        ("sent", "told"),
        [
            ({"takes_most": "5"}, "5 is not one of the available choices."),
            ({"takes_most": "0"}, "0 is not one of the available choices."),
            ({"takes_most": "2", "start": "model_id:999999"}, "Choose one of the list"),
            ({"takes_most": "2", "start": "x"}, "Choose one of the list"),
        ],
    )
    def test_a_bad_form_answers_with_itself(
        self, boss: Client, studio: Provider, sent: dict[str, str], told: str
    ) -> None:
        answer = boss.post(reverse("permission-role", args=["member"]), sent)
        assert answer.status_code == 422
        assert told in answer.content.decode()
        assert not RoleDefault.objects.exists()

    def test_who_may(
        self, as_user: Callable[[User], Client], viewer: User, member: User, reviewer: User, admin: User
    ) -> None:
        page = reverse("permission-role", args=["member"])
        for person, status in {None: 302, viewer: 404, member: 404, reviewer: 403}.items():
            client = as_user(person) if person else Client()
            assert {client.get(page).status_code, client.post(page, {"takes_most": 1}).status_code} == {status}
        assert as_user(admin).get(page).status_code == 200
        for role in ("viewer", "king"):
            assert as_user(admin).get(reverse("permission-role", args=[role])).status_code == 404


class TestPage:
    def test_a_reviewer_looks_only(self, as_user: Callable[[User], Client], reviewer: User, studio: Provider) -> None:
        page = shown(as_user(reviewer))
        assert "What each role may do" in page
        assert f"{PAGE}providers/" not in page
        assert f"{PAGE}roles/" not in page

    def test_any_number_of_providers_is_as_many_queries(self, boss: Client, studio: Provider, member: User) -> None:
        counts = []
        for more in (0, 4):
            for number in range(more):
                row = add_provider(f"Other {number}", "uniall", "https://other.example.com", "sk-x")
                row.people.add(member)
                Provider.objects.filter(pk=row.pk).update(is_limited=True)
            with CaptureQueriesContext(connection) as queries:
                boss.get(PAGE)
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 18
