"""Every URL x every role x whose job it is, from one table. A view that is not in the table fails the suite."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from generations.models import (
    AuditEntry,
    Job,
    JobEvent,
    Output,
    Prompt,
    Provider,
    Role,
    State,
    Submission,
    User,
    VideoModel,
    Watch,
)
from generations.services.collections import make

pytestmark = pytest.mark.django_db

ROLES = ("anonymous", "viewer", "owner", "stranger", "reviewer", "admin")
SIGN_IN, OK, NO, NOT_THERE, MOVED, NOT_SO = 302, 200, 403, 404, 302, 405


def row(anonymous: int, viewer: int, owner: int, stranger: int, reviewer: int, admin: int) -> dict[str, int]:
    return dict(zip(ROLES, (anonymous, viewer, owner, stranger, reviewer, admin), strict=True))


EVERYONE = row(SIGN_IN, OK, OK, OK, OK, OK)
CREATORS = row(SIGN_IN, NO, OK, OK, OK, OK)
STAFF = row(SIGN_IN, NOT_THERE, NOT_THERE, NOT_THERE, OK, OK)
TEAM_JOB, PRIVATE_JOB = EVERYONE, row(SIGN_IN, NOT_THERE, OK, NOT_THERE, NOT_THERE, NOT_THERE)
ADMINS_ONLY = row(SIGN_IN, NOT_THERE, NOT_THERE, NOT_THERE, NO, OK)
ADMINS_POST = row(SIGN_IN, NOT_THERE, NOT_THERE, NOT_THERE, NO, NOT_SO)
STAFF_POST = row(SIGN_IN, NOT_THERE, NOT_THERE, NOT_THERE, NOT_SO, NOT_SO)
POST_ONLY = row(SIGN_IN, NOT_SO, NOT_SO, NOT_SO, NOT_SO, NOT_SO)
CANCEL = row(SIGN_IN, NO, MOVED, NO, NO, MOVED)
CANCEL_PRIVATE = row(SIGN_IN, NOT_THERE, MOVED, NOT_THERE, NOT_THERE, NOT_THERE)
PUT_AWAY = row(SIGN_IN, NO, 303, NO, NO, 303)
PUT_AWAY_PRIVATE = row(SIGN_IN, NOT_THERE, 303, NOT_THERE, NOT_THERE, NOT_THERE)
MAKERS = row(SIGN_IN, NO, 303, 303, 303, 303)
NO_CLIP_YET = row(SIGN_IN, NO, NOT_THERE, NOT_THERE, NOT_THERE, NOT_THERE)
DOOR = row(OK, OK, OK, OK, OK, OK)
ONLY_OUTSIDE = row(OK, MOVED, MOVED, MOVED, MOVED, MOVED)
ADMINS = row(SIGN_IN, MOVED, MOVED, MOVED, MOVED, OK)
ADMINS_READ = row(SIGN_IN, MOVED, MOVED, MOVED, MOVED, NO)

# Without an argument: GET.
PLAIN = {
    "create": EVERYONE,
    "compose-options": EVERYONE,
    "earlier-prompts": EVERYONE,
    "create-batch": CREATORS,
    "batch-template": CREATORS,
    "status": row(SIGN_IN, 204, 204, 204, 204, 204),
    "tray": EVERYONE,
    "queue": EVERYONE,
    "compare": EVERYONE,
    "library": EVERYONE,
    "trash": EVERYONE,
    "prompts": EVERYONE,
    "collections": EVERYONE,
    "prompts-import": CREATORS,
    "library-bulk": POST_ONLY,
    "prompt-new": CREATORS,
    "staff-jobs": STAFF,
    "staff-clips": STAFF,
    "staff-jobs-export": STAFF,
    "staff-jobs-confirm": STAFF_POST,
    "staff-jobs-do": STAFF_POST,
    "reconcile": STAFF,
    "staff-archive": STAFF,
    "providers": STAFF,
    "provider-add": ADMINS_ONLY,
    "notifications": EVERYONE,
    "webhooks": ADMINS_ONLY,
    "staff-settings": ADMINS_ONLY,
    "staff-currency": ADMINS_POST,
    "staff-approval-days": ADMINS_POST,
    "staff-approvals": STAFF,
    "approvals-confirm": STAFF_POST,
    "approvals-decide": STAFF_POST,
    "approval-rules": STAFF,
    "approval-rule-add": ADMINS_ONLY,
    "permissions": STAFF,
    "staff-budgets": STAFF,
    "usage": EVERYONE,
    "staff-usage": STAFF,
    "staff-prices": STAFF,
    "staff-ledger": STAFF,
    "ledger-correct": ADMINS_ONLY,
    "budget-add": ADMINS_ONLY,
    "group-add": ADMINS_ONLY,
    "rate-add": ADMINS_POST,
    "webhook-add": ADMINS_ONLY,
    "people": ADMINS_ONLY,
    "invite": ADMINS_ONLY,
    "staff-audit": ADMINS_ONLY,
    "account_login": ONLY_OUTSIDE,
    "account_logout": row(MOVED, OK, OK, OK, OK, OK),
    "account_inactive": DOOR,
    "account_signup": ONLY_OUTSIDE,
    "account_reauthenticate": EVERYONE,
    "account_change_password": EVERYONE,
    "account_set_password": row(SIGN_IN, MOVED, MOVED, MOVED, MOVED, MOVED),
    "account_reset_password": DOOR,
    "account_confirm_login_code": row(MOVED, MOVED, MOVED, MOVED, MOVED, MOVED),
    "account_reset_password_from_key_done": DOOR,
    "account_reset_password_done": DOOR,
}
# With a job's key: (method, what a team job answers, what a private one answers).
OF_A_JOB = {
    "job": ("get", TEAM_JOB, PRIVATE_JOB),
    "job-card": ("get", TEAM_JOB, PRIVATE_JOB),
    "job-body": ("get", TEAM_JOB, PRIVATE_JOB),
    "job-clip": ("get", TEAM_JOB, PRIVATE_JOB),
    "job-poster": ("get", TEAM_JOB, PRIVATE_JOB),
    "job-menu": ("get", TEAM_JOB, PRIVATE_JOB),
    "staff-job": ("get", STAFF, STAFF),
    "job-share": ("get", row(SIGN_IN, NO, OK, NO, NO, OK), PRIVATE_JOB),
    "job-again": ("post", MAKERS, PUT_AWAY_PRIVATE),
    "job-remix": ("post", NO_CLIP_YET, row(SIGN_IN, NOT_THERE, NOT_THERE, NOT_THERE, NOT_THERE, NOT_THERE)),
    "job-favourite": ("post", row(SIGN_IN, 303, 303, 303, 303, 303), PUT_AWAY_PRIVATE),
    "job-tags": ("post", MAKERS, PUT_AWAY_PRIVATE),
    "job-comments": ("post", MAKERS, PUT_AWAY_PRIVATE),
    "job-review": ("post", row(SIGN_IN, NO, NO, NO, 303, 303), row(SIGN_IN, NOT_THERE, NO, *[NOT_THERE] * 3)),
    "job-cancel": ("post", CANCEL, CANCEL_PRIVATE),
    "job-publish": ("post", row(SIGN_IN, NO, 303, NO, NO, NO), PUT_AWAY_PRIVATE),
    "job-trash": ("post", PUT_AWAY, PUT_AWAY_PRIVATE),
    "job-restore": ("post", PUT_AWAY, PUT_AWAY_PRIVATE),
}
OF_A_CLIP = {"job-review"}
# What is posted to them, where it is not nothing.
SENT = {
    "job-again": {"kind": "take", "compose_token": "0" * 32},
    "job-favourite": {"to": "on"},
    "job-tags": {"name": "desert"},
    "job-comments": {"text": "Keep it", "second": "1.5"},
    "job-review": {"verdict": "rejected", "note": "Too dark", "second": "2.5"},
    "prompt-favourite": {"to": "on"},
    "prompt-tags": {"name": "desert"},
    "prompt-rate": {"stars": "4"},
    "prompt-title": {"title": "Fox"},
    "prompt-pin": {"to": "on"},
}
# Of a prompt: the method, what a shared one answers, what a private one answers.
OF_A_PROMPT = {
    "prompt": ("get", TEAM_JOB, PRIVATE_JOB),
    "prompt-fill": ("get", CREATORS, PRIVATE_JOB),
    "prompt-favourite": ("post", row(SIGN_IN, 303, 303, 303, 303, 303), PUT_AWAY_PRIVATE),
    "prompt-tags": ("post", MAKERS, PUT_AWAY_PRIVATE),
    "prompt-rate": ("post", MAKERS, PUT_AWAY_PRIVATE),
    "prompt-title": ("post", row(SIGN_IN, NO, 303, NO, 303, 303), PUT_AWAY_PRIVATE),
    "prompt-pin": ("post", row(SIGN_IN, NO, NO, NO, 303, 303), row(SIGN_IN, NOT_THERE, NO, *[NOT_THERE] * 3)),
    "prompt-erase": ("get", row(SIGN_IN, NO, OK, NO, NO, OK), PRIVATE_JOB),
}
# Of a file that is not kept: what a POST answers.
OF_A_FILE = {
    "staff-archive-try": row(SIGN_IN, NOT_THERE, NOT_THERE, NOT_THERE, NO, 303),
    "staff-archive-give-up": row(SIGN_IN, NOT_THERE, NOT_THERE, NOT_THERE, NO, 303),
}
# Of a provider or a model of it: what GET answers, what a POST with this body answers.
OF_A_PROVIDER = {
    "provider": (STAFF, {}, row(SIGN_IN, NOT_THERE, NOT_THERE, NOT_THERE, NO, 422)),
    "provider-test": (ADMINS_POST, {}, ADMINS_ONLY),
    "provider-refresh": (ADMINS_POST, {}, row(SIGN_IN, NOT_THERE, NOT_THERE, NOT_THERE, NO, 303)),
    "provider-switch": (ADMINS_POST, {"to": "pause"}, row(SIGN_IN, NOT_THERE, NOT_THERE, NOT_THERE, NO, 303)),
    "permission-provider": (
        ADMINS_ONLY,
        {"who": "everyone"},
        row(SIGN_IN, NOT_THERE, NOT_THERE, NOT_THERE, NO, 303),
    ),
    "permission-model": (
        ADMINS_ONLY,
        {"who": "nobody"},
        row(SIGN_IN, NOT_THERE, NOT_THERE, NOT_THERE, NO, 422),
    ),
    "provider-model-add": (ADMINS_ONLY, {}, row(SIGN_IN, NOT_THERE, NOT_THERE, NOT_THERE, NO, 422)),
    "provider-model": (ADMINS_ONLY, {}, row(SIGN_IN, NOT_THERE, NOT_THERE, NOT_THERE, NO, 422)),
    "provider-model-copy": (ADMINS_POST, {}, row(SIGN_IN, NOT_THERE, NOT_THERE, NOT_THERE, NO, 422)),
    "provider-model-switch": (ADMINS_POST, {"to": "off"}, row(SIGN_IN, NOT_THERE, NOT_THERE, NOT_THERE, NO, 303)),
}
OF_A_MODEL = ("provider-model", "provider-model-copy", "provider-model-switch", "permission-model")
# With other arguments.
WITH_ARGS: dict[str, tuple[dict[str, str], dict[str, int]]] = {
    "account_reset_password_from_key": ({"uidb36": "1", "key": "nonsense"}, DOOR),
    "library-export": ({"kind": "csv"}, EVERYONE),
    "prompts-export": ({"kind": "json"}, EVERYONE),
    "staff-audit-export": ({"kind": "csv"}, ADMINS_ONLY),
    "usage-export": ({"what": "days"}, EVERYONE),
    "staff-usage-export": ({"what": "lines"}, STAFF),
}
NO_SUCH_KIND = ("library-export", "prompts-export")
# Of several jobs at once: who is led back by a POST, whosever they are. What comes of it: tests/pages/test_bulk.py.
OF_MANY = {
    "favourite": row(SIGN_IN, 303, 303, 303, 303, 303),
    "tag": MAKERS,
    "untag": MAKERS,
    "collect": MAKERS,
    "uncollect": MAKERS,
    "trash": MAKERS,
    "restore": MAKERS,
}
# These need an image or a caller from outside: their tables are in the named files.
ELSEWHERE = {
    "reference-add": "tests/pages/test_references.py",
    "reference-thumb": "tests/pages/test_references.py",
    "reference-preview": "tests/pages/test_references.py",
    "reference-link": "tests/pages/test_references.py",
    "job-reference": "tests/pages/test_references.py",
    "job-pick": "tests/pages/test_compare.py",
    "share-revoke": "tests/pages/test_shares.py",
    "shared": "tests/pages/test_shares.py",
    "shared-clip": "tests/pages/test_shares.py",
    "shared-poster": "tests/pages/test_shares.py",
    "comment-delete": "tests/pages/test_notes.py",
    "collection": "tests/pages/test_collections.py",
    "collection-name": "tests/pages/test_collections.py",
    "collection-delete": "tests/pages/test_collections.py",
    "collection-jobs": "tests/pages/test_collections.py",
    "reconcile-act": "tests/pages/test_reconcile.py",
    "second-clip": "tests/pages/test_reconcile.py",
    "health-live": "tests/server/test_health.py",
    "health-ready": "tests/server/test_health.py",
    "metrics": "tests/server/test_metrics.py",
    "language": "tests/pages/test_languages.py",
    "notifications-hook": "tests/pages/test_notifications.py",
    "notifications-hook-act": "tests/pages/test_notifications.py",
    "model-prices": "tests/pages/test_prices.py",
    "price-rule": "tests/pages/test_prices.py",
    "price-rule-remove": "tests/pages/test_prices.py",
    "job-ledger": "tests/pages/test_ledger.py",
    "job-ledger-say": "tests/pages/test_ledger.py",
    "approval-rule": "tests/pages/test_approvals.py",
    "approval-rule-remove": "tests/pages/test_approvals.py",
    "permission-role": "tests/pages/test_permissions.py",
    "budget": "tests/pages/test_budgets.py",
    "budget-remove": "tests/pages/test_budgets.py",
    "group": "tests/pages/test_budgets.py",
    "group-remove": "tests/pages/test_budgets.py",
    "rate-remove": "tests/pages/test_budgets.py",
    "person": "tests/pages/test_people.py",
    "person-switch": "tests/pages/test_people.py",
    "person-sessions": "tests/pages/test_people.py",
    "person-password": "tests/pages/test_people.py",
    "invitation-act": "tests/pages/test_invitations.py",
    "invitation": "tests/pages/test_invitations.py",
    "webhook": "tests/pages/test_webhooks.py",
    "webhook-act": "tests/pages/test_webhooks.py",
    "job-hook": "tests/services/test_callbacks.py",
    "provider-hook": "tests/services/test_callbacks.py",
}
MINE = [AuditEntry, Job, JobEvent, Output, Prompt, Provider, Submission, User, VideoModel, Watch]


def walk(patterns: list[Any]) -> Iterator[URLPattern]:
    for pattern in patterns:
        if not isinstance(pattern, URLResolver):
            yield pattern
        elif pattern.namespace != "admin":
            yield from walk(pattern.url_patterns)


def test_every_url_is_in_the_table() -> None:
    names = {pattern.name for pattern in walk(get_resolver().url_patterns)}
    assert None not in names, "every URL needs a name"
    assert (
        names
        == PLAIN.keys()
        | OF_A_JOB.keys()
        | OF_A_PROMPT.keys()
        | OF_A_FILE.keys()
        | OF_A_PROVIDER.keys()
        | WITH_ARGS.keys()
        | ELSEWHERE.keys()
    )
    assert all(Path(file).is_file() for file in ELSEWHERE.values())


@pytest.fixture
def browsers(
    as_user: Callable[[User], Client],
    viewer: User, member: User, stranger: User, reviewer: User, admin: User,
) -> dict[str, Client]:  # fmt: skip
    people = {"viewer": viewer, "owner": member, "stranger": stranger, "reviewer": reviewer, "admin": admin}
    return {"anonymous": Client()} | {role: as_user(user) for role, user in people.items()}


def checked(answer: Any, expected: int, where: str, role: str) -> None:
    assert answer.status_code == expected, f"{where} for {role}: {answer.status_code}, not {expected}"
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'self'" in policy or policy == "default-src 'none'; sandbox"
    if role == "anonymous" and expected == 302 and not where.startswith("account"):
        assert answer["Location"].startswith(("/accounts/login/", "/admin/login/"))
    if expected != 200 or answer.streaming or not answer["Content-Type"].startswith("text/html"):
        return
    assert not Inline.found_in(answer), where


class Inline(HTMLParser):
    """Finds what the content security policy forbids: inline code, inline style, handlers."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        data = names.get("type") == "application/json"
        if (tag == "script" and not names.get("src") and not data) or tag == "style":
            self.found.append(f"<{tag}>")
        self.found += [name for name in names if name == "style" or name.startswith(("on", "hx-on"))]
        self.found += [value for value in names.values() if value and value.startswith(("js:", "javascript:"))]

    @classmethod
    def found_in(cls, answer: HttpResponse) -> list[str]:
        reader = cls()
        reader.feed(answer.content.decode())
        return reader.found


