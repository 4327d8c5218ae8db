"""A link for people outside: for how long, and with what."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from generations.services.shares import DAYS_MOST

DATE = "date"


class Day(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class ShareForm(forms.Form):
    """`until` is the moment asked for, once the form is valid."""

    lasts = forms.ChoiceField(
        label=_("The link works for"),
        choices=[("1", _("1 day")), ("7", _("7 days")), ("30", _("30 days")), (DATE, _("until a date"))],
        initial="7",
    )
    day = forms.DateField(label=_("Date"), required=False, widget=Day)
    with_prompt = forms.BooleanField(label=_("Show the prompt, too"), required=False)

    until: datetime

    def clean(self) -> dict[str, object]:
        lasts, day, now = self.cleaned_data.get("lasts"), self.cleaned_data.get("day"), timezone.now()
        if lasts == DATE and "day" not in self.errors:
            self._check(day)
        elif lasts and lasts != DATE:
            self.until = now + timedelta(days=int(lasts))
        return self.cleaned_data

    def _check(self, day: date | None) -> None:
        """To the end of that day in the reader's zone, and not past the longest time there is."""
        today, most = timezone.localdate(), timedelta(days=DAYS_MOST)
        if day is None or not today <= day <= today + most:
            said = gettext("Give a day from today on, at most {most} days ahead.")
            self.add_error("day", said.format(most=DAYS_MOST))
            return
        end = timezone.make_aware(datetime.combine(day, time.max))
        self.until = min(end, timezone.now() + most)
