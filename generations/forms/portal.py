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
    approved_only = forms.BooleanField(
        label=_("Only approved clips can be shared outside"),
        help_text=_(
            "Approved by a reviewer after it was made. Links to other clips rest until their clip is approved, and "
            "again when that is taken back."
        ),
        required=False,
    )


class ApprovalDaysForm(forms.Form):
    """How long a job waits for somebody to decide."""

    approval_days = forms.IntegerField(
        label=_("Days until a job that awaits approval is not approved"),
        help_text=_("Those that wait already keep their time."),
        min_value=1,
        max_value=90,
    )