@pytest.mark.parametrize("name", PLAIN)
def test_plain_urls(browsers: dict[str, Client], provider: Provider, name: str) -> None:
    for role, expected in PLAIN[name].items():
        checked(browsers[role].get(reverse(name)), expected, name, role)


@pytest.mark.parametrize("name", WITH_ARGS)
def test_urls_with_arguments(browsers: dict[str, Client], name: str) -> None:
    kwargs, table = WITH_ARGS[name]
    for role, expected in table.items():
        checked(browsers[role].get(reverse(name, kwargs=kwargs)), expected, name, role)


@pytest.mark.parametrize("name", NO_SUCH_KIND)
def test_a_file_of_no_known_kind(browsers: dict[str, Client], name: str) -> None:
    assert {browsers[role].get(reverse(name, args=["exe"])).status_code for role in ROLES[1:]} == {404}


@pytest.mark.parametrize("visibility", ["team", "me"])
@pytest.mark.parametrize("act", OF_MANY)
def test_an_act_on_many_jobs(
    browsers: dict[str, Client], member: User, make_clip: Callable[..., Job], act: str, visibility: str
) -> None:
    film = make(member, "Harbour film", visibility)
    for role, expected in OF_MANY[act].items():
        jobs = [make_clip(visibility=visibility), make_clip(visibility=visibility)]
        sent = {"act": act, "tag": "desert", "into": film.pk, "job": [job.key for job in jobs]}
        checked(browsers[role].post(reverse("library-bulk"), sent), expected, f"bulk {act}", role)


