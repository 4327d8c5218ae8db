"""Asking for a video: one job for one compose key, however often the form is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from generations.contract import Combination, Offer, OfferedModel, OfferedProvider
from generations.models import Fit, Job, JobEvent, Prompt, Provider, Reference, State, User, Visibility
from generations.models.prompt import text_hash
from generations.services.kick import kick_engine
from generations.services.offer import current_offer

PROMPT_LIMIT = 4000
KEY_LIMIT = 64


@dataclass(frozen=True, slots=True)
class Ask:
    """What somebody asks for. `compose_token` is the compose key: the same one answers the same job.

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


@dataclass(frozen=True, slots=True)
class Asked:
    """The job for a compose key. `is_new` is False when the key had been used before."""

    job: Job
    is_new: bool


class NotPossible(Exception):
    """The ask breaks a rule: `field` names the control, `str(error)` says the cure. Nothing was saved or spent."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def compose(author: User, ask: Ask) -> Asked:
    """The job for this ask, made unless its compose key was used before. Raises NotPossible."""
    if earlier := _earlier(author, ask.compose_token):
        return Asked(earlier, is_new=False)
    ask, provider, combination = check(author, current_offer(), ask)
    try:
        with transaction.atomic():
            job = _make(author, ask, provider, combination)
            transaction.on_commit(kick_engine, robust=True)
    except IntegrityError:
        if earlier := _earlier(author, ask.compose_token):
            return Asked(earlier, is_new=False)  # the same key was quicker
        raise
    return Asked(job, is_new=True)


def check(author: User, offer: Offer, ask: Ask) -> tuple[Ask, OfferedProvider, Combination]:
    """The ask with its text tidied, where it goes and what exactly it asks for, or raise NotPossible."""
    if not author.can_create:
        raise NotPossible("text", "Your role is viewer. Ask an admin to make you a member.")
    text = ask.text.replace("\r\n", "\n").replace("\x00", "").strip()
    text = text.encode("utf-8", "replace").decode()  # a command line may hold half a character
    if not text:
        raise NotPossible("text", "Write a prompt first.")
    if len(text) > PROMPT_LIMIT:
        raise NotPossible("text", f"{len(text)} characters are too many; the limit is {PROMPT_LIMIT}.")
    if len(ask.compose_token) > KEY_LIMIT:
        raise NotPossible("key", f"{len(ask.compose_token)} characters are too many; the limit is {KEY_LIMIT}.")
    provider = next((p for p in offer.providers if p.pk == ask.provider), None)
    if provider is None:
        raise NotPossible("provider", "This provider is switched off. Choose another one.")
    model = next((m for m in provider.models if m.slug == ask.model), None)
    if model is None:
        raise NotPossible(
            "model", f"{provider.name} does not offer {ask.model or 'this model'} now. Choose another one."
        )
    combination = _combination(model, ask)
    _check_reference(author, provider, model, ask)
    return replace(ask, text=text, options=_options(model, ask)), provider, combination


def _options(model: OfferedModel, ask: Ask) -> dict[str, str]:
    """A value for each of the model's options, the default where nothing was chosen."""
    chosen = {}
    for option in model.options:
        value = ask.options.get(option.name, option.default)
        if value not in {known.value for known in option.values}:
            choices = ", ".join(known.value for known in option.values if known.value)
            raise NotPossible(option.name, f"{value} is not a choice for {option.label}. Choose one of {choices}.")
        chosen[option.name] = value
    return chosen


def _check_reference(author: User, provider: OfferedProvider, model: OfferedModel, ask: Ask) -> None:
    if ask.reference is None:
        return
    if not model.references:
        why = model.references_off or f"{model.name} takes no reference image. Remove it or choose another model."
        raise NotPossible("reference", why)
    image = Reference.objects.visible_to(author).filter(key=ask.reference).first()
    if image is None:
        raise NotPossible("reference", "This image is not there any more. Add it again.")
    if provider.by_address and not image.source_url:
        raise NotPossible("reference", f"{provider.name} takes images by their address only. Give the image's URL.")


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
    unit = " s" if field == "seconds" else ""
    choices = ", ".join(dict.fromkeys(f"{getattr(c, field)}{unit}" for c in left))
    return f"{wanted or 'Nothing'}{unit} is not offered by {model.name} here. Choose {choices or 'another model'}."


def _earlier(author: User, compose_token: str) -> Job | None:
    return Job.objects.filter(author=author, compose_token=compose_token).order_by("take").first()


def _make(author: User, ask: Ask, provider: OfferedProvider, combination: Combination) -> Job:
    now = timezone.now()
    row = Provider.objects.get(pk=provider.pk)
    image = Reference.objects.visible_to(author).get(key=ask.reference) if ask.reference else None
    job = Job.objects.create(
        author=author,
        prompt=_prompt(author, ask),
        visibility=ask.visibility,
        provider=row,
        provider_name=row.name,
        dialect=row.dialect,
        model=ask.model,
        aspect_ratio=combination.aspect_ratio,
        seconds=combination.seconds,
        quality=combination.quality,
        width=combination.width,
        height=combination.height,
        options=dict(ask.options),
        reference=image,
        reference_fit=ask.reference_fit if image else "",
        state=State.QUEUED,
        state_since=now,
        compose_token=ask.compose_token,
    )
    JobEvent.objects.create(job=job, at=now, state=State.QUEUED, actor=author)
    return job


def _prompt(author: User, ask: Ask) -> Prompt:
    """The row of this text: the shared one, or the author's own private one."""
    owner = author if ask.visibility == Visibility.ME else None
    prompt, _ = Prompt.objects.update_or_create(
        text_hash=text_hash(ask.text),
        owner=owner,
        defaults={"last_run_at": timezone.now()},
        create_defaults={"text": ask.text, "author": author, "last_run_at": timezone.now()},
    )
    return prompt
