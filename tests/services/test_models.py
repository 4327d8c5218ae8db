"""Models by hand, as a copy, changed, switched: what may be written, and who is written down."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from generations.contract import Combination
from generations.models import AuditEntry, Provider, User, VideoModel
from generations.services.models import add_model, change_model, copy_model, switch_model
from generations.services.offer import current_offer

pytestmark = pytest.mark.django_db
WAN = {"slug": "wan-2.5", "name": "Wan 2.5"}
ROWS = [Combination("16:9", 5, "720p", 1280, 720, Decimal("0.35")), Combination("9:16", 10)]


def test_a_model_by_hand_can_be_chosen_at_once(provider: Provider, admin: User) -> None:
    row = add_model(provider, WAN, ROWS, admin)
    offered = current_offer().providers[0].models
    assert offered[-1].slug == "wan-2.5"
    assert offered[-1].combinations == tuple(ROWS)
    assert row.source == "by hand"
    entry = AuditEntry.objects.get(action="model added")
    assert (entry.actor, entry.subject) == (admin, "UniAll studio: Wan 2.5")
    assert entry.changes["combinations"][1] == ["16:9 · 5 s · 720p · 1280×720 · price 0.35", "9:16 · 10 s"]


def test_a_dialect_that_speaks_in_pixels_needs_them(provider: Provider) -> None:
    provider.dialect = "openai_videos"
    square = Combination("1:1", 5)
    with pytest.raises(ValidationError, match="Give width and height of 1:1"):
        add_model(provider, WAN, [*ROWS, square])
    assert add_model(provider, WAN, [*ROWS, replace(square, width=960, height=960)])


@pytest.mark.parametrize(
    ("columns", "rows", "field"),
    [
        ({"slug": ""}, ROWS, "slug"),
        ({"slug": "sora2-landscape-4s"}, ROWS, "slug"),
        ({"name": ""}, ROWS, "name"),
        ({"references": 5}, ROWS, "references"),
        ({"options": ["sound"]}, ROWS, "options"),
        ({"currency": "US DOLLARS EACH"}, ROWS, "currency"),
        ({}, [], "combinations"),
        ({}, [Combination("wide", 5)], "combinations"),
        ({}, [Combination("16:9", 0)], "combinations"),
        ({}, [Combination("16:9", 601)], "combinations"),
        ({}, [Combination("16:9", 5, "q" * 21)], "combinations"),
        ({}, [Combination("16:9", 5, width=99_999)], "combinations"),
        ({}, [Combination("16:9", 5, price=Decimal(-1))], "combinations"),
        ({}, [Combination("16:9", 5), Combination("16:9", 5, price=Decimal(1))], "combinations"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_wrong_is_said_by_field_and_nothing_is_kept(
    provider: Provider, columns: dict[str, Any], rows: list[Combination], field: str
) -> None:
    before = provider.models.count()
    with pytest.raises(ValidationError) as caught:
        add_model(provider, WAN | columns, rows)
    assert list(caught.value.message_dict) == [field]
    assert provider.models.count() == before
    assert not AuditEntry.objects.filter(action="model added").exists()


def test_a_change_is_written_down_with_what_it_was(provider: Provider, admin: User) -> None:
    row = first(provider)
    change_model(row, {"name": "Renamed"}, [Combination("16:9", 6)], admin)
    entry = AuditEntry.objects.get(action="model changed")
    assert set(entry.changes) == {"name", "combinations"}
    assert entry.changes["name"][1] == "Renamed"
    assert [c.value() for c in first(provider).combinations.all()] == [Combination("16:9", 6)]
    change_model(row, {}, [Combination("16:9", 6)], admin)
    assert AuditEntry.objects.filter(action="model changed").count() == 1, "nothing changed, nothing is written"


def test_a_copy_has_the_same_choices_under_another_name(provider: Provider, admin: User) -> None:
    row = first(provider)
    copy = copy_model(row, "sora2-renamed", admin)
    assert [c.value() for c in copy.combinations.all()] == [c.value() for c in row.combinations.all()]
    assert (copy.name, copy.source, copy.options) == (row.name, row.source, row.options)
    assert list(provider.models.all())[-1] == copy
    with pytest.raises(ValidationError, match="already exists"):
        copy_model(row, "sora2-renamed", admin)


def test_a_model_that_is_off_is_not_offered(provider: Provider, admin: User) -> None:
    row = first(provider)
    for on in (False, False, True):
        switch_model(row, enabled=on, actor=admin)
        slugs = {model.slug for model in current_offer().providers[0].models}
        assert (row.slug in slugs) == on
    told = AuditEntry.objects.filter(action="model switched").values_list("changes", flat=True)
    assert list(told) == [{"enabled": [False, True]}, {"enabled": [True, False]}]


def first(provider: Provider) -> VideoModel:
    row = provider.models.first()
    assert row is not None
    return row