@pytest.mark.parametrize("name", OF_A_PROVIDER)
def test_urls_of_a_provider(browsers: dict[str, Client], provider: Provider, name: str) -> None:
    look, body, send = OF_A_PROVIDER[name]
    Provider.objects.update(key="")  # nothing goes out of the house
    model = provider.models.first()
    assert model is not None
    url = reverse(name, args=[model.pk if name in OF_A_MODEL else provider.pk])
    for role in ROLES:
        checked(browsers[role].get(url), look[role], name, role)
        checked(browsers[role].post(url, body), send[role], f"post {name}", role)
    nowhere = reverse(name, args=[999_999])
    assert {browsers[role].post(nowhere, body).status_code for role in ("viewer", "admin")} == {404}


@pytest.mark.parametrize("visibility", ["team", "me"])
@pytest.mark.parametrize("name", OF_A_FILE)
def test_urls_of_a_file(browsers: dict[str, Client], make_job: Callable[..., Job], name: str, visibility: str) -> None:
    for role, expected in OF_A_FILE[name].items():
        output = make_job(State.ARCHIVING, visibility=visibility).cover
        assert output
        url = reverse(name, args=[output.pk])
        checked(browsers[role].post(url), expected, name, role)
        checked(browsers[role].get(url), ADMINS_POST[role], name, role)
    assert browsers["admin"].post(reverse(name, args=[999_999])).status_code == 404


