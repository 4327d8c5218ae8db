"""The words that scripts say, as data of the page: its policy allows no code in it, and it gets only what it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django import template
from django.conf import settings
from django.template import Context
from django.utils.functional import Promise
from django.utils.html import json_script
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

register = template.Library()

EVERYWHERE = {
    "away": _(
        "A part of the portal is away for a moment. Try again: one form makes one job, however often it is sent."
    ),
    "denied": _("That is not allowed, or this page is too old. Reload it."),
    "failed": _("That did not work. Try again."),
    "silent": _("The portal does not answer. Try again: one form makes one job, however often it is sent."),
    "uncopied": _("The browser did not allow copying."),
    "chosen-full": _("Four clips are the most. Take one out first."),
    "end-done": _("Clip ready"),
    "end-failed": _("Failed"),
    "end-unknown": _("Outcome unknown"),
    "end-rejected": _("Not approved"),
}
COMPOSER = {
    "length": _("{count} of {most}"),
    "image-signed-out": _("You are signed out. Sign in again in another tab, then try once more."),
    "image-large": _("The image is too large."),
    "image-failed": _("The image could not be taken. Try again."),
}
NOTICES = {
    "needs-https": _(
        "This browser shows notifications only for pages on https or localhost."
        " Ask whoever runs the portal for an https address."
    ),
    "denies": _(
        "This browser denies notifications for this portal."
        " Allow them in its settings for this site, then switch this on again."
    ),
    "keeps-nothing": _("This browser keeps nothing for this site, so the switch holds for no page."),
    "unanswered": _("The browser’s question was not answered, so notifications stay off."),
    "try-quiet": _("This is how it goes. Just now are your quiet hours, so a real one would stay silent."),
    "try-nothing": _("Both switches are off, so there is nothing to try."),
    "try": _("This is a try."),
    "no-sound": _("The browser did not allow the sound."),
}
OF_A_PROMPT = ("prompt", "prompt-tags", "prompt-rate", "prompt-title", "prompt-pin")
OF_APPROVALS = ("staff-approvals", "approvals-confirm", "approvals-decide")
LISTS = ("library", "trash", "collection", "collection-name", "staff-jobs", *OF_A_PROMPT, *OF_APPROVALS)
"""Pages with clips to choose from, and what answers with such a page when something was wrong."""
PICKING = {"picked-most": _("At most {most} clips at once.")}
PAGES: Mapping[str, Mapping[str, Promise]] = {
    "create": COMPOSER,
    **dict.fromkeys(LISTS, PICKING),
    "notifications": NOTICES,
    "notifications-hook": NOTICES,
    "notifications-hook-act": NOTICES,
}
SAMPLES = (1, 2, 5)
"""Most languages tell no more forms apart than these numbers have; a browser knows which one another number is like."""


@register.simple_tag(takes_context=True)
def words(context: Context) -> SafeString:
    """What the scripts of the page at hand may say."""
    here = context.get("here") or ""
    said: dict[str, object] = {name: str(text) for name, text in {**EVERYWHERE, **PAGES.get(here, {})}.items()}
    said["chosen"] = _forms(_chosen)
    if here == "create":
        said |= {"shots": _forms(_shots), "shots-over": _forms(_shots_over)}
    if here in LISTS:
        said["picked"] = _forms(_picked)
    return json_script(said, "words")


@register.simple_tag
def languages() -> list[tuple[str, str]]:
    """Those the portal speaks, each named in its own words: Django's tag of that kind would translate the names."""
    return list(settings.LANGUAGES)


def _forms(told: Callable[[int], str]) -> dict[int, str]:
    """The forms of the sample numbers, each once, under the first number that has it."""
    return {number: form for form, number in {told(n): n for n in reversed(SAMPLES)}.items()}


def _chosen(n: int) -> str:
    return ngettext("{count} clip chosen", "{count} clips chosen", n)


def _shots(n: int) -> str:
    return ngettext("{count} shot, {used} of {whole} s", "{count} shots, {used} of {whole} s", n)


def _shots_over(n: int) -> str:
    return ngettext(
        "{count} shot, {used} of {whole} s: shorten one", "{count} shots, {used} of {whole} s: shorten one", n
    )


def _picked(n: int) -> str:
    return ngettext("{count} selected", "{count} selected", n)
