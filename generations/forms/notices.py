"""How a person wants to hear of jobs, and webhooks."""

from __future__ import annotations

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from generations.forms.providers import AddressInput
from generations.models import User, Webhook
from generations.services.hooks import wrong_with


@cache
def zones() -> list[tuple[str, str]]:
    """Every time zone there is."""
    return [(name, name.replace("_", " ")) for name in sorted(available_timezones() | {"UTC"})]


class Clock(forms.TimeInput):
    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


class NoticesForm(forms.Form):
    """Mail and quiet hours."""

    mail_done = forms.BooleanField(label=_("When a clip of mine is ready"), required=False)
    mail_failed = forms.BooleanField(label=_("When one failed, or its outcome is unknown"), required=False)
    mail_reviewed = forms.BooleanField(label=_("When a reviewer judged one"), required=False)
    mail_waiting = forms.BooleanField(
        label=_("When somebody’s clip awaits approval"),
        help_text=_("What is asked for within a minute comes in one mail. Never about your own."),
        required=False,
    )
    quiet_from = forms.TimeField(label=pgettext_lazy("quiet hours", "From"), required=False, widget=Clock)
    quiet_until = forms.TimeField(label=pgettext_lazy("quiet hours", "Until"), required=False, widget=Clock)
    time_zone = forms.ChoiceField(label=_("My time zone"))

    COLUMNS = ("mail_done", "mail_failed", "mail_reviewed", "mail_waiting", "quiet_from", "quiet_until", "time_zone")

    def __init__(self, user: User, data: QueryDict | None = None) -> None:
        super().__init__(data, initial={name: getattr(user, name) for name in self.COLUMNS})
        self.user = user
        self.fields["time_zone"].choices = zones()  # type: ignore[attr-defined]
        if not user.is_reviewer:
            del self.fields["mail_waiting"]

    def clean(self) -> dict[str, Any]:
        start, end = self.cleaned_data.get("quiet_from"), self.cleaned_data.get("quiet_until")
        if start == end and start is not None:
            said = gettext("That is when they begin. Give another end, or leave both empty for none.")
            self.add_error("quiet_until", said)
        for name, other in (("quiet_from", end), ("quiet_until", start)):
            if name not in self.errors and other is not None and self.cleaned_data.get(name) is None:
                self.add_error(name, gettext("Give both, or leave both empty for no quiet hours."))
        return self.cleaned_data

    def save(self) -> bool:
        """Keep what was asked for; True when the quiet hours are other ones now."""
        changed = [name for name in self.fields if getattr(self.user, name) != self.cleaned_data[name]]
        for name in changed:
            setattr(self.user, name, self.cleaned_data[name])
        self.user.save(update_fields=changed)
        return bool({"quiet_from", "quiet_until", "time_zone"} & set(changed))


class HookForm(forms.Form):
    """A webhook: where to, and which ends."""

    url = forms.CharField(
        label=_("Address"),
        max_length=500,
        widget=AddressInput("https://hooks.example.com/told"),
    )
    done = forms.BooleanField(label=_("A clip is ready"), required=False)
    failed = forms.BooleanField(label=_("A job failed"), required=False)
    unknown = forms.BooleanField(label=_("An outcome is unknown"), required=False)
    reviewed = forms.BooleanField(label=_("A clip was reviewed"), required=False)
    enabled = forms.BooleanField(label=_("Switched on"), required=False)

    of_team = False

    def __init__(self, hook: Webhook, data: QueryDict | None = None) -> None:
        super().__init__(data, initial={name: getattr(hook, name) for name in self.base_fields})

    def clean(self) -> dict[str, Any]:
        url, allow = self.cleaned_data.get("url"), bool(self.cleaned_data.get("allow_private"))
        if url and (wrong := wrong_with(url, allow_private=allow, of_team=self.of_team)):
            self.add_error("url", wrong)
        if not any(self.cleaned_data.get(name) for name in ("done", "failed", "unknown", "reviewed")):
            self.add_error("done", gettext("Choose at least one. To hear of none, switch the webhook off."))
        return self.cleaned_data


class OwnHookForm(HookForm):
    """A member's own."""

    keeps_quiet = forms.BooleanField(label=_("Hold it during my quiet hours too"), required=False)


class TeamHookForm(HookForm):
    """One of the team's."""

    name = forms.CharField(label=_("Name"), max_length=60)
    allow_private = forms.BooleanField(label=_("Allow a private address, or plain http"), required=False)

    of_team = True