@pytest.mark.parametrize("visibility", ["team", "me"])
@pytest.mark.parametrize("name", ["job", "job-card", "job-body", "job-clip", "job-poster", "job-restore"])
def test_urls_of_a_job_in_the_trash(
    browsers: dict[str, Client], make_clip: Callable[..., Job], name: str, visibility: str
) -> None:
    method, team, private = OF_A_JOB[name]
    table = dict(team if visibility == "team" else private)
    if name in {"job-clip", "job-poster"} and visibility == "team":
        table = row(SIGN_IN, NOT_THERE, OK, NOT_THERE, NOT_THERE, OK)
    if name == "job-restore" and visibility == "me":
        table["admin"] = 303  # without seeing its text
    for role, expected in table.items():
        job = make_clip(visibility=visibility)
        Job.objects.filter(pk=job.pk).update(trashed_at=timezone.now())
        checked(getattr(browsers[role], method)(reverse(name, args=[job.key])), expected, f"trashed {name}", role)


@pytest.mark.parametrize("name", ["job", "job-clip", "job-poster", "job-restore"])
def test_urls_of_a_job_that_was_removed(browsers: dict[str, Client], make_clip: Callable[..., Job], name: str) -> None:
    method, table, _ = OF_A_JOB[name]
    gone = row(SIGN_IN, NOT_THERE, NOT_THERE, NOT_THERE, NOT_THERE, NOT_THERE)
    for role, expected in (gone if name in {"job-clip", "job-poster"} else table).items():
        job = make_clip()
        Job.objects.filter(pk=job.pk).update(trashed_at=timezone.now(), purged_at=timezone.now())
        answer = getattr(browsers[role], method)(reverse(name, args=[job.key]))
        checked(answer, expected, f"removed {name}", role)
        if expected == NOT_THERE:
            assert "The clip was removed for good" in answer.content.decode()


