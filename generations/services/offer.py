"""What can be chosen now, in the reader's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db.models import Prefetch, QuerySet

from generations.catalogue import options_of
from generations.contract import Delivery, Offer, OfferedModel, OfferedProvider
from generations.dialects import DIALECTS
from generations.models import Provider, RoleDefault, User, VideoModel
from generations.services.delivery import unavailable
from generations.services.months import today
from generations.services.price_rules import OfModel, Rules, in_force, priced
from generations.services.wording import option_in_words, worded

_held: ContextVar[tuple[int, Offer] | None] = ContextVar("held offer", default=None)


@contextmanager
def one_offer(user: User) -> Iterator[Offer]:
    """Within, this user's offer is read once: asks that belong together are judged by the same, and quickly."""
    offer = offer_for(user)
    before = _held.set((user.pk, offer))
    try:
        yield offer
    finally:
        _held.reset(before)


def offer_for(user: User) -> Offer:
    """Every enabled provider with its enabled models and their legal combinations, as far as this user may use them.

    Real ones come before the sandbox. This is where it is decided who may use what: whatever asks for a clip asks here.
    """
    held = _held.get()
    if held and held[0] == user.pk:
        return held[1]
    providers = _read(Provider.objects.offered().usable_by(user), VideoModel.objects.usable_by(user))
    role = RoleDefault.objects.filter(role=user.role).select_related("model").first() or RoleDefault(role=user.role)
    return Offer(providers, role.takes_most, (role.provider_id, role.model.slug if role.model else ""))


def current_offer() -> Offer:
    """The same for nobody in particular: all that is on offer, whoever may use it."""
    return Offer(_read(Provider.objects.offered(), VideoModel.objects.all()))


def _read(providers: QuerySet[Provider], models: QuerySet[VideoModel]) -> tuple[OfferedProvider, ...]:
    models = models.filter(enabled=True, combinations__isnull=False).distinct()
    rules = in_force(today())
    rows = providers.prefetch_related(
        Prefetch("models", models.order_by("position", "slug").prefetch_related("combinations"), to_attr="on_offer")
    )
    offered = (_provider(row, getattr(row, "on_offer"), rules) for row in rows if row.dialect in DIALECTS)  # noqa: B009 - set by the prefetch
    return tuple(provider for provider in offered if provider.models)


def _provider(row: Provider, models: list[VideoModel], rules: Rules) -> OfferedProvider:
    off = unavailable(row, DIALECTS[row.dialect])
    offered = tuple(_model(row, model, off, rules.get(model.pk, {})) for model in models)
    by_address = row.delivery == Delivery.ADDRESS
    return OfferedProvider(row.pk, row.name, offered, row.is_sandbox, row.waiting, by_address)


def _model(provider: Provider, row: VideoModel, references_off: str, rules: OfModel) -> OfferedModel:
    known = options_of(provider.dialect)
    return OfferedModel(
        pk=row.pk,
        slug=row.slug,
        name=row.name,
        combinations=tuple(priced(combination.value(), rules) for combination in row.combinations.all()),
        note=worded(row.note),
        options=tuple(option_in_words(known[name]) for name in row.options if name in known),
        references=0 if references_off else row.references,
        references_off=references_off if row.references else "",
        currency=row.currency,
    )
