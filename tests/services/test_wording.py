"""Texts of Python code are translated when they are shown, and what is stored stays English."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

import pytest
from django.apps import apps
from django.conf import LazySettings
from django.core.exceptions import ValidationError
from django.db.models import Field, TextChoices
from django.forms import BaseForm
from django.utils import translation
from django.utils.functional import Promise

from generations import forms, models
from generations.catalogue import options_of, presets_of
from generations.contract import OfferedModel
from generations.dialects import DIALECTS
from generations.forms import batch, compose, filters, notices, options, providers, reconcile
from generations.forms import models as model_forms
from generations.forms.compose import ComposeForm, new_token
from generations.forms.extras import option_controls
from generations.forms.options import Chosen
from generations.forms.picker import bill, model_lines
from generations.models import AuditEntry, Job, Provider, Source, State, User
from generations.services import candidates, gist, headers, listing, wording
from generations.services.actions import actions
from generations.services.compose import Ask, NotPossible, check
from generations.services.delivery import NO_ADDRESS
from generations.services.offer import current_offer
from generations.services.price import FREE
from generations.services.providers import add_provider, change_provider, hold
from generations.services.reconcile import give_up
from generations.services.rules import check_provider

CHINESE = "zh-hans"
NAMES = {"mingyan (GlobalAiOpc)", "OpenAI Videos API", "UniAll", "Unified /v1/video/create"}
FORM_MODULES = (batch, compose, filters, model_forms, notices, providers, reconcile)


def seen(text: object) -> bool:
    """Was this text, or a part of it, looked up in the reader's catalogue?"""
    return "⟦" in str(text)


