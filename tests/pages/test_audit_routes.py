"""Every way in which staff change something leaves a line in the audit log.

The table is held against the URL configuration: a new address that takes a POST has to say here what it writes down,
or that people only act for themselves there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone

from generations.models import (
    ApprovalRule,
    AuditEntry,
    Basis,
    Budget,
    Charged,
    ExchangeRate,
    Group,
    Job,
    Outcome,
    Output,
    PriceRule,
    Provider,
    Role,
    Share,
    State,
    Submission,
    User,
    Webhook,
)
from generations.models.notice import new_signing_secret
from generations.services import ledger
from generations.services.collections import make
from generations.services.compose import Ask, compose
from generations.services.invitations import invite
from generations.services.months import this_month, today
from generations.services.notes import comment
from generations.services.providers import enable
from generations.services.shares import make_link
from tests.pages.test_models import as_shown, filled
from tests.pages.test_url_matrix import walk
from tests.peer import answering, peer

pytestmark = [pytest.mark.django_db]
Sent = dict[str, Any]


@dataclass(frozen=True)
class World:
    """What there is to act on. `boss` is the admin's browser; the jobs and prompts are somebody else's."""

    boss: Client
    admin: User
    other: User
    provider: Provider
    make_job: Callable[..., Job]
    make_clip: Callable[..., Job]

    @property
    def model(self) -> int:
        row = self.provider.models.first()
        assert row
        return row.pk

    def offered(self) -> Provider:
        enable(self.provider)
        return self.provider

    def outdated(self) -> Provider:
        """The catalogue has more than it."""
        self.provider.models.order_by("pk")[0].delete()
        return self.provider

    def signed_in(self) -> User:
        Client().force_login(self.other)
        return self.other

    def group(self) -> Group:
        return Group.objects.create(name="Film")

    def person(self, **columns: Any) -> User:
        user = User.objects.create_user("somebody@example.org")
        User.objects.filter(pk=user.pk).update(**columns)
        return user

    def file(self) -> Output:
        """One that the portal could not keep."""
        job = self.make_clip()
        Output.objects.filter(job=job).update(stored_at=None, abandoned_at=timezone.now(), attempts=5)
        return Output.objects.get(job=job)

    def lost(self) -> Job:
        """A job of unknown outcome, at a provider that knows what it is asked about."""
        job = self.make_job(State.UNKNOWN)
        Submission.objects.update(outcome=Outcome.NEVER_HEARD)
        return job

    def second(self, state: State) -> Submission:
        """Made after all, though its job had moved on."""
        job = self.make_job(State.RUNNING)
        job.watch.delete()
        Job.objects.filter(pk=job.pk).update(state=state)
        Submission.objects.filter(job=job).update(left_at=timezone.now())
        return Submission.objects.get(job=job)

    def shown(self, name: str, *args: Any) -> Sent:
        """What a browser would send if nothing was touched."""
        form = self.boss.get(reverse(name, args=args)).context["form"]
        values = {field.html_name: field.value() for field in form}
        return {name: value for name, value in values.items() if value not in (None, "") and value is not False}

    def waiting(self) -> Job:
        """A job that somebody must approve."""
        enable(self.provider)
        ApprovalRule.objects.create(amount=0)
        return compose(self.other, Ask("A fox wakes", self.provider.pk, SLUG, uuid4().hex)).job

    def made(self) -> Job:
        """A clip of somebody else's that can be asked for once more."""
        enable(self.provider)
        job = compose(self.other, Ask("A fox wakes", self.provider.pk, SLUG, uuid4().hex)).job
        Job.objects.filter(pk=job.pk).update(state=State.FAILED)
        return job

    def rule(self, days: int) -> PriceRule:
        """A price rule from so many days from now on."""
        columns = {"basis": Basis.CLIP, "currency": "USD", "amount": 1, "added_by": self.admin}
        return PriceRule.objects.create(model_id=self.model, valid_from=today() + timedelta(days=days), **columns)

    def held(self) -> Job:
        """A job that is over, and nobody knows whether it was charged."""
        job = self.make_job(State.FAILED, month=this_month(), list_price=1, currency="USD", rate=1, estimate=1)
        ledger.reserve([job])
        Submission.objects.create(
            job=job, number=1, lease_until=job.created_at, sent_at=job.created_at, charged=Charged.UNKNOWN
        )
        ledger.square(job, 1, State.FAILED)
        return job

    def share(self) -> Share:
        tomorrow = timezone.now() + timedelta(days=1)
        return make_link(self.make_clip(), self.other, tomorrow, with_prompt=False)[0]


@dataclass(frozen=True)
class Act:
    """A POST: `ready` makes what it is about and says (arguments, body); `writes` is the line's action."""

    writes: str
    ready: Callable[[World], tuple[list[Any], Sent]]


