"""Every page of a portal that has something to show, for whoever walks through all of them: tests and pictures."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

from tests.processes.harness import PASSWORD, Installation, wait_for

LAND, PORTRAIT, LONG = "sora2-landscape-8s", "sora2-portrait-4s", "sora2-landscape-12s"
CLIPS = [
    (LAND, "Dunes at dusk breathe like a sleeping animal; one line of footprints appears"),
    (PORTRAIT, "Paper lanterns rise over the village, one of them hesitates and turns back"),
    ("sora2-landscape-4s", "Macro: frost crystals growing over a leaf, time-lapse"),
    (LAND, "A ceramic fox wakes on a windowsill at blue hour and shakes off its glaze"),
]
WRONG = {
    "failed": (LAND, "Newsreel of a famous head of state slipping on a banana peel [sandbox:moderation]"),
    "late": (LAND, "A crowd at a demonstration turns to the camera [sandbox:fail-at-94]"),
    "unknown": (LAND, "A storm front rolls over a wheat field, drone shot [sandbox:lost-answer]"),
    "lost": (LAND, "A paper crane unfolds by itself [sandbox:bad-file]"),
}
LIVE = [
    (LAND, "Two paper boats race down a rain gutter, low angle, golden backlight [sandbox:stuck]"),
    (LONG, "Stop-motion breakfast: the egg cracks itself, the toast butters itself [sandbox:stuck]"),
    (LAND, "A lighthouse keeper polishes the great lens while a storm builds outside"),
]
DRAFT = "A ceramic fox wakes on a windowsill at blue hour, shakes off its glaze and watches the first tram pass."
TABLE = """prompt,model,takes
"A ceramic fox wakes on a windowsill, morning light",sora2-landscape-8s,2
Two paper boats race through a rainy gutter,sora2-landscape-8s,1
,sora2-landscape-4s,1
A kite over the harbour,sora2-landscape-99s,1
"""

PEOPLE = f"""
from generations.models import Job, Provider, Role, User
from generations.services.providers import add_provider
from generations.services.members import add_member
User.objects.update(name="Mara Lindqvist")
add_member("jonas@example.com", Role.MEMBER, {PASSWORD!r}, "Jonas Weber")
add_provider("Studio account", "openai_videos", "https://videos.example.com", "sk-nobody")
Provider.objects.filter(name="Studio account").update(
    enabled=True, paused_reason="It answered, but refused the key. Set the key again.")
"""
ASK = """
import json
from generations.models import Provider, User
from generations.services.compose import Ask, compose
mara, sandbox = User.objects.get(name="Mara Lindqvist"), Provider.objects.get(is_sandbox=True)
made = [compose(mara, Ask(prompt, sandbox.pk, model, "tour " + prompt[:40])) for model, prompt in {asked!r}]
print(json.dumps([str(each.job.key) for each in made]))
"""
TALK = """
from datetime import timedelta
from decimal import Decimal
from generations.models import Basis, Group, Job, Prompt, Provider, User, Verdict, VideoModel, Visibility, Webhook
from generations.services import budget_settings, ledger, price_rules, prompts, reviews
from generations.services.price_rules import Said
from generations.services.collections import make, put
from generations.services.notes import add_tag, comment, mark
from generations.services.hooks import save_hook
from generations.services.picks import pick
from generations.services.trash import trash
from generations.services.months import this_month, today
mara, jonas = User.objects.get(name="Mara Lindqvist"), User.objects.get(name="Jonas Weber")
job, gone = Job.objects.get(key={job!r}), Job.objects.get(key={gone!r})
mark(job, mara, True); add_tag(job, mara, "harbour film"); add_tag(job, jonas, "dusk")
comment(job, jonas, "The footprints come a moment too early for the cut.", 2.5)
comment(job, mara, "Good. Let us take this one.")
prompts.save(jonas, "Clay animals", "A {{animal}} of {{material=clay}} wakes on a windowsill", Visibility.TEAM)
prompts.name(job.prompt, mara, "Dunes"); add_tag(job.prompt, jonas, "desert")
prompts.rate(job.prompt, jonas, 4)
prompts.pin(job.prompt, mara, True); Prompt.objects.filter(pk=job.prompt_id).update(parent=gone.prompt)
trash(gone, mara)
pick(job, mara, True)
said = reviews.Said(Verdict.CHANGES, "The second lantern turns back too early; let it drift to the edge first.", 2.5)
reviews.review(Job.objects.get(key={other!r}), 0, mara, said)
film = make(mara, "Harbour film, spring", Visibility.TEAM); put(film, [job], mara)
make(mara, "Offcuts", Visibility.ME)
save_hook(Webhook(), {{"name": "Editing room", "url": "https://hooks.example.com/sora", "enabled": False}}, mara)
Provider.objects.filter(is_sandbox=True).update(in_flight=2)
team = budget_settings.save_group(Group(), "Film crew", [mara, jonas], mara)
budget_settings.add_budget({{}}, Decimal(600), False, mara)
budget_settings.add_budget({{"group_id": team.pk}}, Decimal(80), True, mara)
budget_settings.add_budget({{"member_id": jonas.pk}}, Decimal(20), True, mara)
budget_settings.set_rate("CNY", Decimal("0.14"), this_month(), mara)
clips = VideoModel.objects.filter(provider__name="Studio account").first()
price_rules.add_rule(clips, Said(Basis.SECOND, today(), "", Decimal("0.1"), "USD"), mara)
price_rules.add_rule(clips, Said(Basis.CLIP, today() + timedelta(days=9), "", Decimal("0.75"), "USD"), mara)
ledger.correct(mara, Decimal("44.60"), "bill of the house gateway", mara, month=this_month())
ledger.correct(jonas, Decimal("21.20"), "bill of the house gateway", mara, month=this_month())
"""


WAIT = """
import json
from decimal import Decimal
from generations.models import ApprovalRule, Group, Provider, Role, RoleDefault, User, VideoModel, Visibility
from generations.services import access_settings, rule_settings
from generations.services.compose import Ask, compose
mara, jonas = User.objects.get(name="Mara Lindqvist"), User.objects.get(name="Jonas Weber")
film, sandbox = Group.objects.get(name="Film crew"), Provider.objects.get(is_sandbox=True)
studio = Provider.objects.get(name="Studio account")
rule = dict.fromkeys(("group", "member", "provider", "model", "amount")) | {{"is_first": False, "words": ""}}
for said in ({{"words": "crown\\nbanana peel"}}, {{"group": film, "provider": studio, "amount": Decimal(5)}}):
    rule_settings.save_rule(ApprovalRule(), rule | said, mara)
