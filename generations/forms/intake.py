"""The page that takes prompts from a file: the file or its text, and who sees rows that leave it open."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from generations.models import Visibility
from generations.services.batch.table import BYTES_MOST, TOO_LARGE, NotReadable, decoded, tidied
from generations.services.intake import ROWS_MOST

LIMITS = format_lazy(_("At most {most} rows and 1 MB."), most=ROWS_MOST)


class IntakeForm(forms.Form):
    """A file wins over the text below it, so that a mended file can be sent again. `content` is the text of either."""

    file = forms.FileField(label=_("CSV or JSON file"), required=False, allow_empty_file=True, help_text=LIMITS)
    text = forms.CharField(required=False, strip=False)
    visibility = forms.ChoiceField(
        label=_("Seen by, where a row leaves it open"),
        choices=Visibility.choices,
        required=False,
        initial=Visibility.TEAM,
    )
    digest = forms.CharField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.content = str(self.data.get("text", ""))
        self.fields["text"].validators = []  # what is no text is said by `clean`, in our words

    @property
    def default(self) -> Visibility:
        return Visibility(self.cleaned_data["visibility"] or Visibility.TEAM)

    def clean(self) -> dict[str, Any]:
        file = self.cleaned_data.get("file")
        try:
            if file and (file.size or 0) > BYTES_MOST:
                raise NotReadable(gettext(TOO_LARGE))
            self.content = tidied(decoded(file.read()) if file else self.content)
        except NotReadable as problem:
            self.add_error("file" if file else "text", str(problem))
        return self.cleaned_data
