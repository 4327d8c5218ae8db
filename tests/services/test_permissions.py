"""Who may use which provider and model: one rule, wherever somebody asks for a clip."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from generations.models import ApprovalRule, Derived, Group, Job, Provider, Role, RoleDefault, User, VideoModel
from generations.services.access_settings import limit, open_to_all
from generations.services.actions import actions
from generations.services.again import again
from generations.services.approvals import approve
from generations.services.batch.plan import plan
from generations.services.batch.rows import Defaults
from generations.services.budget_settings import remove_group
from generations.services.compose import Ask, NotPossible, compose
from generations.services.not_saved import NotSaved
from generations.services.offer import current_offer, offer_for, one_offer
from generations.services.providers import add_provider
from tests.marks import BOTH_DATABASES_IN_TEST_ALL

pytestmark = [pytest.mark.django_db, *BOTH_DATABASES_IN_TEST_ALL]
MODEL = "sora2-landscape-8s"
NOT_OPEN = "is not open to you. Choose another one, or ask an admin."


@pytest.fixture
def studio(provider: Provider) -> Provider:
    Provider.objects.update(enabled=True)
    return provider


@pytest.fixture
def film(member: User) -> Group:
    group = Group.objects.create(name="Film")
    group.members.add(member)
    return group


def ask(by: Provider, model: str = MODEL, **more: Any) -> Ask:
    return Ask("A fox wakes", by.pk, model, uuid4().hex, **more)


def names(user: User) -> list[str]:
    return [provider.name for provider in offer_for(user).providers]


class TestQueryset:
    def test_everyone_unless_it_is_limited(self, studio: Provider, member: User, viewer: User, admin: User) -> None:
        assert all(names(user) == ["UniAll studio"] for user in (member, viewer, admin))
        Provider.objects.update(is_limited=True)
        assert [names(user) for user in (member, viewer, admin)] == [[], [], ["UniAll studio"]]
        assert [p.name for p in current_offer().providers] == ["UniAll studio"]

    @pytest.mark.parametrize("by", ["group", "name", "both"])
    def test_limited_to_a_group_or_a_member(
        self, studio: Provider, member: User, stranger: User, film: Group, admin: User, by: str
    ) -> None:
        Group.objects.create(name="Sound").members.add(member)
        groups, people = ([] if by == "name" else Group.objects.all()), ([] if by == "group" else [member])
        limit(studio, groups, people, admin)
        assert (names(member), names(stranger)) == (["UniAll studio"], [])
        assert Provider.objects.usable_by(member).count() == 1
        open_to_all(studio, admin)
        assert names(stranger) == ["UniAll studio"]

    def test_a_model_narrows_what_its_provider_opens(
        self, studio: Provider, member: User, stranger: User, film: Group, admin: User
    ) -> None:
        model = VideoModel.objects.get(slug=MODEL)
        limit(model, [film], [], admin)
        slugs = {user: {m.slug for m in offer_for(user).providers[0].models} for user in (member, stranger, admin)}
        assert [MODEL in slugs[user] for user in (member, stranger, admin)] == [True, False, True]
        limit(studio, [], [stranger], admin)
        assert (names(member), names(stranger)) == ([], ["UniAll studio"])

    def test_somebody_who_leaves_the_group_may_no_longer(
        self, studio: Provider, member: User, film: Group, admin: User
    ) -> None:
        limit(studio, [film], [], admin)
        film.members.clear()
        assert names(member) == []

    def test_an_offer_held_for_one_is_nobody_else_s(
        self, studio: Provider, member: User, stranger: User, admin: User
    ) -> None:
        limit(studio, [], [member], admin)
        with one_offer(member):
            assert (names(member), names(stranger)) == (["UniAll studio"], [])


class TestServerDecides:
    """Whatever the form showed."""

    def test_on_asking(self, studio: Provider, member: User, stranger: User, admin: User) -> None:
        limit(studio, [], [member], admin)
        assert compose(member, ask(studio)).is_new
        with pytest.raises(NotPossible, match=f"UniAll studio {NOT_OPEN}") as refused:
            compose(stranger, ask(studio))
        assert refused.value.field == "provider"

    def test_on_a_model(self, studio: Provider, stranger: User, admin: User) -> None:
        limit(VideoModel.objects.get(slug=MODEL), [], [], admin)
        with pytest.raises(NotPossible, match=f"{MODEL} {NOT_OPEN}") as refused:
            compose(stranger, ask(studio))
        assert refused.value.field == "model"

    def test_on_all_models_of_a_provider(self, studio: Provider, stranger: User) -> None:
        VideoModel.objects.update(is_limited=True)
        with pytest.raises(NotPossible, match=NOT_OPEN):
            compose(stranger, ask(studio))

    @pytest.mark.parametrize("kind", [Derived.RETRY, Derived.TAKE])
    def test_on_asking_again(self, studio: Provider, member: User, stranger: User, admin: User, kind: Derived) -> None:
        job = compose(member, ask(studio)).job
        limit(studio, [], [member], admin)
        with pytest.raises(NotPossible, match=NOT_OPEN):
            again(stranger, job, kind, uuid4().hex)
        assert again(member, job, kind, uuid4().hex).is_new

    def test_on_remixes_and_edits(self, studio: Provider, member: User, stranger: User, admin: User) -> None:
        job = compose(member, ask(studio)).job
        limit(studio, [], [member], admin)
        for kind in (Derived.REMIX, Derived.EDIT):
            with pytest.raises(NotPossible, match=NOT_OPEN):
                compose(stranger, ask(studio, derived_from=job.key, derived_as=kind))

    def test_on_what_the_menu_offers(
        self, studio: Provider, member: User, stranger: User, admin: User, make_job: Callable[..., Job]
    ) -> None:
        other = add_provider("Other", "uniall", "https://other.example.com", "sk-x")
        Provider.objects.update(enabled=True)
        job = make_job("failed", provider=studio)
        limit(other, [], [member], admin)
        shown = {user: actions(job, user) for user in (member, stranger)}
        assert [[p.name for p in acts.others] for acts in shown.values() if acts] == [["Other"], []]
        limit(studio, [], [member], admin)
        acts = actions(job, stranger)
        assert acts
        assert acts.again is None

    def test_on_a_file_of_clips(self, studio: Provider, member: User, stranger: User, admin: User) -> None:
        limit(studio, [], [member], admin)
        text = "prompt,provider\nA fox,UniAll studio\n"
        assert not plan(member, text, "0" * 32, Defaults()).bad
        (row,) = plan(stranger, text, "0" * 32, Defaults()).bad
        assert "UniAll studio is not offered." in row.problems[0].sentence

    def test_on_the_command_line(self, studio: Provider, member: User, stranger: User, admin: User) -> None:
        limit(studio, [], [member], admin)
        wish = {"provider": "UniAll studio", "model": MODEL, "prompt": "A fox"}
        call_command("generate", **wish, email=member.email)
        with pytest.raises(CommandError, match="'UniAll studio' is not offered"):
            call_command("generate", **wish, email=stranger.email)

    def test_what_was_asked_for_before_goes_on(self, studio: Provider, member: User, admin: User) -> None:
        job = compose(member, ask(studio)).job
        limit(studio, [], [], admin)
        job.refresh_from_db()
        assert job.state == "queued"

    def test_on_a_yes_to_what_waits(self, studio: Provider, member: User, admin: User) -> None:
        RoleDefault.objects.create(role=Role.MEMBER, needs_approval=True)
        job = compose(member, ask(studio)).job
        limit(studio, [], [], admin)
        with pytest.raises(Exception, match="does not offer exactly this"):
            approve(job, job.rev, admin)


class TestRoles:
    def test_the_most_takes_at_once(self, studio: Provider, member: User, reviewer: User) -> None:
        RoleDefault.objects.create(role=Role.MEMBER, takes_most=2)
        assert len(compose(member, ask(studio, takes=2)).jobs) == 2
        with pytest.raises(NotPossible, match=r"3 takes are not offered\. Choose 1 to 2\."):
            compose(member, ask(studio, takes=3))
        assert len(compose(reviewer, ask(studio, takes=4)).jobs) == 4

    def test_in_a_file_of_clips_too(self, studio: Provider, member: User) -> None:
        RoleDefault.objects.create(role=Role.MEMBER, takes_most=2)
        (row,) = plan(member, "prompt,takes\nA fox,3\n", "0" * 32, Defaults()).bad
        assert "no number from 1 to 2" in row.problems[0].sentence


class TestGroups:
    def test_one_that_a_permission_is_for_is_kept(self, studio: Provider, film: Group, admin: User) -> None:
        limit(studio, [film], [], admin)
        with pytest.raises(NotSaved, match="open to this group"):
            remove_group(film, admin)
        open_to_all(studio, admin)
        limit(VideoModel.objects.get(slug=MODEL), [film], [], admin)
        with pytest.raises(NotSaved, match="open to this group"):
            remove_group(film, admin)

    def test_one_that_a_rule_is_for_is_kept(self, film: Group, admin: User) -> None:
        ApprovalRule.objects.create(group=film)
        with pytest.raises(NotSaved, match="An approval rule is for this group"):
            remove_group(film, admin)
