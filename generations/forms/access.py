"""Who may use a provider or a model, and what a role begins with."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from generations.forms.approvals import GONE, MODEL, PROVIDER, offers_by_provider
from generations.models import TAKES_MOST, Group, Provider, RoleDefault, User, VideoModel

EVERYONE, SOME = "everyone", "some"
NONE = ""


class LimitForm(forms.Form):
    """Everyone, or only some."""

    who = forms.ChoiceField(
        label=_("Who may use it"),
        choices=[(EVERYONE, _("Everyone who makes clips")), (SOME, _("Only these, and admins"))],
        widget=forms.RadioSelect,
    )
    groups = forms.ModelMultipleChoiceField(
        Group.objects.all(), label=_("Groups"), required=False, widget=forms.CheckboxSelectMultiple
    )
    people = forms.ModelMultipleChoiceField(
        User.objects.none(), label=_("Members"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, row: Provider | VideoModel, data: QueryDict | None = None) -> None:
        inside = list(row.people.values_list("pk", flat=True))
        groups = list(row.groups.values_list("pk", flat=True))
        start = {"who": SOME if row.is_limited else EVERYONE, "groups": groups, "people": inside}
        super().__init__(data, initial=start)
        people = User.objects.filter(is_active=True) | User.objects.filter(pk__in=inside)
        self.fields["people"].queryset = people  # type: ignore[attr-defined]

    @property
    def is_limited(self) -> bool:
        return bool(self.cleaned_data["who"] == SOME)


class RoleForm(forms.Form):
    """What everybody of a role begins with."""

    takes_most = forms.TypedChoiceField(
        label=_("Takes at once, at most"), choices=[(n, n) for n in range(1, TAKES_MOST + 1)], coerce=int
    )
    start = forms.ChoiceField(
        label=_("The composer begins with"), required=False, error_messages={"invalid_choice": GONE},
        help_text=_("Everybody may choose another one that is open to them."),
    )  # fmt: skip
    needs_approval = forms.BooleanField(
        label=_("Every job needs approval"), help_text=_("Whatever the rules say."), required=False
    )

    def __init__(self, row: RoleDefault, data: QueryDict | None = None) -> None:
        begins = (
            f"{MODEL}:{row.model_id}" if row.model_id else f"{PROVIDER}:{row.provider_id}" if row.provider_id else NONE
        )
        start = {"takes_most": row.takes_most, "start": begins, "needs_approval": row.needs_approval}
        super().__init__(data, initial=start)
        self.fields["start"].choices = [(NONE, gettext("The first one on offer")), *offers_by_provider()]  # type: ignore[attr-defined]

    @property
    def columns(self) -> dict[str, Any]:
        """As the service takes them."""
        kind, _colon, pk = self.cleaned_data["start"].partition(":")
        model = VideoModel.objects.select_related("provider").filter(pk=pk).first() if kind == MODEL else None
        provider = Provider.objects.filter(pk=pk).first() if kind == PROVIDER else None
        named = {"provider": model.provider if model else provider, "model": model}
        return {name: self.cleaned_data[name] for name in ("takes_most", "needs_approval")} | named