def hook(world: World, act: str) -> tuple[list[Any], Sent]:
    row = Webhook.objects.create(
        name="Studio", url=f"{world.provider.base_url}/told", allow_private=True, secret=new_signing_secret()
    )
    return [row.pk, act], {}


def waits(world: World, act: str) -> tuple[list[Any], Sent]:
    return [invite("new@example.org", Role.MEMBER, None, world.admin)[0].pk, act], {}


def lost(world: World, act: str, **more: Any) -> tuple[list[Any], Sent]:
    return [world.lost().key, act], {"number": 1} | more


def decide(world: World, act: str) -> tuple[list[Any], Sent]:
    job = world.waiting()
    return [], {"act": act, "note": "It is due", "job": [f"{job.key}:{job.rev}"]}


def review(world: World, act: str, job: Job) -> tuple[list[Any], Sent]:
    """Chosen in the table and looked at: what the confirming page would send."""
    shown = world.boss.post(reverse("staff-jobs-confirm"), {"act": act, "job": str(job.key)}).context
    (item,) = shown["plan"].able
    return [], {"act": act, "token": shown["token"], "job": f"{job.key}:{item.stamp}"}


SLUG = "sora2-landscape-8s"
RULE = {"whose": "everyone", "offer": "any", "amount": "5"}
PRICE = {"quality": "", "basis": "second", "amount": "0.05", "currency": "USD"}
CORRECTION = {"amount": "1", "reason": "on the bill"}
OF_A_MEMBER = CORRECTION | {"month": f"{this_month():%Y-%m}"}
RATE = {"unit": "CNY", "rate": "0.1", "valid_from": "2026-01-01"}
HOOK = {"name": "Studio", "url": "https://hooks.example.com/", "done": "on"}
ADDED = {
    "name": "Studio", "base_url": "https://api.example.com", "key": "sk-of-the-studio", "in_flight": 4,
    "submits_per_minute": 0, "poll_interval": 10,
}  # fmt: skip
ROWS = [{"aspect_ratio": "16:9", "seconds": 5}]

