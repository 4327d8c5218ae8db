"""Filters of the audit log, kept in the URL. A value that makes no sense filters nothing."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from generations.forms.found import YEARS, DayInput, midnight
from generations.forms.library import KEY_LIMIT
from generations.services.audit_log import actions, actors
from generations.services.told import told

COMMAND = "command"
OBJECT_LIMIT = 200


class AuditFilter(forms.Form):
    """By who did it, what, to what, and when, in the reader's time zone."""

    actor = forms.ChoiceField(required=False, label=_("Who"))
    action = forms.ChoiceField(required=False, label=_("What was done"))
    object = forms.CharField(required=False, label=_("To what"))
    since = forms.DateField(required=False, input_formats=["%Y-%m-%d"], validators=YEARS, widget=DayInput)
    until = forms.DateField(required=False, input_formats=["%Y-%m-%d"], validators=YEARS, widget=DayInput)

    def __init__(self, query: QueryDict) -> None:
        super().__init__(query)
        asked = query.get("actor", "")
        known = actors(int(asked) if asked.isdecimal() and len(asked) < KEY_LIMIT else 0)
        people = [(str(user.pk), str(user)) for user in known]
        done = [(action, capfirst(told(action))) for action in actions()]
        self.fields["actor"].choices = [("", gettext("Anyone")), (COMMAND, gettext("By command")), *people]  # type: ignore[attr-defined]
        self.fields["action"].choices = [("", gettext("Anything")), *done]  # type: ignore[attr-defined]
        self.is_valid()

    @property
    def where(self) -> Q:
        """What fits every filter that is set."""
        where = Q()
        if actor := self.cleaned_data.get("actor"):
            where &= Q(actor=None) if actor == COMMAND else Q(actor=int(actor))
        if action := self.cleaned_data.get("action"):
            where &= Q(action=action)
        if self.thing:
            where &= Q(subject__icontains=self.thing)
        if since := self.cleaned_data.get("since"):
            where &= Q(at__gte=midnight(since))
        if until := self.cleaned_data.get("until"):
            where &= Q(at__lt=midnight(until + timedelta(days=1)))
        return where

    @property
    def thing(self) -> str:
        """What the lines should be about, or a part of its name."""
        return str(self.cleaned_data.get("object", ""))[:OBJECT_LIMIT]

    @property
    def is_set(self) -> bool:
        return any(self.cleaned_data.get(field) for field in self.fields)

    @property
    def query(self) -> str:
        """The filters for another address, such as the file's."""
        kept = self.data.copy()  # type: ignore[attr-defined]
        kept.pop("after", None)
        return f"?{kept.urlencode()}" if kept else ""
