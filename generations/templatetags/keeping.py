"""What a file that is not kept looks like."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _

from generations.models import Output
from generations.templatetags.faces import Look

register = template.Library()


@register.filter
def keeping_look(output: Output) -> Look:
    """The chip of a file: what needs a person is named first."""
    if output.is_stored:
        return Look("is-done", "check-circle", _("Kept"))
    if output.settled_by_id:
        return Look("is-wait", "minus-circle", _("Let go"))
    if output.abandoned_at:
        return Look("is-bad", "x-circle", _("Given up"))
    if output.trouble:
        return Look("is-doubt", "exclamation-triangle", _("In trouble"))
    return Look("is-live", "archive-box-arrow-down", _("Waiting"))
