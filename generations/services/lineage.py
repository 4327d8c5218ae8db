"""Where a clip comes from and what came of it: ancestors, siblings, children, in at most three queries."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import connection
from django.db.models import QuerySet

from generations.models import Job, User

UP_MOST = 12
NODES_MOST = 30
# The line upwards, the job itself first. A bound on its length, so that no loop in the rows can run for ever.
LINE = """
WITH RECURSIVE line(id, above, step) AS (
    SELECT id, derived_from_id, 0 FROM generations_job WHERE id = %s
    UNION ALL
    SELECT j.id, j.derived_from_id, line.step + 1 FROM generations_job j JOIN line ON j.id = line.above
    WHERE line.step < %s
)
SELECT id FROM line ORDER BY step
"""


@dataclass(slots=True)
class Tree:
    """One clip and those made from it. `is_open`: this reader may see it; else nothing of it is shown."""

    job: Job
    is_here: bool
    is_open: bool
    children: list[Tree] = field(default_factory=list)

    @property
    def goes_on_above(self) -> bool:
        """True where the line is longer than what is shown."""
        return self.job.derived_from_id is not None


def family(job: Job, user: User) -> Tree | None:
    """The tree from the farthest ancestor shown; None when the job stands alone."""
    line = _line(job)
    rows = {row.pk: row for row in _cards(Job.objects.all()).filter(pk__in=line)} | {job.pk: job}
    # Who made something of it in private is nobody's business; an ancestor keeps its place in the line, unnamed.
    seen = _cards(Job.objects.visible_to(user))
    near = seen.filter(derived_from__in=line[:2]).exclude(pk__in=line).order_by("-pk")[: NODES_MOST - len(line)]
    rows |= {row.pk: row for row in near}
    if len(rows) == 1 and job.derived_from_id is None:
        return None
    trees = {pk: Tree(row, pk == job.pk, row.is_visible_to(user)) for pk, row in sorted(rows.items())}
    for tree in trees.values():
        if tree.job.derived_from_id in trees:
            trees[tree.job.derived_from_id].children.append(tree)
    return trees[line[-1]]


def _line(job: Job) -> list[int]:
    if job.derived_from_id is None:
        return [job.pk]
    with connection.cursor() as cursor:
        cursor.execute(LINE, [job.pk, UP_MOST])
        return [pk for (pk,) in cursor.fetchall()]


def _cards(jobs: QuerySet[Job]) -> QuerySet[Job]:
    return jobs.select_related("author", "prompt", "cover")
