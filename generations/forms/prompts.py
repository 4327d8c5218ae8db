"""The prompt history's filters, kept in the URL, and the form of a prompt that is saved without being run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from django import forms
from django.db.models import Exists, OuterRef
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from generations.models import TITLE_LIMIT, Prompt, PromptMark, PromptQuerySet, PromptTag, Tag, User, Visibility
from generations.models.unindexed import Unindexed
from generations.services.compose import PROMPT_LIMIT
from generations.services.history import SORTS, run_by
from generations.services.paging import Keyset
from generations.services.search import prompts_on_the_way
from generations.services.ways import by_link, is_more

ORDER = [
    ("recent", _("Last run")),
    ("used", _("Most used")),
    ("rated", _("Best rated")),
    ("success", _("Most reliable")),
]
SEARCH_LIMIT = 200


class PromptFilter(forms.Form):
    """By whose, by words, by marks. A value that makes no sense filters nothing."""

    whose = forms.ChoiceField(choices=[("team", _("Team")), ("mine", _("Mine"))], required=False)
    q = forms.CharField(required=False)
    sort = forms.ChoiceField(choices=ORDER, required=False)
    author = forms.ModelChoiceField(User.objects.order_by("name", "email"), required=False, empty_label=_("Anyone"))
    tag = forms.ModelChoiceField(Tag.objects.none(), required=False, empty_label=_("Any tag"), to_field_name="name")
    favourite = forms.BooleanField(label=_("Favourites"), required=False)
    pinned = forms.BooleanField(label=_("Pinned"), required=False)
    templates = forms.BooleanField(label=_("Templates"), required=False)

    def __init__(self, query: QueryDict, user: User) -> None:
        super().__init__(query)
        self.user = user
        worn = Prompt.objects.visible_to(user).filter(prompt_tags__tag=OuterRef("pk"))
        cast("forms.ModelChoiceField[Tag]", self.fields["tag"]).queryset = Tag.objects.filter(Exists(worn))
        self.is_valid()

    @property
    def sorted_by(self) -> str:
        return str(self._set("sort") or "recent")

    @property
    def words(self) -> str:
        return str(self._set("q") or "").replace("\x00", "").strip()[:SEARCH_LIMIT]

    @property
    def mine(self) -> bool:
        return bool(self._set("whose") == "mine")

    @property
    def ticks(self) -> list[forms.BoundField]:
        return [self["favourite"], self["pinned"], self["templates"]]

    @property
    def only_pinned(self) -> bool:
        return bool(self._set("pinned"))

    @property
    def is_set(self) -> bool:
        """True where something is left out of the list."""
        return self.mine or any(map(self._set, ("q", "author", "tag", "favourite", "pinned", "templates")))

    def narrow(self, prompts: PromptQuerySet) -> tuple[PromptQuerySet, Keyset]:
        """The prompts that fit every filter that is set and hold the words, and their order."""
        rows = run_by(prompts, self.user) if self.mine else self._of_author(prompts)
        rows, order = self._marked(rows), replace(SORTS[self.sorted_by], is_short=self.only_pinned)
        return prompts_on_the_way(rows, self.words, order) if self.words else (rows, order)

    def _of_author(self, rows: PromptQuerySet) -> PromptQuerySet:
        """Of many, the list is gone through in its order; of few, his alone are sorted."""
        author = self._set("author")
        if author and is_more(Prompt.objects.filter(author=author)):
            return rows.alias(whose=Unindexed("author_id")).filter(whose=author.pk)
        return rows.filter(author=author) if author else rows

    def _marked(self, rows: PromptQuerySet) -> PromptQuerySet:
        if self._set("templates"):
            rows = rows.filter(is_template=True)
        if self.only_pinned:
            rows = rows.filter(pinned_at__isnull=False)
        if self._set("tag"):
            rows = by_link(rows, PromptTag.objects.filter(tag=self._set("tag")), "prompt")
        if self._set("favourite"):
            rows = by_link(rows, PromptMark.objects.filter(user=self.user, favourite=True), "prompt")
        return rows

    def _set(self, field: str) -> Any:
        return self.cleaned_data.get(field)


class SavedPromptForm(forms.Form):
    """A title, a text and who sees it."""

    title = forms.CharField(label=_("Title"), required=False, max_length=TITLE_LIMIT)
    text = forms.CharField(
        label=_("Prompt"),
        strip=False,
        max_length=PROMPT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
        help_text=_("{name} or {name=a default} is asked for each time. Other braces stay as they are."),
        error_messages={"required": _("Write a prompt first.")},
    )
    visibility = forms.ChoiceField(
        label=_("Seen by"), choices=Visibility.choices, required=False, initial=Visibility.TEAM
    )
