"""Where a job comes from: checked when it is asked for, frozen when it is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from generations.contract import Combination
from generations.models import Derived, Job, User
from generations.services.remix import Source, source_of

if TYPE_CHECKING:
    from generations.services.compose import Ask

GONE = _("The clip that this one was made from is not there any more. Open the composer anew.")
KEEPS = _("{provider} remixes a clip as it is. Keep its settings, or start from one of its frames instead.")


@dataclass(frozen=True, slots=True)
class Descent:
    """A parent, and the clip at the provider that is remixed, if one is."""

    parent: Job
    kind: Derived
    source: Source | None

    @property
    def columns(self) -> dict[str, Any]:
        """What the new job keeps of it."""
        remix_of, origin = self.source or ("", "")
        kept = {"remix_of": remix_of, "remix_origin": origin}
        return {"derived_from": self.parent, "derived_as": self.kind} | kept


def objection(author: User, ask: Ask, combination: Combination) -> tuple[str, str] | None:
    """The control that is in the way and the cure, or None."""
    if ask.derived_from is None:
        return None
    found = _descent(author, ask, combination)
    if found is None:
        return "lineage", str(GONE)
    if found.kind == Derived.REMIX and found.source is None and not ask.reference and source_of(found.parent):
        return "model", KEEPS.format(provider=found.parent.provider_name)
    return None


def columns(author: User, ask: Ask, combination: Combination) -> dict[str, Any]:
    """The new job's columns that tell where it comes from; none when it comes from nowhere."""
    found = _descent(author, ask, combination)
    return found.columns if found else {}


def _descent(author: User, ask: Ask, combination: Combination) -> Descent | None:
    if ask.derived_from is None:
        return None
    jobs = Job.objects.visible_to(author).select_related("provider")
    parent = jobs.filter(key=ask.derived_from).first()
    if parent is None:
        return None
    kind = Derived(ask.derived_as or Derived.EDIT)
    return Descent(parent, kind, _source(parent, kind) if _same(parent, ask, combination) else None)


def _source(parent: Job, kind: Derived) -> Source | None:
    """A remix is made of its parent; another try at a remix is made of the same clip as the first."""
    if kind == Derived.REMIX:
        return source_of(parent)
    return Source(parent.remix_of, parent.remix_origin) if parent.remix_of else None


def _same(parent: Job, ask: Ask, combination: Combination) -> bool:
    """A provider's remix changes the text only."""
    now = (ask.provider, ask.model, combination.aspect_ratio, combination.seconds, combination.quality)
    then = (parent.provider_id, parent.model, parent.aspect_ratio, parent.seconds, parent.quality)
    return now == then and not ask.reference
