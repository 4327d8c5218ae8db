"""A model and its legal combinations, by hand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from generations.catalogue import options_of
from generations.contract import PRICE_MOST, Combination
from generations.models import VideoModel
from generations.services.combinations import PIXELS_MOST, SECONDS_MOST, plain
from generations.services.rates import as_known
from generations.services.wording import worded

BLANK_ROWS, ROWS_MOST = 4, 200


class ModelForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a model is called and what it takes. The service checks the rest."""

    options = forms.MultipleChoiceField(
        label=_("Options members may choose"), required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = VideoModel
        fields = ["slug", "name", "note", "options", "references", "currency", "price_note"]
        labels = {
            "slug": _("Wire id"),
            "name": _("Name"),
            "note": _("Note"),
            "currency": _("Prices in"),
            "price_note": _("Price note"),
        }
        help_texts = {
            "slug": _("What the provider calls it."),
            "note": _("Shown to members beside the model."),
            "currency": _(
                "Such as USD, or a unit of the provider’s own, as points. Empty counts as the portal’s currency."
            ),
        }

    def __init__(self, dialect: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = options_of(dialect)
        self.fields["options"].choices = [(name, worded(option.label)) for name, option in known.items()]  # type: ignore[attr-defined]
        if not known:
            del self.fields["options"]

    def clean_currency(self) -> str:
        return as_known(self.cleaned_data["currency"])

    def _post_clean(self) -> None:
        """Nothing is written to the row here: the service does that, and checks it."""

    @property
    def columns(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class CombinationForm(forms.Form):
    """One row of what may be asked for."""

    aspect_ratio = forms.CharField(label=_("Aspect ratio"), max_length=8)
    seconds = forms.IntegerField(label=_("Seconds"), min_value=1, max_value=SECONDS_MOST)
    quality = forms.CharField(label=_("Quality"), max_length=20, required=False)
    width = forms.IntegerField(label=_("Width"), min_value=0, max_value=PIXELS_MOST, required=False)
    height = forms.IntegerField(label=_("Height"), min_value=0, max_value=PIXELS_MOST, required=False)
    price = forms.DecimalField(
        label=_("Price of a clip"), min_value=0, max_value=PRICE_MOST, decimal_places=6, required=False
    )

    @property
    def value(self) -> Combination:
        data = {name: value for name, value in self.cleaned_data.items() if name in self.base_fields}
        return Combination(**{**data, "width": data["width"] or 0, "height": data["height"] or 0})


class CombinationSet(forms.BaseFormSet):  # type: ignore[type-arg]
    """The rows of a model."""

    @property
    def values(self) -> list[Combination]:
        """The rows that were filled in and not struck out."""
        kept = (form for form in self.forms if form.has_changed() or form.initial)
        return [form.value for form in kept if not form.cleaned_data.get("DELETE")]


def combination_set(data: QueryDict | None, combinations: Iterable[Combination]) -> CombinationSet:
    """Rows for these combinations and some blank ones, so that more can be added without a script."""
    kind = forms.formset_factory(
        CombinationForm, CombinationSet, extra=BLANK_ROWS, can_delete=True, max_num=ROWS_MOST, absolute_max=ROWS_MOST
    )
    return cast(CombinationSet, kind(data, initial=[_row(c) for c in combinations], prefix="c"))


def _row(c: Combination) -> dict[str, Any]:
    """A combination as its row starts; what is not known stays empty."""
    price = plain(c.price) if c.price is not None else None
    known = {"aspect_ratio": c.aspect_ratio, "seconds": c.seconds, "quality": c.quality}
    return known | {"width": c.width or None, "height": c.height or None, "price": price}


def refuse(form: ModelForm, error: ValidationError) -> None:
    """Say each problem at its field; those of the rows above the form."""
    for name, texts in error.message_dict.items():
        form.add_error(name if name in form.fields else None, texts)
