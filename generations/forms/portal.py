"""Settings of the whole portal."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class PortalForm(forms.Form):
    """What admins choose for everybody."""

    shares_outside = forms.BooleanField(
        label=_("Clips may be shared outside"),
        help_text=_("Off, no link can be made, and those that were made stop working until it is on again."),
        required=False,
    )