@pytest.mark.parametrize("visibility", ["team", "me"])
@pytest.mark.parametrize("name", OF_A_JOB)
def test_urls_of_a_job(
    browsers: dict[str, Client],
    make_clip: Callable[..., Job],
    make_job: Callable[..., Job],
    name: str,
    visibility: str,
) -> None:
    method, team, private = OF_A_JOB[name]
    for role, expected in (team if visibility == "team" else private).items():
        made = make_job if method == "post" and name not in OF_A_CLIP else make_clip
        job = made(visibility=visibility)
        url = reverse(name, args=[job.key])
        checked(getattr(browsers[role], method)(url, SENT.get(name)), expected, name, role)
        if method == "post":
            checked(browsers[role].get(url), POST_ONLY[role], name, role)


@pytest.mark.parametrize("name", OF_A_JOB)
def test_a_job_that_never_was(browsers: dict[str, Client], name: str) -> None:
    url = reverse(name, args=["00000000-0000-4000-8000-000000000000"])
    for role in ROLES[1:]:
        assert getattr(browsers[role], OF_A_JOB[name][0])(url, SENT.get(name)).status_code == 404


@pytest.mark.parametrize("visibility", ["team", "me"])
@pytest.mark.parametrize("name", OF_A_PROMPT)
def test_urls_of_a_prompt(
    browsers: dict[str, Client], make_job: Callable[..., Job], name: str, visibility: str
) -> None:
    method, team, private = OF_A_PROMPT[name]
    for role, expected in (team if visibility == "team" else private).items():
        prompt = make_job(State.DONE, "A {animal} wakes", visibility=visibility).prompt
        url = reverse(name, args=[prompt.pk])
        checked(getattr(browsers[role], method)(url, SENT.get(name)), expected, name, role)
        if method == "post":
            checked(browsers[role].get(url), POST_ONLY[role], name, role)


