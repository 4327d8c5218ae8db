"""What a prompt was forked or edited from, and what came of it, in three queries."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from generations.models import Prompt, User
from generations.services.differences import Part, differences

UP_MOST = 12
CHILDREN_MOST = 30
# The line upwards, without the prompt itself. A bound on its length, whatever the rows say.
LINE = """
WITH RECURSIVE line(id, above, step) AS (
    SELECT id, parent_id, 0 FROM generations_prompt WHERE id = %s
    UNION ALL
    SELECT p.id, p.parent_id, line.step + 1 FROM generations_prompt p JOIN line ON p.id = line.above
    WHERE line.step < %s
)
SELECT id FROM line WHERE step > 0 ORDER BY step DESC
"""


@dataclass(frozen=True, slots=True)
class Kin:
    """`above` from the farthest, None where the reader may not see one; `below` are those made from it, latest first.

    `changes` is what became different from the parent; None without one, or where a text is not to be seen.
    """

    above: list[Prompt | None]
    below: list[Prompt]
    changes: list[Part] | None


def kin(prompt: Prompt, user: User) -> Kin:
    """The prompts around this one that the user may see."""
    line = _line(prompt)
    rows = Prompt.objects.select_related("author").in_bulk(line)
    above = [rows[pk] if rows[pk].is_visible_to(user) else None for pk in line if pk in rows]
    below = Prompt.objects.visible_to(user).listed().filter(parent=prompt).select_related("author").order_by("-pk")
    return Kin(above, list(below[:CHILDREN_MOST]), _changes(above[-1] if above else None, prompt))


def _changes(parent: Prompt | None, prompt: Prompt) -> list[Part] | None:
    if parent is None or parent.erased_at or prompt.erased_at:
        return None
    return differences(parent.text, prompt.text)


def _line(prompt: Prompt) -> list[int]:
    if prompt.parent_id is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(LINE, [prompt.pk, UP_MOST])
        return [pk for (pk,) in cursor.fetchall()]
