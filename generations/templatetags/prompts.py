"""A prompt's figures in words, and what a reader may do with it."""

from __future__ import annotations

from collections.abc import Mapping

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from generations.models import RATING_MOST, Job, Prompt, User
from generations.services import erase, prompts, publish
from generations.services.price import Price

register = template.Library()


@register.filter
def clips_of(best: Mapping[int, list[Job]], prompt: Prompt) -> list[Job]:
    """Its best clips, of those found for the whole page."""
    return best.get(prompt.pk, [])


@register.filter
def success(prompt: Prompt) -> str:
    """How many of its runs came to a clip: 8 of 9 succeeded."""
    if not prompt.ended:
        return _("no result so far")
    said = ngettext("{done} of {ended} succeeded", "{done} of {ended} succeeded", prompt.ended)
    return said.format(done=prompt.done, ended=prompt.ended)


@register.filter
def typical_price(prompt: Prompt) -> str:
    """What a clip of it mostly costs by the list; "" when nobody knew."""
    return "" if prompt.typical_cost is None else str(Price(prompt.typical_cost, prompt.typical_currency))


@register.simple_tag
def stars() -> range:
    """The stars one can give."""
    return range(1, RATING_MOST + 1)


@register.filter
def tags_on(prompt: Prompt) -> list[str]:
    return [worn.tag.name for worn in prompt.prompt_tags.all()]


@register.filter
def nameable_by(prompt: Prompt, user: User) -> bool:
    return prompts.may_name(prompt, user)


@register.filter
def pinnable_by(prompt: Prompt, user: User) -> bool:
    return prompts.may_pin(prompt, user)


@register.filter
def erasable_by(prompt: Prompt, user: User) -> bool:
    return erase.may_erase(prompt, user)


@register.filter
def publishable_by(job: Job, user: User) -> bool:
    return publish.may_publish(job, user)
