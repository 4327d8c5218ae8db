"""Asking for a video: the same jobs for one compose key, however often the form is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from generations.contract import Combination, Offer, OfferedModel, OfferedProvider
from generations.models import (
    Derived,
    Fit,
    Job,
    JobEvent,
    Prompt,
    Provider,
    Reference,
    State,
    User,
    Visibility,
)
from generations.models.prompt import text_hash
from generations.models.states import orientation_of
from generations.services import budgets, derive
from generations.services.afterwards import afterwards
from generations.services.approval_ask import ask_for_approval
from generations.services.approval_rules import Wish, total_of, why
from generations.services.cost import cost_now
from generations.services.figures import recount
from generations.services.kick import kick_engine
from generations.services.ledger import reserve
from generations.services.months import this_month
from generations.services.not_open import model_not_open, provider_not_open
from generations.services.offer import offer_for
from generations.services.search import index_new, index_prompt
from generations.services.usage.marks import changed
from generations.services.variables import is_template
from generations.services.wording import in_seconds, listed, too_long

PROMPT_LIMIT = 4000
KEY_LIMIT = 64


@dataclass(frozen=True, slots=True)
class Ask:
    """What somebody asks for. `compose_token` is the compose key: the same one answers the same jobs.

    `model` is a wire id. Left out (None), the last three mean the model's first legal combination.
    """

    text: str
    provider: int
    model: str
    compose_token: str
    aspect_ratio: str | None = None
    seconds: int | None = None
    quality: str | None = None
    visibility: Visibility = Visibility.TEAM
    options: Mapping[str, str] = field(default_factory=dict)
    reference: UUID | None = None
    reference_fit: Fit = Fit.CROP
    takes: int = 1
    derived_from: UUID | None = None
    derived_as: Derived | None = None
    forked_from: int | None = None  # a prompt
    # What else the same person asks for at the same time, in the portal's currency; None where nobody knows.
    beside: Decimal | None = Decimal(0)


@dataclass(frozen=True, slots=True)
class Asked:
    """The jobs of a compose key, one for each take. `is_new` is False when the key had been used before."""

    jobs: tuple[Job, ...]
    is_new: bool

    @property
    def job(self) -> Job:
        """The first take."""
        return self.jobs[0]


class NotPossible(Exception):
    """The ask breaks a rule: `field` names the control, `str(error)` says the cure. Nothing was saved or spent."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def compose(author: User, ask: Ask) -> Asked:
    """The jobs for this ask, made unless its compose key was used before. Raises NotPossible."""
    if earlier := earlier_jobs(author, ask.compose_token):
        return Asked(earlier, is_new=False)
    ask, provider, combination = check(author, offer_for(author), ask)
    try:
        with transaction.atomic():
            jobs = _make(author, ask, provider, combination)
            afterwards(kick_engine)
    except IntegrityError:
        if earlier := earlier_jobs(author, ask.compose_token):
            return Asked(earlier, is_new=False)  # the same key was quicker
        raise
    return Asked(jobs, is_new=True)


def earlier_jobs(author: User, compose_token: str) -> tuple[Job, ...]:
    """What this compose key made before."""
    return tuple(Job.objects.filter(author=author, compose_token=compose_token).order_by("take"))


def check(author: User, offer: Offer, ask: Ask) -> tuple[Ask, OfferedProvider, Combination]:
    """The ask with its text tidied, where it goes and what exactly it asks for, or raise NotPossible."""
    if not author.can_create:
        raise NotPossible("text", _("Your role is viewer. Ask an admin to make you a member."))
    text = tidied(ask.text)
    if not text:
        raise NotPossible("text", _("Write a prompt first."))
    if len(text) > PROMPT_LIMIT:
        raise NotPossible("text", too_long(text, PROMPT_LIMIT))
    if len(ask.compose_token) > KEY_LIMIT:
        raise NotPossible("key", too_long(ask.compose_token, KEY_LIMIT))
    provider = next((p for p in offer.providers if p.pk == ask.provider), None)
    if provider is None:
        raise NotPossible("provider", provider_not_open(ask.provider))
    model = next((m for m in provider.models if m.slug == ask.model), None)
    if model is None:
        raise NotPossible("model", model_not_open(provider, ask.model) or no_model(provider, ask.model))
    combination = _combination(model, ask)
    if not 1 <= ask.takes <= offer.takes_most:
        said = _("{takes} takes are not offered. Choose 1 to {most}.")
        raise NotPossible("takes", said.format(takes=ask.takes, most=offer.takes_most))
    _check_reference(author, provider, model, ask)
    if problem := derive.objection(author, ask, combination):
        raise NotPossible(*problem)
    return replace(ask, text=text, options=_options(model, ask)), provider, combination


def tidied(text: str) -> str:
    """The text as it is kept and sent."""
    text = text.replace("\r\n", "\n").replace("\x00", "").strip()
    return text.encode("utf-8", "replace").decode()  # a command line may hold half a character


def no_model(provider: OfferedProvider, wish: str) -> str:
    if not wish:
        said = _("{provider} does not offer this model now. Choose another one.")
    else:
        said = _("{provider} does not offer {model} now. Choose another one.")
    return said.format(provider=provider.name, model=wish)


def _options(model: OfferedModel, ask: Ask) -> dict[str, str]:
    """A value for each of the model's options, the default where nothing was chosen."""
    chosen = {}
    for option in model.options:
        value = ask.options.get(option.name, option.default)
        if value not in {known.value for known in option.values}:
            choices = listed(known.value for known in option.values if known.value)
            said = _("{value} is not a choice for {option}. Choose one of {choices}.")
            raise NotPossible(option.name, said.format(value=value, option=option.label, choices=choices))
        chosen[option.name] = value
    return chosen