STAFF: dict[str, list[Act]] = {
    "reconcile-act": [
        Act("look for a lost job", lambda w: lost(w, "look")),
        Act("adopt a remote id", lambda w: lost(w, "adopt", remote_id="gen_9")),
        Act("confirm not created", lambda w: lost(w, "not-created")),
        Act("give up", lambda w: lost(w, "give-up")),
        Act("submit again", lambda w: lost(w, "again", sure="on")),
    ],
    "second-clip": [
        Act("note a second clip", lambda w: ([w.second(State.DONE).pk, "note"], {})),
        Act("keep a second clip", lambda w: ([w.second(State.FAILED).pk, "keep"], {})),
    ],
    "staff-jobs-do": [
        Act("job cancelled", lambda w: review(w, "cancel", w.make_job())),
        Act("cancel asked for", lambda w: review(w, "cancel", w.make_job(State.SUBMITTING))),
        Act("job sent again", lambda w: review(w, "retry", w.made())),
        Act("copy tried again", lambda w: review(w, "archive", w.file().job)),
        Act("moved to trash", lambda w: review(w, "trash", w.make_clip())),
    ],
    "staff-archive-try": [Act("copy tried again", lambda w: ([w.file().pk], {}))],
    "staff-archive-give-up": [Act("copy given up", lambda w: ([w.file().pk], {}))],
    "provider-add": [Act("provider added", lambda w: ([], ADDED))],
    "provider": [
        Act("provider changed", lambda w: ([w.provider.pk], w.shown("provider", w.provider.pk) | {"name": "Renamed"})),
        Act("provider changed", lambda w: ([w.provider.pk], w.shown("provider", w.provider.pk) | {"key": "sk-new"})),
    ],
    "provider-test": [Act("connection tested", lambda w: ([w.provider.pk], {}))],
    "provider-switch": [
        Act("provider enabled", lambda w: ([w.provider.pk], {"to": "offer"})),
        Act("provider disabled", lambda w: ([w.offered().pk], {"to": "stop"})),
        Act("provider paused", lambda w: ([w.provider.pk], {"to": "pause"})),
        Act("provider resumed", lambda w: ([w.provider.pk], {"to": "resume"})),
    ],
    "provider-refresh": [Act("models refreshed", lambda w: ([w.outdated().pk], {}))],
    "provider-model-add": [Act("model added", lambda w: ([w.provider.pk], filled(ROWS)))],
    "provider-model": [
        Act(
            "model changed",
            lambda w: ([w.model], as_shown(w.boss.get(reverse("provider-model", args=[w.model]))) | {"name": "Other"}),
        )
    ],
    "provider-model-copy": [Act("model added", lambda w: ([w.model], {"slug": "sora-copy"}))],
    "provider-model-switch": [Act("model switched", lambda w: ([w.model], {"to": "off"}))],
    "approvals-decide": [
        Act("job approved", lambda w: decide(w, "approve")),
        Act("job rejected", lambda w: decide(w, "reject")),
    ],
    "approval-rule-add": [Act("approval rule added", lambda w: ([], RULE))],
    "approval-rule": [Act("approval rule changed", lambda w: ([ApprovalRule.objects.create(amount=1).pk], RULE))],
    "approval-rule-remove": [Act("approval rule removed", lambda w: ([ApprovalRule.objects.create(amount=1).pk], {}))],
    "staff-approval-days": [Act("portal settings changed", lambda w: ([], {"approval_days": "2"}))],
    "permission-provider": [Act("who may use it changed", lambda w: ([w.provider.pk], {"who": "some"}))],
    "permission-model": [Act("who may use it changed", lambda w: ([w.model], {"who": "some"}))],
    "permission-role": [
        Act("role changed", lambda w: (["member"], w.shown("permission-role", "member") | {"takes_most": "2"}))
    ],
    "model-prices": [Act("price rule added", lambda w: ([w.model], PRICE | {"valid_from": str(today())}))],
    "price-rule": [
        Act("price rule changed", lambda w: ([w.rule(2).pk], PRICE | {"valid_from": str(today() + timedelta(3))}))
    ],
    "price-rule-remove": [Act("price rule removed", lambda w: ([w.rule(2).pk], {}))],
    "job-ledger": [
        Act("ledger corrected", lambda w: ([(job := w.held()).key], w.shown("job-ledger", job.key) | CORRECTION))
    ],
    "job-ledger-say": [Act("held money settled", lambda w: ([w.held().key, 1, "charged"], {}))],
    "ledger-correct": [
        Act("ledger corrected", lambda w: ([], w.shown("ledger-correct") | OF_A_MEMBER | {"member": w.other.pk}))
    ],
    "budget-add": [Act("budget added", lambda w: ([], {"whose": "everyone", "amount": "5"}))],
    "budget": [Act("budget changed", lambda w: ([Budget.objects.create(amount=1).pk], {"amount": "5"}))],
    "budget-remove": [Act("budget removed", lambda w: ([Budget.objects.create(amount=1).pk], {}))],
    "group-add": [Act("group added", lambda w: ([], {"name": "Film"}))],
    "group": [Act("group changed", lambda w: ([w.group().pk], {"name": "Film", "members": [w.other.pk]}))],
    "group-remove": [Act("group removed", lambda w: ([w.group().pk], {}))],
    "rate-add": [Act("exchange rate set", lambda w: ([], RATE))],
    "rate-remove": [Act("exchange rate removed", lambda w: ([ExchangeRate.objects.create(**RATE).pk], {}))],
    "staff-currency": [Act("portal settings changed", lambda w: ([], {"currency": "EUR"}))],
    "staff-settings": [Act("portal settings changed", lambda w: ([], {}))],
    "webhook-add": [Act("webhook added", lambda w: ([], HOOK))],
    "webhook": [Act("webhook changed", lambda w: (hook(w, "")[0][:1], HOOK))],
    "webhook-act": [
        Act("webhook changed", lambda w: hook(w, "secret")),
        Act("webhook tested", lambda w: hook(w, "test")),
        Act("webhook removed", lambda w: hook(w, "remove")),
    ],
    "invite": [
        Act(
            "invitation made",
            lambda w: ([], {"email": "new@example.org", "role": "member", "days": "7", "way": "copy"}),
        )
    ],
    "invitation-act": [
        Act("invitation renewed", lambda w: waits(w, "renew")),
        Act("invitation revoked", lambda w: waits(w, "revoke")),
    ],
    "person": [
        Act("member changed", lambda w: ([w.person().pk], {"name": "", "email": "x@example.org", "role": "reviewer"}))
    ],
    "person-switch": [
        Act("member switched off", lambda w: ([w.person().pk], {"to": "off"})),
        Act("member switched on", lambda w: ([w.person(is_active=False).pk], {"to": "on"})),
    ],
    "person-sessions": [Act("sessions ended", lambda w: ([w.signed_in().pk], {}))],
    "person-password": [Act("password link sent", lambda w: ([w.other.pk], {}))],
}
"""What staff change on pages of their own."""