@pytest.fixture
def chinese(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A catalogue that has every message: the English one in brackets. The reader is Chinese."""

    def told(message: object) -> str:
        return f"⟦{message}⟧" if translation.get_language() == CHINESE else str(message)

    # What all ways to translate end in; a text that was evaluated at import never comes here.
    monkeypatch.setattr(translation._trans, "gettext", told)  # type: ignore[attr-defined]
    monkeypatch.setattr(translation._trans, "pgettext", lambda context, message: told(message))  # type: ignore[attr-defined]
    with translation.override(CHINESE):
        yield


def enums() -> list[type[TextChoices]]:
    found = [getattr(models, name) for name in models.__all__]
    return [one for one in found if isinstance(one, type) and issubclass(one, TextChoices)]


def form_classes() -> list[type[BaseForm]]:
    everything = [one for module in FORM_MODULES for one in vars(module).values() if isinstance(one, type)]
    return [one for one in everything if issubclass(one, BaseForm) and one.__module__.startswith(forms.__name__)]


class TestNothingIsEvaluatedAtImport:
    @pytest.mark.parametrize("enum", enums(), ids=lambda enum: enum.__name__)
    def test_labels_of_enums(self, chinese: None, enum: type[TextChoices]) -> None:
        assert enum.choices
        assert all(seen(label) for _, label in enum.choices)

    def test_a_column_shows_the_label(self, chinese: None, make_job: Callable[..., Job]) -> None:
        assert make_job(State.UNKNOWN).get_state_display() == "⟦Outcome unknown⟧"

    @pytest.mark.parametrize("form", form_classes(), ids=lambda form: form.__name__)
    def test_labels_helps_and_errors_of_forms(self, chinese: None, form: type[BaseForm]) -> None:
        for name, field in form.base_fields.items():  # type: ignore[attr-defined]
            assert all(seen(text) for text in (field.label, field.help_text) if text), name
            assert all(isinstance(text, Promise) for text in field.error_messages.values()), name

    def test_names_and_helps_of_columns(self) -> None:
        fields = [f for model in apps.get_app_config("generations").get_models() for f in model._meta.get_fields()]
        own = [f for f in fields if isinstance(f, Field) and not f.auto_created]
        assert not [f for f in own if f.help_text and not isinstance(f.help_text, Promise)]
        assert not [f for f in own if isinstance(f._verbose_name, str)]  # type: ignore[attr-defined]


class TestTheComposer:
    def form(self, member: User, **data: str) -> ComposeForm:
        return ComposeForm(member, current_offer(), {"compose_token": new_token(), **data})

    def test_a_wrong_field_and_a_broken_rule(self, chinese: None, member: User, provider: Provider) -> None:
        assert self.form(member, seconds="long").errors["seconds"] == ["⟦Choose a length.⟧"]
        assert self.form(member, text=" ").errors["text"] == ["⟦Write a prompt first.⟧"]

    def test_values_stand_in_the_translated_sentence(self, chinese: None, member: User, provider: Provider) -> None:
        ask = Ask("A fox", provider.pk, "sora-9", new_token())
        with pytest.raises(NotPossible, match=f"⟦{provider.name} does not offer sora-9 now"):
            check(member, current_offer(), ask)

    def test_why_something_on_offer_is_off(self, chinese: None, provider: Provider, settings: LazySettings) -> None:
        settings.PUBLIC_URL = ""
        model = provider.models.first()
        assert model
        model.references = 1
        model.save()
        Provider.objects.filter(pk=provider.pk).update(paused_reason="HTTP 401")
        (offered,) = current_offer().providers
        assert offered.models[0].references_off == f"⟦{NO_ADDRESS}⟧"
        assert offered.waiting == "⟦waiting: the provider needs an admin⟧"

    def test_controls(self, chinese: None, db: None) -> None:
        add_provider("Unified", "unified", "https://api.example.com", "sk-test")
        shown = options.options(current_offer(), Chosen(model="sora-2-pro"))
        assert shown
        assert [control.legend for control in shown.controls] == ["⟦Aspect ratio⟧", "⟦Duration⟧", "⟦Quality⟧"]
        assert {choice.label for choice in shown.controls[2].choices} == {"⟦small⟧", "⟦medium⟧", "⟦large⟧"}
        assert seen(shown.model.note)
        for control in option_controls(shown, Chosen()):
            assert seen(control.option.label)
            assert all(seen(value.label) for value in control.option.values)
        assert (bill(shown, 2, 4).words, bill(shown, 2, 4).cost) == ("⟦Generate 2 takes⟧", "⟦price unknown⟧")
        assert "⟦price unknown⟧" in model_lines(shown)[0].facts
        assert str(FREE) == "⟦free⟧"

    def test_a_need_names_its_values_in_one_sentence(self, chinese: None) -> None:
        elsewhere = OfferedModel(1, "other", "Other", ())
        able = tuple(options.Choice(value, value, False, elsewhere) for value in ("4 s", "8 s"))
        (need,) = options.Control("seconds", "Duration", able).needs
        assert need.labels == "⟦4 s and 8 s⟧"

    def test_what_another_try_costs(self, chinese: None, member: User, make_job: Callable[..., Job]) -> None:
        found = actions(make_job(State.UNKNOWN), member)
        assert found
        assert seen(found.warns)


class TestSettingsOfAProvider:
    def test_each_problem(self, chinese: None, provider: Provider) -> None:
        provider.base_url, provider.query_path, provider.key = "http://api.example.com", "jobs", "schlüssel"
        with pytest.raises(ValidationError) as caught:
            check_provider(provider)
        assert {"base_url", "query_path", "key"} <= caught.value.message_dict.keys()
        assert all(seen(text) for texts in caught.value.message_dict.values() for text in texts)

    def test_extra_headers(self, chinese: None) -> None:
        with pytest.raises(ValueError, match="⟦Line 2 is no header"):
            headers.parsed("A: b\nnothing")


class TestWhatIsStoredStaysEnglish:
    def test_a_pause_by_hand(self, chinese: None, provider: Provider, admin: User) -> None:
        hold(provider, admin)
        provider.refresh_from_db()
        assert provider.paused_reason == f"Paused by {admin}."

    def test_the_audit(
        self, chinese: None, provider: Provider, admin: User, reviewer: User, make_job: Callable[..., Job]
    ) -> None:
        change_provider(provider, {"in_flight": 9}, admin)
        hold(provider, admin)
        job = make_job(State.UNKNOWN)
        give_up(job, job.submissions.get().number, reviewer)
        told = [f"{entry.action} {entry.changes}" for entry in AuditEntry.objects.all()]
        assert len(told) == 4
        assert not any(map(seen, told))

    def test_what_ends_a_job(self, chinese: None) -> None:
        stored = [NO_ADDRESS, candidates.NOT_KNOWN, *candidates.NAMED_BY.values(), *gist.CURES.values()]
        assert not any(map(seen, stored))
        assert candidates.NAMED_BY.keys() == set(Source)
        assert listing.FOUND_IN.keys() == set(Source) - {Source.CALLBACK}

    def test_the_engine_and_commands_speak_english(self, settings: LazySettings) -> None:
        assert settings.LANGUAGE_CODE == "en"  # nobody activates another language there


class TestTheCatalogueFiles:
    """They are data: what they say is named once more in `wording`, or nobody could translate it."""

    def words(self) -> Iterable[str]:
        for slug in DIALECTS:
            for preset in presets_of(slug):
                yield from (preset.title, preset.note)
                yield from (model.note for model in preset.models)
                yield from (c.quality for model in preset.models for c in model.combinations)
            for option in options_of(slug).values():
                yield option.label
                yield from (text for value in option.values for text in (value.label, value.means))

    def test_every_word_is_named_and_none_too_many(self) -> None:
        said = {text for text in self.words() if text and not re.fullmatch(r"\d+p", text)}
        assert said - NAMES == wording.CATALOGUE

    def test_they_stay_english_themselves(self, chinese: None) -> None:
        assert not any(seen(text) for text in self.words())

    def test_no_text_is_looked_up_that_is_none(self) -> None:
        with translation.override(CHINESE):
            assert wording.worded("") == ""
