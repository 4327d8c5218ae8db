"""Deciding about waiting jobs, and the rules that make them wait."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from generations.forms.budgets import AMOUNT_MOST, EVERYONE, GROUP, MEMBER, Choices
from generations.models import WORDS_LIMIT, ApprovalRule, Group, Provider, User, VideoModel
from generations.services.approvals import NOTE_LIMIT
from generations.services.combinations import plain
from generations.services.keys import read_key
from generations.services.rates import portal_currency

AT_ONCE = 50
APPROVE, REJECT = "approve", "reject"
ANY, PROVIDER, MODEL = "any", "provider_id", "model_id"
GONE = _("Choose one of the list: this one is not in it any more.")
WORDS_MOST = 200
NONE = 0  # no row has this key


class NotedForm(forms.Form):
    """A choice in the field `chosen`, and a note, without which some choices cannot be made: those in `needing`."""

    note = forms.CharField(label=_("Note for its author"), max_length=NOTE_LIMIT, required=False)

    chosen: str
    needing: frozenset[str]

    def clean_note(self) -> str:
        """On one line: it stands in a sentence."""
        return " ".join(self.cleaned_data["note"].split())

    def clean(self) -> dict[str, Any]:
        is_needed = self.cleaned_data.get(self.chosen) in self.needing
        if is_needed and not self.cleaned_data.get("note") and "note" not in self.errors:
            self.add_error("note", gettext("Say why in a few words: its author reads them."))
        return self.cleaned_data


class DecisionForm(NotedForm):
    """Yes or no, and a note: to say no takes one."""

    chosen, needing = "act", frozenset({REJECT})

    act = forms.ChoiceField(choices=[(APPROVE, APPROVE), (REJECT, REJECT)])


def seen_in(query: QueryDict) -> dict[UUID, int]:
    """The jobs that were chosen, each with the revision that was shown; what makes no sense is left out."""
    found: dict[UUID, int] = {}
    for written in query.getlist("job")[:AT_ONCE]:
        key, _colon, rev = written.partition(":")
        read = read_key(key)
        if read and rev.isascii() and rev.isdecimal() and len(rev) < 10:
            found[read] = int(rev)
    return found


class RuleForm(forms.Form):
    """A rule: what is left open fits every job."""

    whose = forms.ChoiceField(label=_("Whose jobs"), error_messages={"invalid_choice": GONE})
    offer = forms.ChoiceField(label=_("Provider or model"), error_messages={"invalid_choice": GONE})
    amount = forms.DecimalField(
        label=_("Over an amount"), min_value=0, max_value=AMOUNT_MOST, decimal_places=2, required=False
    )
    is_first = forms.BooleanField(
        label=_("First job of a new member only"),
        help_text=_("Until one job of theirs was let through."),
        required=False,
    )
    words = forms.CharField(
        label=_("Words in the prompt"),
        help_text=_("One word or phrase a line; any of them is enough. Members are not told which."),
        max_length=WORDS_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4}),
        required=False,
    )

    def __init__(self, data: QueryDict | None = None, rule: ApprovalRule | None = None) -> None:
        super().__init__(data, initial=_start(rule) if rule else {})
        self.fields["whose"].choices = _people()  # type: ignore[attr-defined]
        self.fields["offer"].choices = _offers()  # type: ignore[attr-defined]
        said = gettext("In {currency}, of all takes together. A price that nobody knows is over every amount.")
        self.fields["amount"].help_text = said.format(currency=portal_currency())

    def clean_words(self) -> str:
        """Each once, without empty lines."""
        lines = dict.fromkeys(
            filter(None, (" ".join(line.split()) for line in self.cleaned_data["words"].splitlines()))
        )
        if len(lines) > WORDS_MOST:
            said = gettext("These are {count} words. Give {most} at most, or make a second rule.")
            raise forms.ValidationError(said.format(count=len(lines), most=WORDS_MOST))
        return "\n".join(lines)

    @property
    def columns(self) -> dict[str, Any]:
        """As the service takes them."""
        whose, offer = _target(self.cleaned_data["whose"]), _target(self.cleaned_data["offer"])
        return {
            "group": Group.objects.filter(pk=whose.get(GROUP, NONE)).first(),
            "member": User.objects.filter(pk=whose.get(MEMBER, NONE)).first(),
            "provider": Provider.objects.filter(pk=offer.get(PROVIDER, NONE)).first(),
            "model": VideoModel.objects.select_related("provider").filter(pk=offer.get(MODEL, NONE)).first(),
            **{name: self.cleaned_data[name] for name in ("amount", "is_first", "words")},
        }


def _target(chosen: str) -> dict[str, int]:
    kind, _colon, pk = chosen.partition(":")
    return {kind: int(pk)} if pk else {}


def _start(rule: ApprovalRule) -> dict[str, Any]:
    kinds = {GROUP: rule.group_id, MEMBER: rule.member_id}
    offers = {PROVIDER: rule.provider_id, MODEL: rule.model_id}
    return {
        "whose": next((f"{kind}:{pk}" for kind, pk in kinds.items() if pk), EVERYONE),
        "offer": next((f"{kind}:{pk}" for kind, pk in offers.items() if pk), ANY),
        "amount": None if rule.amount is None else plain(rule.amount),
        "is_first": rule.is_first,
        "words": rule.words,
    }


def _people() -> Choices:
    groups: Choices = [(f"{GROUP}:{group.pk}", group.name) for group in Group.objects.all()]
    members: Choices = [(f"{MEMBER}:{user.pk}", str(user)) for user in User.objects.filter(is_active=True)]
    shown = [(gettext("A group"), groups), (gettext("A member"), members)]
    return [(EVERYONE, gettext("Everyone’s")), *((label, rows) for label, rows in shown if rows)]


def _offers() -> Choices:
    """Every provider, and under each its models."""
    return [(ANY, gettext("Any")), *offers_by_provider()]


def offers_by_provider() -> Choices:
    whole = gettext("{provider}, every model")
    return [
        (
            provider.name,
            [(f"{PROVIDER}:{provider.pk}", whole.format(provider=provider.name))]
            + [(f"{MODEL}:{model.pk}", f"{provider.name}: {model.name}") for model in provider.models.all()],
        )
        for provider in Provider.objects.prefetch_related("models")
    ]