ON_OTHERS: dict[str, list[Act]] = {
    "job-cancel": [
        Act("job cancelled", lambda w: ([w.make_job().key], {})),
        Act("cancel asked for", lambda w: ([w.make_job(State.SUBMITTING).key], {})),
    ],
    "job-trash": [Act("moved to trash", lambda w: ([w.make_clip().key], {}))],
    "job-restore": [Act("taken out of trash", lambda w: ([w.make_clip(trashed_at=timezone.now()).key], {}))],
    "library-bulk": [Act("moved to trash", lambda w: ([], {"act": "trash", "job": [w.make_clip().key]}))],
    "job-share": [Act("clip shared outside", lambda w: ([w.make_clip().key], {"lasts": "7"}))],
    "job-review": [Act("clip reviewed", lambda w: ([w.make_clip().key], {"verdict": "approved"}))],
    "share-revoke": [Act("outside link revoked", lambda w: ([w.share().pk], {}))],
    "comment-delete": [Act("comment deleted", lambda w: ([comment(w.make_clip(), w.other, "No").pk], {}))],
    "prompt-title": [Act("prompt renamed", lambda w: ([w.make_job().prompt_id], {"title": "Fox"}))],
    "prompt-pin": [Act("prompt pinned", lambda w: ([w.make_job().prompt_id], {"to": "on"}))],
    "prompt-erase": [Act("prompt erased", lambda w: ([w.make_job().prompt_id], {}))],
    "collection-name": [Act("collection renamed", lambda w: ([make(w.other, "Harbour", "team").pk], {"name": "Port"}))],
    "collection-delete": [Act("collection deleted", lambda w: ([make(w.other, "Harbour", "team").pk], {}))],
    "invitation": [],  # by whoever was invited: tests/services/test_invitations.py
    "job-publish": [],  # by the author alone: tests/services/test_publish.py
}
"""Where members act on what is theirs, and staff on what is not: the second is written down."""

FOR_THEMSELVES = {
    "create", "create-batch", "job-again", "job-remix", "job-favourite", "job-tags", "job-comments",
    "job-pick", "reference-add", "collections", "collection-jobs", "prompts-import", "prompt-new",
    "prompt-favourite", "prompt-tags", "prompt-rate", "language", "notifications",
    "notifications-hook", "notifications-hook-act",
}  # fmt: skip
"""Here nobody has more say than anybody else."""
MACHINES = {"job-hook", "provider-hook"}
LOOKS = {"approvals-confirm", "staff-jobs-confirm"}
"""A POST because of its length: it shows what would be done, and does nothing."""
BLANK = {
    "IntConverter": 999_999, "UUIDConverter": "00000000-0000-4000-8000-000000000000", "SlugConverter": "x",
    "StringConverter": "x",
}  # fmt: skip
QUERIES = {"provider-add": "?preset=openai"}


@pytest.fixture
def world(
    as_user: Callable[[User], Client], admin: User, member: User, provider: Provider,
    make_job: Callable[..., Job], make_clip: Callable[..., Job],
) -> Iterator[World]:  # fmt: skip
    with peer(answering(200, b'{"id":"gen_9","status":"in_progress","progress":40}')) as server:
        provider.base_url, provider.allow_private = server.url, True
        provider.save()
        yield World(as_user(admin), admin, member, provider, make_job, make_clip)


def blank(pattern: URLPattern) -> str:
    """The address, with arguments that lead nowhere."""
    kinds = {name: type(kind).__name__ for name, kind in pattern.pattern.converters.items()}
    return reverse(str(pattern.name), kwargs={name: BLANK[kind] for name, kind in kinds.items()})


def takes_posts(boss: Client, pattern: URLPattern) -> bool:
    """Anything but "not this method": a view looks at that before it looks for its object."""
    return boss.post(blank(pattern)).status_code != 405


def test_every_address_that_takes_a_post_says_what_it_writes_down(world: World) -> None:
    ours = [p for p in walk(get_resolver().url_patterns) if not str(p.name).startswith("account")]
    found = {str(pattern.name) for pattern in ours if takes_posts(world.boss, pattern)}
    staff = {str(p.name) for p in ours if blank(p).startswith("/staff/")}
    assert (found & staff) - LOOKS == STAFF.keys(), "name the line that it writes"
    assert found - staff == ON_OTHERS.keys() | FOR_THEMSELVES | MACHINES, "does anybody act on what is another's there?"
    assert all(STAFF.values())


ALL = [(name, act) for name, acts in (STAFF | ON_OTHERS).items() for act in acts]


@pytest.mark.parametrize(("name", "act"), ALL, ids=[f"{name}: {act.writes}" for name, act in ALL])
def test_it_is_written_down(world: World, settings: Any, name: str, act: Act) -> None:
    settings.SENDS_MAIL = True
    args, body = act.ready(world)
    before = set(AuditEntry.objects.values_list("pk", flat=True))
    answer = world.boss.post(reverse(name, args=args) + QUERIES.get(name, ""), body)
    assert answer.status_code in {200, 302, 303}, answer.context["form"].errors
    (entry,) = AuditEntry.objects.exclude(pk__in=before)
    assert (entry.action, entry.actor) == (act.writes, world.admin)
    assert entry.subject
    assert "sk-" not in str(entry.changes)
    assert "whsec_" not in str(entry.changes)
