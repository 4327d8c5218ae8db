"""The page for a CSV file: the file or its text, and what holds for rows that leave something open."""

from __future__ import annotations

from typing import Any, cast
from uuid import uuid4

from django import forms
from django.core.validators import RegexValidator
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from generations.contract import Offer
from generations.models import Visibility
from generations.services.batch.rows import Defaults
from generations.services.batch.table import BYTES_MOST, ROWS_MOST, TOO_LARGE, NotReadable, decoded, tidied
from generations.services.wording import in_seconds

LIMITS = format_lazy(_("At most {most} rows and 1 MB."), most=ROWS_MOST)
FIRST = _("The model's first")
KEY = RegexValidator(r"\A[0-9a-f]{32}\Z")


class BatchForm(forms.Form):
    """A file wins over the text below it, so that a mended file can be sent again. `csv` is the text of either."""

    file = forms.FileField(label=_("CSV file"), required=False, allow_empty_file=True, help_text=LIMITS)
    text = forms.CharField(required=False, strip=False)
    destination = forms.ChoiceField(label=_("Provider and model"), required=False)
    aspect_ratio = forms.ChoiceField(label=_("Aspect ratio"), required=False)
    seconds = forms.TypedChoiceField(label=_("Duration"), required=False, coerce=int, empty_value=None)
    visibility = forms.ChoiceField(
        label=_("Seen by"), choices=Visibility.choices, required=False, initial=Visibility.TEAM
    )
    key = forms.CharField(required=False, validators=[KEY], empty_value="")
    digest = forms.CharField(required=False)

    def __init__(self, offer: Offer, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer, self.csv = offer, str(self.data.get("text", ""))
        self.fields["text"].validators = []  # what is no text is said by `clean`, in our words
        models = [(p, m) for p in offer.providers for m in p.models]
        groups = [(p.name, [(f"{p.pk}:{m.slug}", m.name) for m in p.models]) for p in offer.providers]
        ratios = dict.fromkeys(c.aspect_ratio for _, m in models for c in m.combinations)
        lengths = sorted({c.seconds for _, m in models for c in m.combinations})
        _choices(self, "destination", [("", _("The first that fits")), *groups])
        _choices(self, "aspect_ratio", [("", FIRST), *((ratio, ratio) for ratio in ratios)])
        _choices(self, "seconds", [("", FIRST), *((str(length), in_seconds(length)) for length in lengths)])

    @property
    def defaults(self) -> Defaults:
        """What was chosen for all rows."""
        data = self.cleaned_data
        provider, _, model = data["destination"].partition(":")
        return Defaults(
            provider=int(provider) if provider else None,
            model=model or None,
            aspect_ratio=data["aspect_ratio"] or None,
            seconds=data["seconds"],
            visibility=Visibility(data["visibility"] or Visibility.TEAM),
        )

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        try:
            file = data.get("file")
            if file and (file.size or 0) > BYTES_MOST:
                raise NotReadable(gettext(TOO_LARGE))
            self.csv = tidied(decoded(file.read()) if file else self.csv)
        except NotReadable as problem:
            self.add_error("file" if data.get("file") else "text", str(problem))
        return data


def _choices(form: forms.Form, name: str, choices: list[Any]) -> None:
    cast(forms.ChoiceField, form.fields[name]).choices = choices


def new_key() -> str:
    """A batch key: the same one twice makes each row once."""
    return uuid4().hex
