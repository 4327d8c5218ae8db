"""The bar below the library: which clips, and what is to become of them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from generations.models import COLLECTION_NAME_LIMIT, TAG_LIMIT
from generations.services.bulk import MOST
from generations.services.deeds import Act
from generations.services.keys import read_key

ZIP, NEW = "zip", "new"
PLACES = ("library", "trash", "collection", "prompt")
OF_ONE = ("collection", "prompt")
"""Places of which there are many: `within` says which."""


class BulkForm(forms.Form):
    """`job` is sent once for each clip. What is no key of a clip is passed over as one that is not there.

    `into` is what the bar's menu says: a collection's key, or "new" for one of the name `name`. `collection` is
    one that stands fast and goes before it.
    """

    act = forms.ChoiceField(choices=[(act, act) for act in (*Act, ZIP)])
    tag = forms.CharField(required=False, max_length=TAG_LIMIT * 10)
    place = forms.ChoiceField(choices=[(place, place) for place in PLACES], required=False)
    within = forms.IntegerField(required=False, min_value=1)
    query = forms.CharField(required=False)
    into = forms.CharField(required=False, max_length=20)
    name = forms.CharField(required=False, max_length=COLLECTION_NAME_LIMIT * 10)
    collection = forms.CharField(required=False, max_length=20)

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("place") in OF_ONE and not self.cleaned_data.get("within"):
            self.add_error("within", "It belongs to this place.")  # never shown: no page of ours sends it
        sent = self.data.getlist("job") if isinstance(self.data, QueryDict) else []
        self.keys = list(dict.fromkeys(filter(None, map(read_key, sent))))
        if not self.keys:
            raise forms.ValidationError(_("Choose some clips first."))
        if len(self.keys) > MOST:
            said = _("At most {most} clips at once; {count} were chosen. Choose fewer.")
            raise forms.ValidationError(said.format(most=MOST, count=len(self.keys)))
        return self.cleaned_data

    @property
    def listed(self) -> str:
        """Where it was sent from."""
        return str(self.cleaned_data["place"] or PLACES[0])

    @property
    def page(self) -> int | None:
        """The key of the one whose clips are listed; None for lists of which there is one."""
        return self.cleaned_data["within"] if self.listed in OF_ONE else None

    @property
    def is_table(self) -> bool:
        """The clips are rows there, not cards."""
        return QueryDict(self.cleaned_data["query"]).get("view") == "list"

    @property
    def target(self) -> str:
        """Which collection is meant; empty where none was chosen."""
        here = self.page if self.listed == "collection" else ""
        meant = here if self.cleaned_data["act"] == Act.UNCOLLECT else self.cleaned_data["into"]
        return str(self.cleaned_data["collection"] or meant)

    @property
    def back(self) -> str:
        """The list it was sent from, with its filters, from its top."""
        query = QueryDict(self.cleaned_data.get("query", ""), mutable=True)
        query.pop("after", None)
        page = reverse(self.listed, args=[self.page] if self.page else None)
        return f"{page}?{query.urlencode()}" if query else page
