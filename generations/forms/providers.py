"""Settings of a provider. What is allowed is the service's word; secrets go in and never come out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from generations.contract import Delivery, Notice
from generations.dialects import DIALECTS
from generations.models import Provider
from generations.services import headers
from generations.services.kinds import Kind
from generations.services.providers import moved

WAYS = {
    Delivery.UPLOAD: _("Uploaded with the request"),
    Delivery.DATA: _("Written into the request (data: URI)"),
    Delivery.LINK: _("As a link to this portal, signed and expiring"),
    Delivery.ADDRESS: _("The address a member gives, as it is"),
}
IN_COLUMN = {"headers": "headers_json"}  # fields that are not called like their column
AT_FIELD = {column: field for field, column in IN_COLUMN.items()}
KEEP = _("It replaces what is set; leave it empty to keep that.")
SECRET = _("Kept encrypted and never shown again.")


class AddressInput(forms.TextInput):
    """For a web address. Not of the type "url": browsers would refuse in their words before the portal says why."""

    def __init__(self, example: str) -> None:
        super().__init__(attrs={"inputmode": "url", "spellcheck": "false", "placeholder": example})


class SecretInput(forms.PasswordInput):
    """A password field that browsers do not fill in with somebody's own."""

    def __init__(self) -> None:
        super().__init__(attrs={"autocomplete": "new-password", "spellcheck": "false"})


class SecretLines(forms.Textarea):
    """Lines that are written and never rendered, not even after a mistake."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return super().get_context(name, None, attrs)


class ProviderForm(forms.Form):
    """What every provider has."""

    name = forms.CharField(label=_("Name shown to members"), max_length=60)
    base_url = forms.CharField(label=_("Base URL"), max_length=500, widget=AddressInput("https://api.example.com/v1"))
    allow_private = forms.BooleanField(label=_("Allow a private address, or plain http"), required=False)
    key = forms.CharField(label=_("Key"), required=False, widget=SecretInput, help_text=SECRET)
    headers = forms.CharField(
        label=_("Extra headers"),
        required=False,
        widget=SecretLines(
            attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false", "placeholder": "Name: value"}
        ),
        help_text=_(
            "One on each line, sent with every call. Kept encrypted and never shown again. A key that goes without "
            "“Bearer” belongs here: Authorization: the-key."
        ),
    )
    in_flight = forms.IntegerField(label=_("Jobs at once"), min_value=1, max_value=1000)
    submits_per_minute = forms.IntegerField(
        label=_("Sends a minute"), min_value=0, max_value=6000, initial=0, help_text=_("0 means no limit.")
    )
    poll_interval = forms.FloatField(label=_("Seconds between looks"), min_value=0.2, max_value=600)
    delivery = forms.ChoiceField(label=_("How reference images travel"), required=False)

    def offer_ways(self, ways: Sequence[Delivery]) -> None:
        """The ways this dialect takes images; without any there is nothing to choose."""
        if not ways:
            del self.fields["delivery"]
            return
        usual = [("", gettext("The usual way: {way}").format(way=WAYS[ways[0]].lower()))]
        self.fields["delivery"].choices = usual + [(way.value, WAYS[way]) for way in ways]  # type: ignore[attr-defined]

    def clean_headers(self) -> str:
        """The headers as the column holds them, or nothing."""
        try:
            found = headers.parsed(self.cleaned_data["headers"])
        except ValueError as error:
            raise ValidationError(str(error)) from error
        return json.dumps(found) if found else ""

    def refuse(self, error: ValidationError) -> None:
        """Say each problem at its field, or above the form where it has none."""
        for column, texts in error.message_dict.items():
            name = AT_FIELD.get(column, column)
            self.add_error(name if name in self.fields else None, texts)


class AddForm(ProviderForm):
    """A new provider of one kind."""

    def __init__(self, kind: Kind, data: QueryDict | None = None) -> None:
        start = {
            "base_url": kind.preset.base_url,
            "poll_interval": f"{kind.preset.poll_interval:g}",
            "delivery": kind.preset.delivery or "",
            "in_flight": Provider._meta.get_field("in_flight").default,
        }
        super().__init__(data, initial=start)
        self.offer_ways(kind.deliveries)

    @property
    def columns(self) -> dict[str, Any]:
        """What was asked for, by column."""
        return {IN_COLUMN.get(name, name): value for name, value in self.cleaned_data.items()}


class SettingsForm(ProviderForm):
    """A provider's settings. A secret's field that stays empty keeps what is set."""

    made_for = forms.CharField(required=False, widget=forms.HiddenInput)
    create_path = forms.CharField(label=_("Path for creating"), max_length=200, required=False)
    query_path = forms.CharField(
        label=_("Path for asking"), max_length=200, required=False, help_text=_("{id} stands where the job’s id goes.")
    )
    callbacks = forms.BooleanField(label=_("Let it call the portal when a job moves on"), required=False)
    webhook_secret = forms.CharField(label=_("Signing secret"), required=False, widget=SecretInput, help_text=SECRET)
    clear_key = forms.BooleanField(label=_("Clear the key"), required=False)
    clear_headers = forms.BooleanField(label=_("Clear the extra headers"), required=False)
    clear_webhook_secret = forms.BooleanField(label=_("Clear the signing secret"), required=False)

    PLAIN = (
        "name", "base_url", "allow_private", "in_flight", "submits_per_minute", "poll_interval", "delivery",
        "create_path", "query_path", "callbacks",
    )  # fmt: skip
    SECRETS = {"key": _("New key"), "headers": _("New headers"), "webhook_secret": _("New signing secret")}

    def __init__(self, provider: Provider, data: QueryDict | None = None) -> None:
        super().__init__(data, initial=_start(provider, self.PLAIN) | {"made_for": provider.origin})
        self.provider = provider
        kind = DIALECTS.get(provider.dialect)
        self.offer_ways(kind.deliveries if kind else ())
        for name in ("create_path", "query_path"):
            self.fields[name].widget.attrs["placeholder"] = getattr(kind, name, "")
        if kind is None or kind.notice == Notice.NONE:
            del self.fields["callbacks"]
        for name, label in self.SECRETS.items():
            self.fields[name].label = label
            if getattr(provider, IN_COLUMN.get(name, name)):
                self.fields[name].help_text = f"{KEEP} {self.fields[name].help_text}"
            else:
                del self.fields[f"clear_{name}"]

    def clean_made_for(self) -> None:
        """What was typed on a page of another address must not reach this one."""
        if self.cleaned_data["made_for"] not in ("", self.provider.origin):
            self.add_error("base_url", moved(self.provider))

    @property
    def changes(self) -> dict[str, Any]:
        """The columns that are not what they were. Other columns stay the engine's."""
        data = self.cleaned_data
        found = {name: data[name] for name in self.PLAIN if name in data}
        found = {name: value for name, value in found.items() if value != getattr(self.provider, name)}
        for name in self.SECRETS:
            if data[name] or data.get(f"clear_{name}"):
                found[IN_COLUMN.get(name, name)] = data[name]
        return found


def _start(provider: Provider, names: Sequence[str]) -> dict[str, Any]:
    found = {name: getattr(provider, name) for name in names}
    return {**found, "poll_interval": f"{provider.poll_interval:g}"}
