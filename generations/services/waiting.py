"""What awaits approval, with all that whoever decides wants to know: price, reasons, and what budgets leave."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from generations.models import Group, Job, State, User
from generations.models.job import JobQuerySet
from generations.services.approvals import decides_alone
from generations.services.budgets import Line, all_lines
from generations.services.months import this_month

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Ask:
    """A job that waits. `line` is the tightest of its author's budgets, `is_mine` where somebody else must decide."""

    job: Job
    line: Line | None
    is_over: bool
    is_mine: bool


@dataclass(frozen=True, slots=True)
class Sum:
    """What so many jobs come to in the portal's currency; of `unknown` ones nobody knows."""

    clips: int
    amount: Decimal
    unknown: int


def to_decide(user: User) -> JobQuerySet:
    rows = Job.objects.to_judge(user)
    return rows.select_related("author", "prompt", "provider", "approval", "reference")


def count_to_approve() -> int:
    return Job.objects.filter(state=State.AWAITING_APPROVAL).count()


def asks(jobs: Sequence[Job], user: User) -> list[Ask]:
    """With what each author's budgets leave: a handful of queries for any number of jobs."""
    lines = all_lines(this_month()) if jobs else []
    groups = _groups_of({job.author_id for job in jobs}) if lines else {}
    mine = any(job.author_id == user.pk for job in jobs) and not decides_alone(user)
    return [_ask(job, _binding(lines, job, groups), mine and job.author_id == user.pk) for job in jobs]


def sum_of(jobs: Sequence[Job]) -> Sum:
    known = [job.estimate for job in jobs if job.estimate is not None]
    return Sum(len(jobs), sum(known, ZERO), len(jobs) - len(known))


def _ask(job: Job, lines: list[Line], is_mine: bool) -> Ask:
    is_over = any(line.refuses(job.estimate) for line in lines)
    return Ask(job, min(lines, key=lambda line: line.left, default=None), is_over, is_mine)


def _binding(lines: Sequence[Line], job: Job, groups: dict[int, set[int]]) -> list[Line]:
    """The budgets over this job's author."""
    return [
        line
        for line in lines
        if (line.budget.member_id in (None, job.author_id))
        and (line.budget.group_id is None or line.budget.group_id in groups[job.author_id])
    ]


def _groups_of(authors: set[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for user, group in Group.members.through.objects.filter(user__in=authors).values_list("user", "group"):
        found[user].add(group)
    return found
