"""What staff chose in the table of all jobs, and what is to be done to it."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.http import QueryDict
from django.urls import reverse

from generations.services.job_table_plan import MOST, Deed
from generations.services.keys import read_key


class ChoiceForm(forms.Form):
    """`job` is sent once for each; what is no job's key is passed over. At most MOST are looked at."""

    act = forms.ChoiceField(choices=[(deed, deed) for deed in Deed])
    query = forms.CharField(required=False)

    @property
    def deed(self) -> Deed:
        return Deed(self.cleaned_data["act"])

    @property
    def keys(self) -> list[UUID]:
        return list(self.seen)

    @property
    def seen(self) -> dict[UUID, str]:
        """Each job with the stamp under which it was shown; "" in the table, which has none."""
        sent = self.data.getlist("job")[:MOST] if isinstance(self.data, QueryDict) else []
        pairs = [written.partition(":") for written in sent]
        return {key: stamp for named, _colon, stamp in pairs if (key := read_key(named))}

    @property
    def back(self) -> str:
        """The table it was sent from, with its filters, from its top."""
        query = QueryDict(self.cleaned_data.get("query", ""), mutable=True)
        query.pop("after", None)
        return f"{reverse('staff-jobs')}?{query.urlencode()}" if query else reverse("staff-jobs")


class ConfirmedForm(ChoiceForm):
    """The same after a look at what it comes to."""

    token = forms.RegexField(r"\A[0-9a-f]{32}\Z")
