"""Deciding about jobs that await approval. Whoever is first wins; what was not shown is never approved.

A decision is about a job as it was seen, by its revision. Its request is compared with what was asked, and its price
with today's: a dearer one is written down and asked again, never spent.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from generations.contract import Cause
from generations.models import Approval, Job, Role, State, User
from generations.services import budgets
from generations.services.advance import advance
from generations.services.afterwards import afterwards
from generations.services.again import offered
from generations.services.approval_ask import digest
from generations.services.audit import job_subject, note
from generations.services.cost import Cost, cost_of
from generations.services.kick import kick_engine
from generations.services.offer import current_offer, offer_for
from generations.services.wording import in_english

APPROVED = gettext_noop("Approved by {name}.")
APPROVED_WITH = gettext_noop("Approved by {name}: {note}")
NOT_APPROVED = gettext_noop("Not approved by {name}: {note}")
EXPIRED = gettext_noop("Nobody decided in time.")
ROSE = gettext_noop("Its price rose after it was approved, from {old} to {new}. It was not sent.")
CHANGED = gettext_noop("It is not what was approved any more. It was not sent.")
NOTE_LIMIT = 300


class NotDecided(Exception):
    """Nothing was decided; str() says why to whoever clicked, and what to do."""


def may_decide(job: Job, user: User) -> bool:
    """Reviewers and admins; about his own job nobody, unless he is the only admin there is."""
    if not user.is_reviewer:
        return False
    return job.author_id != user.pk or decides_alone(user)


def decides_alone(user: User) -> bool:
    """The only admin has nobody to ask: he decides about his own, too."""
    return user.is_admin and not User.objects.filter(role=Role.ADMIN, is_active=True).exclude(pk=user.pk).exists()


def approve(job: Job, rev: int, actor: User, remark: str = "") -> None:
    """Let it into the queue and reserve its price, as of today. Raises NotDecided, OverBudget: then it waits on."""
    with transaction.atomic():
        held = _held(job, rev, actor)
        now = _cost_today(held)
        before = cost_of(held)
        rose = now.is_over(before)
        _write(held, now, again=rose)
        if not rose:
            budgets.check(held.author, held.estimate)
            reason = (APPROVED_WITH if remark else APPROVED).format(name=actor, note=remark)
            _decide(held, State.QUEUED, actor, gettext_noop("job approved"), reason)
            afterwards(kick_engine)
    if rose:
        said = _("It costs {now} now, not {before}. Look at it again: it can be approved at the new price.")
        new, old = now.beside(before)
        raise NotDecided(said.format(now=new, before=old))


def reject(job: Job, rev: int, actor: User, remark: str) -> None:
    """Never sent, never charged; its author reads why. Raises NotDecided."""
    with transaction.atomic():
        held = _held(job, rev, actor)
        reason = NOT_APPROVED.format(name=actor, note=remark)
        _decide(held, State.REJECTED, actor, gettext_noop("job rejected"), reason)


def expire_stale() -> None:
    """Whatever nobody decided about in time is not approved. Any number of times, by anybody."""
    late = Job.objects.filter(state=State.AWAITING_APPROVAL, approval__expires_at__lte=timezone.now())
    for job in late:
        with transaction.atomic():
            if advance(job, State.REJECTED, reason=EXPIRED, cause=Cause.LATE):
                Approval.objects.filter(job=job).update(decided_at=timezone.now())


def lapsed(job: Job) -> str:
    """Why an approved job may not be sent as it is, for its author; "" when it may. Jobs that needed nobody may."""
    if job.asked is None:
        return ""
    if job.asked.request != digest(job) or job.asked.estimate != job.estimate:
        return CHANGED
    today = offered(current_offer(), job)
    if today is None:  # its price is what it was, as far as anybody knows
        return ""
    now, then = today.cost, cost_of(job)
    new, old = now.beside(then)
    return ROSE.format(old=old, new=new) if now.is_over(then) else ""


def _held(job: Job, rev: int, actor: User) -> Job:
    """The job, held, if it is still what was seen and this person may decide about it."""
    rows = Job.objects.select_for_update(of=("self",), no_key=True)
    held = rows.select_related("author", "prompt", "provider", "approval").get(pk=job.pk)
    if held.state != State.AWAITING_APPROVAL or held.asked is None:
        raise NotDecided(_stale(held))
    if held.rev != rev or held.asked.request != digest(held):
        raise NotDecided(_("It changed since you saw it. Look at it again, then decide."))
    if held.asked.expires_at <= timezone.now():
        raise NotDecided(_("Nobody decided in time: it is not approved. Its author can ask again."))
    if not may_decide(held, actor):
        raise NotDecided(_("It is your own: somebody else decides about it."))
    return held


def _stale(job: Job) -> str:
    said = _("Nothing was done: it does not await approval any more, but is “{state}”.")
    return said.format(state=State(job.state).label)


def _cost_today(job: Job) -> Cost:
    """What exactly this costs its author now. Raises NotDecided where he cannot have it."""
    if not (job.author.is_active and job.author.can_create):
        raise NotDecided(_("{name} makes no clips any more. Reject it.").format(name=job.author))
    today = offered(offer_for(job.author), job)
    if today is None:
        said = _("{provider} does not offer exactly this to {name} now. Reject it, or wait until it is offered again.")
        raise NotDecided(said.format(provider=job.provider_name, name=job.author))
    return today.cost


def _write(job: Job, now: Cost, again: bool) -> None:
    """Freeze what it costs today. Where it is asked `again`, what others still see of it is stale from here on."""
    if now.columns == cost_of(job).columns:
        return
    Job.objects.filter(pk=job.pk).update(**now.columns, **({"rev": F("rev") + 1} if again else {}))
    Approval.objects.filter(job=job).update(estimate=now.estimate)
    for column, value in now.columns.items():
        setattr(job, column, value)


def _decide(job: Job, to: State, actor: User, action: str, reason: str) -> None:
    if not advance(job, to, reason=reason, actor=actor):
        raise NotDecided(_stale(Job.objects.get(pk=job.pk)))
    Approval.objects.filter(job=job).update(decided_at=timezone.now(), decided_by=actor)
    states = in_english(State.AWAITING_APPROVAL.label), in_english(to.label)
    note(actor, action, job_subject(job), {"state": states, "note": ("", reason)})
