"""What one person may do with one job now, and what it would cost: the row of buttons and the menu."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext, gettext_noop

from generations.contract import Offer, OfferedModel, OfferedProvider
from generations.models import FINAL, Charged, Derived, Job, State, User
from generations.services.again import Offered, offered
from generations.services.offer import offer_for
from generations.services.price import Price
from generations.services.remix import source_of
from generations.services.trash import may_play
from generations.services.wording import worded

OTHERS = 4
NOT_MADE = FINAL - {State.DONE} | {State.UNKNOWN}
WARNINGS = {
    Charged.YES: gettext_noop("This one was charged. Another try costs again."),
    Charged.UNKNOWN: gettext_noop("This one may have been charged. Another try may cost again."),
}


@dataclass(frozen=True, slots=True)
class Actions:
    """`again` is None when exactly this cannot be asked for any more; `others` are providers to try it at.

    `remixes`: its provider makes a new clip from this one. `from_frame`: one of its frames can start a new one.
    """

    again: Offered | None
    kind: Derived
    warns: str
    others: tuple[OfferedProvider, ...]
    remixes: bool
    from_frame: bool

    @property
    def price(self) -> Price | None:
        return self.again.price if self.again else None

    @property
    def retries(self) -> bool:
        """True where the way on is to send the same again, which its page then offers in the open."""
        return self.again is not None and self.kind == Derived.RETRY


def actions(job: Job, user: User) -> Actions | None:
    """None for those who make no clips."""
    if not user.can_create:
        return None
    offer = offer_for(user)
    playable = job.clip is not None and may_play(job, user)
    return Actions(
        again=None if job.prompt.erased_at else offered(offer, job),
        kind=Derived.RETRY if job.state in NOT_MADE else Derived.TAKE,
        warns=_warning(job),
        others=tuple(p for p in offer.providers if p.pk != job.provider_id)[:OTHERS],
        remixes=playable and source_of(job) is not None,
        from_frame=playable and taking_frames(offer, job) is not None,
    )


def _warning(job: Job) -> str:
    """What another try does to the bill where this one came to nothing, as far as anybody knows."""
    if job.state not in NOT_MADE:
        return ""
    if job.state == State.UNKNOWN:
        return gettext("It may have been made and charged. Another try may cost again.")
    return worded(WARNINGS.get(getattr(job, "charged", None) or Charged.NO, ""))


def taking_frames(offer: Offer, job: Job) -> tuple[OfferedProvider, OfferedModel] | None:
    """Where a clip can start from a picture of ours: the job's own model, its provider, else the first that does."""
    pairs = [(p, m) for p in offer.providers if not p.by_address for m in p.models if m.references]
    return min(pairs, key=lambda pair: _distance(pair[0], pair[1], job), default=None)


def _distance(provider: OfferedProvider, model: OfferedModel, job: Job) -> tuple[bool, bool, bool]:
    sandbox = provider.is_sandbox and provider.pk != job.provider_id
    return provider.pk != job.provider_id, model.slug != job.model, sandbox
