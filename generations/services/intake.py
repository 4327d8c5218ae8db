"""Prompts from a file: read, every row judged, and written only when somebody has seen that. Nothing is spent by it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from generations.models import TAG_LIMIT, TITLE_LIMIT, Prompt, User, Visibility, folded
from generations.models.prompt import text_hash
from generations.services import prompts
from generations.services.batch.rows import SEEN_BY, SURPLUS
from generations.services.batch.table import NotReadable, records, tidied
from generations.services.cells import plain
from generations.services.compose import PROMPT_LIMIT
from generations.services.export import PROMPT_COLUMNS
from generations.services.notes import TAGS_MOST, add_tag
from generations.services.wording import too_long

ROWS_MOST = 1000
REQUIRED = "text"
KEPT = ("text", "title", "tags", "visibility")
"""What of a row becomes a prompt. `_draft` reads it and `save` writes it; a new column belongs into these three."""
KNOWN = (*KEPT, *(name for name in PROMPT_COLUMNS if name not in KEPT))
"""What a file may hold: an export's own numbers are passed over."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A row of the file as a prompt. `problem` is what is wrong with it and the cure; `same` that there is one already.

    `where` is the line of a CSV file or the place in a JSON array.
    """

    where: int
    text: str
    visibility: Visibility = Visibility.TEAM
    title: str = ""
    tags: tuple[str, ...] = ()
    problem: str = ""
    same: str = ""

    @property
    def is_new(self) -> bool:
        return not self.problem and not self.same

    @property
    def hash(self) -> str:
        return text_hash(self.text)


@dataclass(frozen=True, slots=True)
class Intake:
    """Every row of a file, in its order. `digest` names what was shown."""

    drafts: Sequence[Draft]
    digest: str

    @property
    def new(self) -> list[Draft]:
        return [draft for draft in self.drafts if draft.is_new]

    @property
    def bad(self) -> list[Draft]:
        return [draft for draft in self.drafts if draft.problem]

    @property
    def known(self) -> list[Draft]:
        return [draft for draft in self.drafts if draft.same]


def plan(author: User, text: str, default: Visibility = Visibility.TEAM) -> Intake:
    """What a CSV or JSON file would bring. Writes nothing. Raises NotReadable for a file that is no good as a whole."""
    text = tidied(text)
    rows = list(_json_rows(text) if text.lstrip().startswith(("[", "{")) else _csv_rows(text))
    drafts = _judged(author, [_draft(where, cells, default) for where, cells in rows])
    told = json.dumps([astuple(draft) for draft in drafts])
    return Intake(drafts, hashlib.sha256(told.encode()).hexdigest())


def save(author: User, drafts: Collection[Draft]) -> int:
    """Keep the new ones; how many that were. A text that came meanwhile from elsewhere is not kept twice."""
    made = 0
    with transaction.atomic():
        for draft in drafts:
            owner = author if draft.visibility == Visibility.ME else None
            if not Prompt.objects.filter(text_hash=draft.hash, owner=owner).exists():
                made += 1
                _keep(author, draft)
    return made


def _keep(author: User, draft: Draft) -> None:
    prompt = prompts.save(author, draft.title, draft.text, draft.visibility)
    for tag in draft.tags:
        add_tag(prompt, author, tag)


def _csv_rows(text: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    for record in records(text, KNOWN, REQUIRED, ROWS_MOST):
        surplus = {"surplus": "1"} if record.surplus else {}
        yield record.line, {name: plain(cell) for name, cell in record.cells.items()} | surplus


def _json_rows(text: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotReadable(_("This is no JSON that can be read. An export of prompts shows how it looks.")) from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise NotReadable(_("This JSON is no list of prompts, such as [{example}].").format(example='{"text": "…"}'))
    if not rows:
        raise NotReadable(_("There is no prompt in it."))
    if len(rows) > ROWS_MOST:
        raise NotReadable(_("There are more than {most} rows. Split the file.").format(most=ROWS_MOST))
    for where, row in enumerate(rows, 1):
        yield where, {name: _word(value) for name, value in row.items()}


def _word(value: Any) -> str:
    """A text as it is; half a character, which JSON can hold, as a question mark. Anything else is no text: empty."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _draft(where: int, cells: Mapping[str, str], default: Visibility) -> Draft:
    text = cells.get("text", "").replace("\r\n", "\n").replace("\x00", "").strip()
    seen = cells.get("visibility", "").strip().casefold()
    title, tags = " ".join(cells.get("title", "").split()), tuple(_tags(cells.get("tags", "")))
    draft = Draft(where, text, SEEN_BY.get(seen) or default, title, tags)
    if cells.get("surplus"):
        return replace(draft, problem=_(SURPLUS))
    if not text:
        return replace(draft, problem=_("There is no text. Write one, or delete the row."))
    if problem := _too_much(text, title, tags):
        return replace(draft, problem=problem)
    if seen not in SEEN_BY:
        return replace(draft, problem=_("“{typed}” is not known. Write team or me.").format(typed=seen[:20]))
    return draft


def _tags(cell: str) -> Iterator[str]:
    """Divided by commas, each once, as they are kept."""
    yield from dict.fromkeys(filter(None, (folded(tag.replace("\x00", "")) for tag in cell.split(","))))


def _too_much(text: str, title: str, tags: Sequence[str]) -> str:
    limits = [(text, PROMPT_LIMIT), (title, TITLE_LIMIT), *((tag, TAG_LIMIT) for tag in tags)]
    if said := next((too_long(words, limit) for words, limit in limits if len(words) > limit), ""):
        return said
    return _("{most} tags are enough.").format(most=TAGS_MOST) if len(tags) > TAGS_MOST else ""


def _judged(author: User, drafts: Sequence[Draft]) -> list[Draft]:
    """The drafts, with those marked whose text is here already or stands further up."""
    here = _already_here(author, drafts)
    first: dict[tuple[str, Visibility], int] = {}
    judged = []
    for draft in drafts:
        key, same = (draft.hash, draft.visibility), ""
        if draft.problem:
            pass
        elif key in here:
            same = _("exists already")
        elif (above := first.setdefault(key, draft.where)) != draft.where:
            same = _("the same as line {where}").format(where=above)
        judged.append(replace(draft, same=same))
    return judged


def _already_here(author: User, drafts: Sequence[Draft]) -> set[tuple[str, Visibility]]:
    found = Prompt.objects.visible_to(author).filter(text_hash__in={draft.hash for draft in drafts})
    kinds = found.values_list("text_hash", "owner")
    return {(text, Visibility.ME if owner else Visibility.TEAM) for text, owner in kinds}