@pytest.mark.parametrize("visibility", ["team", "me"])
def test_who_may_erase(browsers: dict[str, Client], make_job: Callable[..., Job], visibility: str) -> None:
    for role, expected in (PUT_AWAY if visibility == "team" else PUT_AWAY_PRIVATE).items():
        prompt = make_job(State.DONE, f"A {role} wakes", visibility=visibility).prompt
        checked(browsers[role].post(reverse("prompt-erase", args=[prompt.pk])), expected, "post prompt-erase", role)
        prompt.refresh_from_db()
        assert (prompt.erased_at is not None) == (expected == 303)


@pytest.mark.parametrize("name", OF_A_PROMPT)
def test_a_prompt_that_never_was(browsers: dict[str, Client], name: str) -> None:
    for role in ROLES[1:]:
        for pk in (999_999, 10**30):
            answer = getattr(browsers[role], OF_A_PROMPT[name][0])(reverse(name, args=[pk]), SENT.get(name))
            assert answer.status_code == 404


@pytest.mark.parametrize("model", MINE)
def test_the_admin_is_open_to_admins_only(
    browsers: dict[str, Client], make_clip: Callable[..., Job], model: type[Any]
) -> None:
    make_clip("A team dream")
    label = model._meta.model_name
    for role, expected in ADMINS.items():
        checked(browsers[role].get(reverse("admin:index")), expected, "admin", role)
        checked(browsers[role].get(reverse(f"admin:generations_{label}_changelist")), expected, f"admin {label}", role)
    for role, expected in ADMINS_READ.items():
        checked(browsers[role].get(reverse(f"admin:generations_{label}_add")), expected, f"admin add {label}", role)