def _check_reference(author: User, provider: OfferedProvider, model: OfferedModel, ask: Ask) -> None:
    if ask.reference is None:
        return
    if not model.references:
        none = _("{model} takes no reference image. Remove it or choose another model.").format(model=model.name)
        raise NotPossible("reference", model.references_off or none)
    image = Reference.objects.visible_to(author).filter(key=ask.reference).first()
    if image is None:
        raise NotPossible("reference", _("This image is not there any more. Add it again."))
    if provider.by_address and not image.source_url:
        said = _("{provider} takes images by their address only. Give the image's URL.")
        raise NotPossible("reference", said.format(provider=provider.name))


def _combination(model: OfferedModel, ask: Ask) -> Combination:
    """The model's first combination that agrees with every choice made; the first choice that has none is named."""
    left = list(model.combinations)
    for name in ("aspect_ratio", "seconds", "quality"):
        wanted = getattr(ask, name)
        if wanted is None:
            continue
        fitting = [c for c in left if getattr(c, name) == wanted]
        if not fitting:
            raise NotPossible(name, _not_offered(model, left, name, wanted))
        left = fitting
    return left[0]


def _not_offered(model: OfferedModel, left: list[Combination], field: str, wanted: object) -> str:
    told = in_seconds if field == "seconds" else str
    choices = listed(dict.fromkeys(told(getattr(c, field)) for c in left))
    value = told(wanted) if wanted else _("Nothing")
    if not choices:
        return _("{value} is not offered by {model} here. Choose another model.").format(value=value, model=model.name)
    said = _("{value} is not offered by {model} here. Choose {choices}.")
    return said.format(value=value, model=model.name, choices=choices)


def _make(author: User, ask: Ask, provider: OfferedProvider, combination: Combination) -> tuple[Job, ...]:
    now = timezone.now()
    row = Provider.objects.get(pk=provider.pk)
    image = Reference.objects.visible_to(author).get(key=ask.reference) if ask.reference else None
    model = next(m for m in provider.models if m.slug == ask.model)
    cost = cost_now(provider, model, combination)
    wanted = total_of(cost.estimate, ask.takes)
    together = total_of(cost.estimate, ask.takes, ask.beside)
    reasons = why(Wish(author, provider.pk, model.pk, together, ask.text))
    if not reasons:
        _check_budget(author, wanted)
    frozen: dict[str, Any] = {
        "author": author,
        "prompt": _prompt(author, ask),
        "visibility": ask.visibility,
        "provider": row,
        "provider_name": row.name,
        "dialect": row.dialect,
        "model": ask.model,
        "aspect_ratio": combination.aspect_ratio,
        "seconds": combination.seconds,
        "quality": combination.quality,
        "width": combination.width,
        "height": combination.height,
        "orientation": orientation_of(combination.width, combination.height, combination.aspect_ratio) or "",
        "options": dict(ask.options),
        "reference": image,
        "reference_fit": ask.reference_fit if image else "",
        **cost.columns,
        "month": None if reasons else this_month(),
        "takes": ask.takes,
        **derive.columns(author, ask, combination),
        "state": State.AWAITING_APPROVAL if reasons else State.QUEUED,
        "state_since": now,
        "reason": " ".join(reasons),
        "compose_token": ask.compose_token,
    }
    jobs = tuple(_make_one(frozen, number) for number in range(1, ask.takes + 1))
    # What a person is asked about first costs nothing until he said yes: its budget is looked at then.
    if reasons:
        ask_for_approval(jobs)
    else:
        reserve(jobs)
    index_new(jobs)
    recount(frozen["prompt"].pk)
    changed(jobs[0])
    return jobs


def _check_budget(author: User, wanted: Decimal | None) -> None:
    try:
        budgets.check(author, wanted)
    except budgets.OverBudget as error:
        raise NotPossible("budget", str(error)) from error


def _make_one(frozen: Mapping[str, Any], take: int) -> Job:
    job = Job.objects.create(**frozen, take=take)
    JobEvent.objects.create(job=job, at=job.state_since, state=job.state, note=job.reason, actor=job.author)
    return job


def _prompt(author: User, ask: Ask) -> Prompt:
    """The row of this text: the shared one, or the author's own private one. A new one knows what it was made from."""
    now = timezone.now()
    prompt, is_new = Prompt.objects.update_or_create(
        text_hash=text_hash(ask.text),
        owner=author if ask.visibility == Visibility.ME else None,
        defaults={"last_run_at": now},
        create_defaults={
            "text": ask.text, "author": author, "last_run_at": now, "is_template": is_template(ask.text),
            "parent": _parent(author, ask),
        },
    )  # fmt: skip
    if is_new:
        index_prompt(prompt.pk)
    return prompt


def _parent(author: User, ask: Ask) -> Prompt | None:
    """The prompt that was forked, or that of the job this ask is derived from, unless the text is the same."""
    seen = Prompt.objects.visible_to(author).filter(erased_at=None).exclude(text_hash=text_hash(ask.text))
    if ask.forked_from is not None:
        return seen.filter(pk=ask.forked_from).first()
    if ask.derived_from is None:
        return None
    return seen.filter(jobs__key=ask.derived_from, jobs__in=Job.objects.visible_to(author)).first()
