"""The bar below the library: which clips, and what is to become of them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from generations.models import TAG_LIMIT
from generations.services.bulk import MOST, Act
from generations.services.keys import read_key

ZIP = "zip"
PLACES = ("library", "trash")


class BulkForm(forms.Form):
    """`job` is sent once for each clip. What is no key of a clip is passed over as one that is not there."""

    act = forms.ChoiceField(choices=[(act, act) for act in (*Act, ZIP)])
    tag = forms.CharField(required=False, max_length=TAG_LIMIT * 10)
    place = forms.ChoiceField(choices=[(place, place) for place in PLACES], required=False)
    query = forms.CharField(required=False)

    def clean(self) -> dict[str, Any]:
        sent = self.data.getlist("job") if isinstance(self.data, QueryDict) else []
        self.keys = list(dict.fromkeys(filter(None, map(read_key, sent))))
        if not self.keys:
            raise forms.ValidationError(_("Choose some clips first."))
        if len(self.keys) > MOST:
            said = _("At most {most} clips at once; {count} were chosen. Choose fewer.")
            raise forms.ValidationError(said.format(most=MOST, count=len(self.keys)))
        return self.cleaned_data

    @property
    def back(self) -> str:
        """The list it was sent from, with its filters, from its top."""
        query = QueryDict(self.cleaned_data.get("query", ""), mutable=True)
        query.pop("after", None)
        page = reverse(self.cleaned_data.get("place") or PLACES[0])
        return f"{page}?{query.urlencode()}" if query else page
