"""Settings of a provider. What is allowed is the service's word; secrets go in and never come out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from generations.contract import Delivery, Notice
from generations.dialects import DIALECTS
from generations.models import Provider
from generations.services import headers
from generations.services.kinds import Kind
from generations.services.providers import moved

WAYS = {
    Delivery.UPLOAD: "Uploaded with the request",
    Delivery.DATA: "Written into the request (data: URI)",
    Delivery.LINK: "As a link to this portal, signed and expiring",
    Delivery.ADDRESS: "The address a member gives, as it is",
}
IN_COLUMN = {"headers": "headers_json"}  # fields that are not called like their column
AT_FIELD = {column: field for field, column in IN_COLUMN.items()}
KEEP = "It replaces what is set; leave it empty to keep that."
SECRET = "Kept encrypted and never shown again."  # noqa: S105 - a help text


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

    name = forms.CharField(label="Name shown to members", max_length=60)
    base_url = forms.CharField(
        label="Base URL", max_length=500, widget=forms.URLInput(attrs={"placeholder": "https://api.example.com/v1"})
    )
    allow_private = forms.BooleanField(label="Allow a private address, or plain http", required=False)
    key = forms.CharField(label="Key", required=False, widget=SecretInput, help_text=SECRET)
    headers = forms.CharField(
        label="Extra headers",
        required=False,
        widget=SecretLines(
            attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false", "placeholder": "Name: value"}
        ),
        help_text=f"One on each line, sent with every call. {SECRET} A key that goes without “Bearer” belongs here: "
        "Authorization: the-key.",
    )
    in_flight = forms.IntegerField(label="Jobs at once", min_value=1, max_value=1000)
    submits_per_minute = forms.IntegerField(
        label="Sends a minute", min_value=0, max_value=6000, initial=0, help_text="0 means no limit."
    )
    poll_interval = forms.FloatField(label="Seconds between looks", min_value=0.2, max_value=600)
    delivery = forms.ChoiceField(label="How reference images travel", required=False)

    def offer_ways(self, ways: Sequence[Delivery]) -> None:
        """The ways this dialect takes images; without any there is nothing to choose."""
        if not ways:
            del self.fields["delivery"]
            return
        usual = [("", f"The usual way: {WAYS[ways[0]].lower()}")]
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
    create_path = forms.CharField(label="Path for creating", max_length=200, required=False)
    query_path = forms.CharField(
        label="Path for asking", max_length=200, required=False, help_text="{id} stands where the job’s id goes."
    )
    callbacks = forms.BooleanField(label="Let it call the portal when a job moves on", required=False)
    webhook_secret = forms.CharField(label="Signing secret", required=False, widget=SecretInput, help_text=SECRET)
    clear_key = forms.BooleanField(label="Clear the key", required=False)
    clear_headers = forms.BooleanField(label="Clear the extra headers", required=False)
    clear_webhook_secret = forms.BooleanField(label="Clear the signing secret", required=False)

    PLAIN = (
        "name", "base_url", "allow_private", "in_flight", "submits_per_minute", "poll_interval", "delivery",
        "create_path", "query_path", "callbacks",
    )  # fmt: skip
    SECRETS = {"key": "New key", "headers": "New headers", "webhook_secret": "New signing secret"}

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
