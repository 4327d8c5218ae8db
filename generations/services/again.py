"""Asking once more for exactly what a job asked for."""

from __future__ import annotations

from dataclasses import dataclass

from generations.contract import Combination, Offer, OfferedModel, OfferedProvider
from generations.models import Derived, Fit, Job, User, Visibility
from generations.services.compose import Ask, Asked, NotPossible, check, compose
from generations.services.cost import Cost, cost_now
from generations.services.offer import offer_for
from generations.services.price import Price, price_of

CHANGED = "What {} offers as {} has changed since. Look at the settings in the composer, then send it from there."


@dataclass(frozen=True, slots=True)
class Offered:
    """A job's own choices, as they are on offer now."""

    provider: OfferedProvider
    model: OfferedModel
    combination: Combination

    @property
    def price(self) -> Price | None:
        return price_of(self.provider, self.model, self.combination)

    @property
    def cost(self) -> Cost:
        return cost_now(self.provider, self.model, self.combination)


def offered(offer: Offer, job: Job) -> Offered | None:
    """Exactly what the job asked for, while that can be had: same pixels, same options; else None."""
    provider = next((p for p in offer.providers if p.pk == job.provider_id), None)
    model = next((m for m in provider.models if m.slug == job.model), None) if provider else None
    if provider is None or model is None or not _has_options(model, job):
        return None
    asked = (job.aspect_ratio, job.seconds, job.quality, job.width, job.height)
    same = (c for c in model.combinations if (c.aspect_ratio, c.seconds, c.quality, c.width, c.height) == asked)
    combination = next(same, None)
    return Offered(provider, model, combination) if combination else None


def again(author: User, job: Job, kind: Derived, compose_token: str) -> Asked:
    """A new job with the frozen request of this one; the same key answers the same job. Raises NotPossible."""
    ask = Ask(
        text=job.prompt.text, provider=job.provider_id or 0, model=job.model, compose_token=compose_token,
        aspect_ratio=job.aspect_ratio, seconds=job.seconds, quality=job.quality,
        visibility=Visibility(job.visibility), options=job.options,
        reference=job.reference.key if job.reference else None, reference_fit=Fit(job.reference_fit or Fit.CROP),
        derived_from=job.key, derived_as=kind,
    )  # fmt: skip
    if not Job.objects.filter(author=author, compose_token=compose_token).exists():
        offer = offer_for(author)
        check(author, offer, ask)
        if offered(offer, job) is None:
            raise NotPossible("model", CHANGED.format(job.provider_name, job.model))
    return compose(author, ask)


def _has_options(model: OfferedModel, job: Job) -> bool:
    """The same options with values that are still there: one more or less would be another request."""
    known = {option.name: {value.value for value in option.values} for option in model.options}
    return known.keys() == job.options.keys() and all(value in known[name] for name, value in job.options.items())
