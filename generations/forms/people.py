"""People: how the list is narrowed, who somebody is, invitations, and what an invited person sets."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from generations.models import Group, Invitation, Role, User
from generations.services.invitations import DAYS

NAME_LIMIT = 80
ACTIVE, OFF = "active", "off"
MAIL, COPY = "mail", "copy"
PASSWORD = forms.PasswordInput(attrs={"autocomplete": "new-password"})


class PeopleFilter(forms.Form):
    """By name or e-mail, role, whether they can sign in, and group. A value that makes no sense filters nothing."""

    q = forms.CharField(required=False)
    role = forms.ChoiceField(required=False, choices=[("", _("Any role")), *Role.choices])
    state = forms.ChoiceField(
        required=False, choices=[("", _("Any state")), (ACTIVE, _("Can sign in")), (OFF, _("Switched off"))]
    )
    group = forms.ModelChoiceField(Group.objects.all(), required=False, empty_label=_("Any group"))

    def __init__(self, query: QueryDict) -> None:
        super().__init__(query)
        self.is_valid()

    @property
    def where(self) -> Q:
        """What fits every filter that is set."""
        where, picked = Q(), self.cleaned_data
        if self.words:
            where &= Q(name__icontains=self.words) | Q(email__icontains=self.words)
        if picked.get("role"):
            where &= Q(role=picked["role"])
        if picked.get("state"):
            where &= Q(is_active=picked["state"] == ACTIVE)
        if picked.get("group"):
            where &= Q(pk__in=picked["group"].members.values("pk"))
        return where

    @property
    def words(self) -> str:
        return str(self.cleaned_data.get("q", ""))[:NAME_LIMIT]

    @property
    def is_set(self) -> bool:
        return any(self.cleaned_data.get(field) for field in self.fields)


class PersonForm(forms.Form):
    """Who somebody is, and what they may do."""

    name = forms.CharField(label=_("Name"), max_length=NAME_LIMIT, required=False)
    email = forms.EmailField(label=_("E-mail"), max_length=254)
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)

    def __init__(self, person: User, data: QueryDict | None = None) -> None:
        super().__init__(data, initial={"name": person.name, "email": person.email, "role": person.role})


class InviteForm(forms.Form):
    """Whom, as what, for how long, and how the link gets there."""

    email = forms.EmailField(label=_("E-mail"), max_length=254)
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.MEMBER)
    group = forms.ModelChoiceField(Group.objects.all(), label=_("Group"), required=False, empty_label=_("None"))
    days = forms.TypedChoiceField(
        label=_("The link works for"),
        coerce=int,
        initial=DAYS,
        choices=[(1, _("a day")), (7, _("a week")), (30, _("30 days"))],
    )
    way = forms.ChoiceField(label=_("How they get it"), choices=[(MAIL, _("By mail")), (COPY, _("I copy it"))])

    def __init__(self, data: QueryDict | None = None, *, sends_mail: bool = False) -> None:
        super().__init__(data)
        if not sends_mail:
            del self.fields["way"]

    @property
    def by_mail(self) -> bool:
        return self.cleaned_data.get("way") == MAIL


class AcceptForm(forms.Form):
    """Their name and password; the e-mail is the invitation's."""

    name = forms.CharField(
        label=_("Your name"), max_length=NAME_LIMIT, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password1 = forms.CharField(label=_("Password"), max_length=1000, strip=False, widget=PASSWORD)
    password2 = forms.CharField(label=_("Password, again"), max_length=1000, strip=False, widget=PASSWORD)

    def __init__(self, invitation: Invitation, data: QueryDict | None = None) -> None:
        super().__init__(data)
        self.invitation = invitation

    def clean(self) -> dict[str, Any]:
        """The two are the same, and good enough for an account of this name."""
        given = self.cleaned_data
        first, second = given.get("password1"), given.get("password2")
        if first and second and first != second:
            self.add_error("password2", gettext("The two passwords are not the same. Type them again."))
        elif first:
            self._check(first)
        return given

    def _check(self, password: str) -> None:
        try:
            validate_password(password, User(email=self.invitation.email, name=self.cleaned_data.get("name", "")))
        except ValidationError as error:
            self.add_error("password1", error)