access_settings.limit(studio, [film], [], mara)
access_settings.limit(VideoModel.objects.filter(provider=studio).first(), [], [jonas], mara)
access_settings.set_role(Role.MEMBER, 2, sandbox, None, False, mara)
team, me = Visibility.TEAM, Visibility.ME
made = [
    compose(jonas, Ask(text, sandbox.pk, {model!r}, "wait " + text[:40], visibility=seen)).job
    for text, seen in {texts!r}
]
print(json.dumps([str(job.key) for job in made]))
"""
WAITING = [
    ("A paper crown floats down a flooded street while the lamps go on one by one", "team"),
    ("A crown of frost grows over a sleeping city. " + "The camera climbs past window after window. " * 12, "me"),
]
SHARE = """
from datetime import timedelta
from django.utils import timezone
from generations.models import Job, User
from generations.services.shares import make_link
mara, job = User.objects.get(name="Mara Lindqvist"), Job.objects.get(key={job!r})
print(make_link(job, mara, timezone.now() + timedelta(days=7), with_prompt=True)[1])
"""
INVITE = """
from generations.models import Group, Role, User
from generations.services.invitations import invite
mara = User.objects.get(name="Mara Lindqvist")
invite("lena@example.com", Role.REVIEWER, Group.objects.first(), mara)
print(invite("sam@example.com", Role.MEMBER, None, mara)[1])
"""
CHOSEN = {
    "prompt": ("prompt", "pinned_at IS NOT NULL"),
    "template": ("prompt", "is_template"),
    "film": ("collection", "visibility = 'team'"),
    "offcuts": ("collection", "visibility = 'me'"),
}


@dataclass(frozen=True, slots=True)
class Stop:
    """One page of the tour. `do` brings it into the state worth seeing; `stranger` sees it signed out."""

    name: str
    path: str
    do: Callable[[Page], Any] = lambda page: None
    stranger: bool = False


def plant(on: Installation) -> Mapping[str, str]:
    """Fill a running portal with jobs of every kind; the keys by name. Takes as long as a few clips render."""
    on.python(PEOPLE)
    asked = _asked(on, [*CLIPS, *WRONG.values()])
    done, keys = asked[: len(CLIPS)], dict(zip(WRONG, asked[len(CLIPS) :], strict=True))
    ended = {"done", "failed", "unknown"}
    wait_for(lambda: all(on.state_of(key) in ended for key in [*done, *keys.values()][:-1]), "the clips", 120)
    wait_for(lambda: on.rows("SELECT 1 FROM generations_output WHERE trouble <> ''"), "a file that is none")
    on.python(TALK.format(job=done[0], other=done[1], gone=done[2]))
    waiting = json.loads(on.python(WAIT.format(model=LAND, texts=WAITING)).splitlines()[-1])
    live = _asked(on, LIVE)
    wait_for(lambda: on.state_of(live[0]) == "running", "a clip in the making")
    token = on.python(SHARE.format(job=done[0])).splitlines()[-1]
    invited = on.python(INVITE).splitlines()[-1]
    tables = ("webhook", "videomodel", "budget", "group", "user", "pricerule", "approvalrule")
    ids = {table: on.rows(f"SELECT max(id) FROM generations_{table}")[0][0] for table in tables}
    provider = on.rows("SELECT id FROM generations_provider WHERE name = 'Studio account'")[0][0]
    named = {"done": done[0], "other": done[1], "running": live[0], "queued": live[2], "waiting": waiting[0]}
    ids["priced"] = on.rows("SELECT model_id FROM generations_pricerule LIMIT 1")[0][0]
    for name, (table, which) in CHOSEN.items():
        ids[name] = on.rows(f"SELECT id FROM generations_{table} WHERE {which}")[0][0]
    return keys | ids | named | {"token": token, "provider": str(provider), "invited": invited}


def _asked(on: Installation, asked: list[tuple[str, str]]) -> list[str]:
    return list(json.loads(on.python(ASK.format(asked=asked)).splitlines()[-1]))


def tour(at: Mapping[str, str]) -> list[Stop]:
    """All pages, with what `plant` named."""
    jobs = [Stop(f"job-{name}", f"/jobs/{at[name]}/") for name in ("done", *WRONG, "running", "queued", "waiting")]
    return [
        Stop("create", "/", lambda page: page.get_by_label("Prompt", exact=True).fill(DRAFT)),
        Stop("batch", "/create/batch/"),
        Stop("batch-preview", "/create/batch/", _preview),
        *jobs,
        Stop("job-reviewed", f"/jobs/{at['other']}/"),
        Stop("job-menu", f"/jobs/{at['done']}/", lambda page: page.get_by_role("button", name="More actions").click()),
        Stop("job-share", f"/jobs/{at['done']}/share/"),
        Stop("compare", f"/compare/?job={at['done']}&job={at['other']}"),
        Stop("compare-nothing", "/compare/"),
        Stop("library", "/library/"),
        Stop("library-chosen", "/library/", lambda page: page.locator(".select").first.check()),
        Stop("library-list", "/library/?view=list"),
        Stop("library-list-chosen", "/library/?view=list", lambda page: page.locator(".select").first.check()),
        Stop("library-collection", f"/library/?collection={at['film']}"),
        Stop("library-filters", "/library/?orientation=landscape&seconds=4"),
        Stop("library-reviewed", "/library/?verdict=changes"),
        Stop("library-nothing-found", "/library/?q=seahorse&state=cancelled"),
        Stop("collections", "/collections/"),
        Stop("collection", f"/collections/{at['film']}/"),
        Stop("collection-chosen", f"/collections/{at['film']}/", _into_a_new_one),
        Stop("collection-empty", f"/collections/{at['offcuts']}/"),
        Stop("prompts", "/prompts/"),
        Stop("prompts-import", "/prompts/import/"),
        Stop("prompts-nothing-found", "/prompts/?q=nowhere"),
        Stop("prompt", f"/prompts/{at['prompt']}/"),
        Stop("prompt-erase", f"/prompts/{at['prompt']}/erase/"),
        Stop("prompt-template", f"/prompts/{at['template']}/"),
        Stop("prompt-fill", f"/prompts/{at['template']}/fill/"),
        Stop("prompt-new", "/prompts/new/"),
        Stop("queue", "/queue/"),
        Stop("queue-by-member", "/queue/?by=member"),
        Stop("tray", "/prompts/", _tray),
        Stop("keys", "/library/", lambda page: page.keyboard.press("?")),
        Stop("trash", "/library/trash/"),
        Stop("notifications", "/account/notifications/"),
        Stop("staff-jobs", "/staff/jobs/"),
        Stop("staff-clips", "/staff/clips/"),
        Stop("staff-clips-through", "/staff/clips/?after=0_00000000-0000-4000-8000-000000000000"),
        Stop("staff-jobs-drawer", "/staff/jobs/", _drawer),
        Stop("staff-jobs-filters", "/staff/jobs/?state=failed&state=done&sort=dearest"),
        Stop("staff-jobs-queue", "/staff/jobs/?queue=failed"),
        Stop("staff-jobs-nothing", "/staff/jobs/?q=seahorse"),
        Stop("staff-jobs-confirm", "/staff/jobs/", _send_again),
        Stop("staff-job", f"/staff/jobs/{at['unknown']}/"),
        Stop("staff-job-waiting", f"/staff/jobs/{at['waiting']}/"),
        Stop("staff-reconcile", "/staff/reconcile/"),
        Stop("staff-archive", "/staff/archive/"),
        Stop("staff-providers", "/staff/providers/"),
        Stop("staff-provider", f"/staff/providers/{at['provider']}/"),
        Stop("staff-provider-add", "/staff/providers/add/"),
        Stop("staff-provider-model", f"/staff/models/{at['videomodel']}/"),
        Stop("staff-provider-model-add", f"/staff/providers/{at['provider']}/models/add/"),
        Stop("usage", "/usage/"),
        Stop("staff-usage", "/staff/usage/", lambda page: page.locator("summary", has_text="The numbers").click()),
        Stop("staff-usage-by-model", "/staff/usage/?by=model"),
        Stop("staff-usage-nothing", "/staff/usage/?since=2020-01-01&until=2020-01-31"),
        Stop("staff-prices", "/staff/prices/"),
        Stop("staff-model-prices", f"/staff/models/{at['priced']}/prices/"),
        Stop("staff-price-rule", f"/staff/price-rules/{at['pricerule']}/"),
        Stop("staff-ledger", "/staff/ledger/"),
        Stop("staff-ledger-correct", "/staff/ledger/correct/"),
        Stop("staff-job-ledger", f"/staff/jobs/{at['unknown']}/ledger/"),
        Stop("staff-approvals", "/staff/approvals/"),
        Stop("staff-approvals-chosen", "/staff/approvals/", lambda page: page.locator(".select").first.check()),
        Stop("staff-approvals-confirm", "/staff/approvals/", _confirm),
        Stop("staff-approval-rules", "/staff/approvals/rules/"),
        Stop("staff-approval-rule", f"/staff/approvals/rules/{at['approvalrule']}/"),
        Stop("staff-approval-rule-add", "/staff/approvals/rules/add/"),
        Stop("staff-permissions", "/staff/permissions/"),
        Stop("staff-permission-provider", f"/staff/permissions/providers/{at['provider']}/"),
        Stop("staff-permission-model", f"/staff/permissions/models/{at['videomodel']}/"),
        Stop("staff-permission-role", "/staff/permissions/roles/member/"),
        Stop("staff-budgets", "/staff/budgets/"),
        Stop("staff-budget", f"/staff/budgets/{at['budget']}/"),
        Stop("staff-budget-add", "/staff/budgets/add/"),
        Stop("staff-group", f"/staff/groups/{at['group']}/"),
        Stop("staff-people", "/staff/people/"),
        Stop("staff-people-nobody", "/staff/people/?q=nobody"),
        Stop("staff-person", f"/staff/people/{at['user']}/"),
        Stop("staff-invite", "/staff/people/invite/"),
        Stop("staff-audit", "/staff/audit/"),
        Stop("staff-audit-nothing", "/staff/audit/?object=nowhere"),
        Stop("staff-settings", "/staff/settings/"),
        Stop("staff-webhooks", "/staff/webhooks/"),
        Stop("staff-webhook", f"/staff/webhooks/{at['webhook']}/"),
        Stop("staff-webhook-add", "/staff/webhooks/add/"),
        Stop("not-found", "/jobs/00000000-0000-4000-8000-000000000000/"),
        Stop("shared", f"/s/{at['token']}/", stranger=True),
        Stop("shared-gone", "/s/nonsense/", stranger=True),
        Stop("invitation", f"/invitation/{at['invited']}/", stranger=True),
        Stop("invitation-gone", "/invitation/nonsense/", stranger=True),
        Stop("sign-in", "/accounts/login/", stranger=True),
        Stop("password-forgotten", "/accounts/password/reset/", stranger=True),
    ]


def _confirm(page: Page) -> None:
    page.locator(".select").first.check()
    page.get_by_role("button", name="Approve…").click()
    page.get_by_role("heading", name="Approve these?").wait_for()


def _drawer(page: Page) -> None:
    """Beside the table; where there is no room for it, a page of its own."""
    page.locator("[data-drawer]").nth(1).click()
    page.locator("#sheet-h").wait_for()


def _send_again(page: Page) -> None:
    for box in page.locator(".select").all()[:8]:
        box.check()
    page.get_by_role("button", name="Send again…").click()
    page.get_by_role("heading", name="Send these again?").wait_for()


def _tray(page: Page) -> None:
    page.locator("#tray-pill").click()
    page.locator(".tray-list").wait_for()


def _into_a_new_one(page: Page) -> None:
    page.locator(".select").first.check()
    page.get_by_label("Collection", exact=True).select_option("new")


def _preview(page: Page) -> None:
    page.get_by_label("Or its text").fill(TABLE)
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("table").wait_for()
