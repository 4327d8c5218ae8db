"""The composer. What is legal is the service's word; the form only carries it to the right control."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from generations.contract import Offer
from generations.forms.extras import OptionControl, ReferenceBox, option_controls, reference_box
from generations.forms.options import OPTION, Chosen, Options, options
from generations.forms.picker import Bill, ModelLine, bill, model_lines
from generations.media.pictures import BYTES_MOST
from generations.models import Derived, Fit, Reference, User, Visibility
from generations.services.compose import PROMPT_LIMIT, Ask, NotPossible, check
from generations.services.references import NotUsable, add, add_from_url

TOO_OLD = _("This form was not complete. Here is a fresh one with your text; nothing was sent. Send it again.")
REFERENCE = ("reference", "reference_file", "reference_url", "reference_fit")


def added(author: User, file: Any, url: str) -> Reference | None:
    """The image that was uploaded or named, kept; None when there is none. Raises NotUsable."""
    if not author.can_create:
        return None
    if file:
        if (file.size or 0) > BYTES_MOST:
            raise NotUsable(gettext("The image has more than {most} MB.").format(most=BYTES_MOST >> 20))
        return add(author, file.read())
    return add_from_url(author, url.strip()) if url.strip() else None


def new_token() -> str:
    """A compose key: the same one twice is the same job."""
    return uuid4().hex


def row_number(written: str) -> int | None:
    """A row's number as a URL or a hidden field has it; None for anything else."""
    return int(written) if written.isascii() and written.isdecimal() and len(written) < 19 else None


class ComposeForm(forms.Form):
    """One ask. Every field may arrive empty: the rules are in `check`, and its words are shown at the control."""

    text = forms.CharField(required=False, strip=False)
    provider = forms.IntegerField(required=False, error_messages={"invalid": _("Choose a provider.")})
    model = forms.CharField(required=False)
    aspect_ratio = forms.CharField(required=False)
    seconds = forms.IntegerField(required=False, error_messages={"invalid": _("Choose a length.")})
    quality = forms.CharField(required=False)
    reference = forms.UUIDField(required=False, error_messages={"invalid": _("This image is not there. Add it again.")})
    reference_fit = forms.ChoiceField(choices=Fit.choices, required=False, initial=Fit.CROP)
    reference_file = forms.FileField(required=False, allow_empty_file=True)
    reference_url = forms.CharField(required=False, max_length=2000)
    reference_off = forms.BooleanField(required=False)
    takes = forms.IntegerField(required=False, initial=1, error_messages={"invalid": _("Choose how many takes.")})
    visibility = forms.ChoiceField(choices=Visibility.choices, required=False, initial=Visibility.TEAM)
    derived_from = forms.UUIDField(required=False)
    derived_as = forms.ChoiceField(choices=Derived.choices, required=False)
    forked_from = forms.CharField(required=False)  # a prompt; what is none says nothing
    compose_token = forms.CharField(
        error_messages={"required": TOO_OLD}, validators=[RegexValidator(r"\A[0-9a-f]{32}\Z", TOO_OLD)]
    )

    limit = PROMPT_LIMIT

    def __init__(self, author: User, offer: Offer, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.author, self.offer = author, offer

    @property
    def options(self) -> Options | None:
        """The controls for what is chosen in this form, or the nearest legal choice."""
        return options(self.offer, self.chosen)

    @property
    def chosen(self) -> Chosen:
        """What was picked so far; an image that came in with this form is picked too."""
        chosen = Chosen.read(self.data if self.is_bound else self.initial)
        image = getattr(self, "cleaned_data", {}).get("reference") if self.is_bound else None
        return replace(chosen, reference=image) if image else chosen

    @property
    def extras(self) -> list[OptionControl]:
        return option_controls(self.options, self.chosen) if self.options else []

    @property
    def bill(self) -> Bill | None:
        """What sending this form asks for and costs."""
        return bill(self.options, self.chosen.takes, self.offer.takes_most) if self.options else None

    @property
    def lines(self) -> list[ModelLine]:
        return model_lines(self.options) if self.options else []

    @property
    def box(self) -> ReferenceBox | None:
        """The reference image's part of the composer."""
        problem = next((str(self.errors[name][0]) for name in REFERENCE if name in self.errors), "")
        return reference_box(self.author, self.options, self.chosen, problem) if self.options else None

    @property
    def ask(self) -> Ask:
        data = self.cleaned_data
        return Ask(
            text=data["text"],
            provider=data["provider"] or 0,
            model=data["model"],
            compose_token=data["compose_token"],
            aspect_ratio=data["aspect_ratio"] or None,
            seconds=data["seconds"],
            quality=data["quality"] or None,
            visibility=Visibility(data["visibility"] or Visibility.TEAM),
            options=self.chosen.options,
            reference=data["reference"],
            reference_fit=Fit(data["reference_fit"] or Fit.CROP),
            takes=1 if data["takes"] is None else data["takes"],
            derived_from=data["derived_from"],
            derived_as=Derived(data["derived_as"]) if data["derived_as"] else None,
            forked_from=row_number(data["forked_from"]),
        )

    @property
    def kept(self) -> dict[str, Any]:
        """What the next form opens with: the same settings, options and image."""
        chosen = self.chosen
        once = (
            "text",
            "derived_from",
            "derived_as",
            "forked_from",
            "compose_token",
            "reference_file",
            "reference_url",
            "reference_off",
        )
        same = {name: value for name, value in self.cleaned_data.items() if name not in once}
        return same | {OPTION + name: value for name, value in chosen.options.items()}

    @property
    def token(self) -> str:
        """The key to render: the one that came in, unless it was no good."""
        usable = self.is_bound and "compose_token" not in self.errors
        return str(self.data["compose_token"]) if usable else new_token()

    def clean(self) -> dict[str, Any]:
        """Ask the service whether this is possible; a field that is already in error is named first.

        An image that comes with the form is added before, so that it stays whatever else is wrong.
        """
        self._attach()
        if not self.errors:
            try:
                check(self.author, self.offer, self.ask)
            except NotPossible as problem:
                self.refuse(problem)
        return self.cleaned_data

    def _attach(self) -> None:
        data = self.cleaned_data
        try:
            if data.get("reference_off"):
                data["reference"] = None
            elif image := added(self.author, data.get("reference_file"), data.get("reference_url", "")):
                data["reference"] = image.key
        except NotUsable as problem:
            self.add_error("reference", str(problem))

    def refuse(self, problem: NotPossible) -> None:
        """Say it at the control it names, or above the form when there is none."""
        self.add_error(problem.field if problem.field in self.fields else None, str(problem))