def test_the_admin_never_shows_keys_private_texts_or_clips(
    browsers: dict[str, Client], make_clip: Callable[..., Job], provider: Provider
) -> None:
    secret = make_clip("A private birthday", visibility="me")
    shared = make_clip("A team dream")
    body = ""
    for model in MINE:
        label = model._meta.model_name
        body += browsers["admin"].get(reverse(f"admin:generations_{label}_changelist")).content.decode()
        for pk in model._default_manager.values_list("pk", flat=True):
            page = browsers["admin"].get(reverse(f"admin:generations_{label}_change", args=[pk]))
            assert page.status_code == (302 if model is Prompt and pk == secret.prompt_id else 200), label
            body += page.content.decode()
    assert "A team dream" in body
    assert str(shared.key) in body
    for hidden in ("birthday", "sk-test", "https://files.example.com", ".mp4"):
        assert hidden not in body


def test_the_admin_changes_nobody(browsers: dict[str, Client], member: User) -> None:
    """Else a portal could lose its last admin, and nothing would be written down."""
    url = reverse("admin:generations_user_change", args=[member.pk])
    assert browsers["admin"].post(url, {"role": Role.ADMIN}).status_code == 403
    assert browsers["admin"].post(reverse("admin:generations_user_delete", args=[member.pk])).status_code == 403


def test_the_admin_changes_no_provider(browsers: dict[str, Client], provider: Provider) -> None:
    url = reverse("admin:generations_provider_change", args=[provider.pk])
    assert browsers["admin"].post(url, {"name": "Renamed"}).status_code == 403
    model = provider.models.first()
    assert model is not None
    assert browsers["admin"].post(reverse("admin:generations_videomodel_change", args=[model.pk])).status_code == 403


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_error_pages_are_ours(rf: Any, status: int) -> None:
    from generations.views import errors

    request = rf.get("/nowhere/")
    request.resolver_match = None
    view = {400: errors.bad_request, 403: errors.forbidden, 404: errors.not_found}.get(status)
    answer = view(request, Exception()) if view else errors.server_error(request)
    assert answer.status_code == status
    assert re.search(r"<h1>.+</h1>", answer.content.decode())
    assert not Inline.found_in(answer)
