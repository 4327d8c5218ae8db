"""The reader's words for texts that come from where no translation is known: catalogue files, media, transport.

Those layers know no Django and speak English. Here their words are named, so that they are found for translation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from django.utils.functional import Promise
from django.utils.translation import gettext, override, pgettext
from django.utils.translation import gettext_noop as _

from generations.contract import Option, Preset

CATALOGUE = frozenset(
    {
        # Kinds of hosts, and what an admin should know of them.
        _("mingyan, older host"),
        _("OpenAI-compatible server, 4/8/12 seconds"),
        _("Gateway on the OpenAI paths, 10/15/25 seconds"),
        _("Comfly family, /v2/videos/generations"),
        _("Clips stay a day. Photos of real people are mostly refused."),
        _("The generation before: other models and lengths, asked on /v1/videos."),
        _("OpenAI announced the end of its own service for 2026-09-24. Servers that copy it go on."),
        _("Self-hosted or gateway servers that keep to the published reference: three lengths, no 1080p."),
        _("Gateways that take /v1/videos but sell the app's lengths. The clip's address comes in the answer."),
        _(
            "A gateway with one model name for each length and orientation. Its pages print no address: ask your "
            "account."
        ),
        _("Spoken by octopusx, yunwu and many gateways of the new-api family. Ids look like sora-2:task_…"),
        _("Spoken by comfly, t8star, bltcy, whatai and others. Calls the portal back when a job moves on."),
        # Notes and qualities of models.
        _("Not switched on for every account."),
        _("Large is 1080p and ends at 15 seconds."),
        _("HD ends at 15 seconds: with 25 it has no effect."),
        _("small"),
        _("medium"),
        _("large"),
        _("hd"),
        # Options, their values, and what the provider makes of each.
        _("Watermark"),
        _("None, if possible"),
        _("Never"),
        _("With"),
        _("Privacy"),
        _("May be published"),
        _("Hidden"),
        _("Style"),
        _("None"),
        _("Thanksgiving"),
        _("Comic"),
        _("News"),
        _("Selfie"),
        _("Nostalgic"),
        _("Anime"),
        _("Storyboard"),
        _("Off"),
        _("On"),
        _("tries without one and falls back to one; sent as watermark: true"),
        _("forces none, and may keep retrying; sent as watermark: false"),
        _("sent as watermark: false"),
        _("sent as watermark: true"),
        _("it may be published and remixed at the provider; sent as private: false"),
        _("it may be published at the provider; sent as private: false"),
        _("not published at the provider, and no remix; sent as private: true"),
        _("hidden at the provider, and no remix; sent as private: true"),
        _("sent as storyboard: false"),
        _("finer control by shots in the prompt; sent as storyboard: true"),
    }
)
PICTURES = frozenset(
    {
        _("The image is animated. Use a still one."),
        _("This is no JPEG, PNG or WebP image."),
        _("The image is damaged or incomplete. Save it again."),
        # Of these the numbers are found again by services/told.py.
        _("The image has {size} MB; at most {most} MB are taken."),
        _("The image has {width} x {height} pixels; at most 40 million are taken."),
        _("The image has {width} x {height} pixels; each side needs {least} or more."),
        _("The image could not be read ({error})."),
    }
)


def worded(text: str) -> str:
    """The text in the reader's language; as it is where nobody translated it."""
    return gettext(text) if text else ""  # the empty message is the catalogue's own header


def in_english(label: str | Promise) -> str:
    """A label as it is written into rows, whoever asked: it is translated when somebody reads it."""
    with override("en"):
        return str(label)


def listed(values: Iterable[object]) -> str:
    """The values as a list in a sentence of the reader's language."""
    return pgettext("between two of a list", ", ").join(map(str, values))


def in_seconds(lengths: object) -> str:
    """A length of a clip, or a list of lengths, with its unit."""
    return gettext("{n} s").format(n=lengths)


def too_long(text: str, most: int) -> str:
    """The cure for a text beyond its limit."""
    return gettext("{count} characters are too many; the limit is {most}.").format(count=len(text), most=most)


def option_in_words(option: Option) -> Option:
    """The option with its label and its values as the reader reads them."""
    values = tuple(replace(v, label=worded(v.label), means=worded(v.means)) for v in option.values)
    return replace(option, label=worded(option.label), values=values)


def preset_in_words(preset: Preset) -> Preset:
    """The kind of host with its title and note as the reader reads them."""
    return replace(preset, title=worded(preset.title), note=worded(preset.note))
