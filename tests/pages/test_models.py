"""The page of one model: its rows, its copy, its switch."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from generations.contract import Combination
from generations.models import AuditEntry, Provider, User, VideoModel
from generations.services.offer import current_offer
from generations.services.providers import add_provider
from tests.pages.conftest import HTMX

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(as_user: Callable[[User], Client], admin: User) -> Client:
    return as_user(admin)


@pytest.fixture
def model(db: None) -> VideoModel:
    row = add_provider("House gateway", "openai_videos", "https://gateway.example.com", "k").models.first()
    assert row is not None
    return row


def filled(rows: list[dict[str, Any]], initial: int = 0, **changes: Any) -> dict[str, Any]:
    """The form with these rows; `initial` of them were there before."""
    form = {
        "slug": "wan-2.5", "name": "Wan 2.5", "references": 0, "c-TOTAL_FORMS": len(rows),
        "c-INITIAL_FORMS": initial,
    }  # fmt: skip
    cells = {f"c-{n}-{name}": value for n, row in enumerate(rows) for name, value in row.items()}
    return form | cells | changes


def test_a_model_by_hand_is_usable_at_once(boss: Client, provider: Provider, admin: User) -> None:
    rows = [
        {"aspect_ratio": "16:9", "seconds": 5, "quality": "720p", "width": 1280, "height": 720, "price": "0.35"},
        {"aspect_ratio": "9:16", "seconds": 10},
        {},
    ]
    answer = boss.post(reverse("provider-model-add", args=[provider.pk]), filled(rows, note="By Alibaba"))
    row = VideoModel.objects.get(slug="wan-2.5")
    assert (answer.status_code, answer["Location"]) == (303, f"/staff/providers/{provider.pk}/#model-{row.pk}")
    offered = current_offer().providers[0].models[-1]
    assert (offered.slug, offered.note) == ("wan-2.5", "By Alibaba")
    assert offered.combinations == (
        Combination("16:9", 5, "720p", 1280, 720, Decimal("0.35")), Combination("9:16", 10),
    )  # fmt: skip
    assert AuditEntry.objects.get(action="model added").actor == admin


def test_the_page_shows_the_rows_and_blank_ones_and_sends_back_what_it_shows(boss: Client, model: VideoModel) -> None:
    url = reverse("provider-model", args=[model.pk])
    page = boss.get(url)
    rows = page.context["rows"]
    count = model.combinations.count()
    assert (rows.initial_form_count(), rows.total_form_count()) == (count, count + 4)
    before = [c.value() for c in model.combinations.all()]
    assert boss.post(url, as_shown(page)).status_code == 303
    assert [c.value() for c in model.combinations.all()] == before
    assert not AuditEntry.objects.filter(action="model changed").exists()


def test_rows_are_changed_added_and_removed(boss: Client, model: VideoModel) -> None:
    url, count = reverse("provider-model", args=[model.pk]), model.combinations.count()
    data = as_shown(boss.get(url))
    data |= {"c-0-DELETE": "on", "c-1-price": "9.99", f"c-{count}-aspect_ratio": "1:1", f"c-{count}-seconds": "7"}
    refused = boss.post(url, data)
    assert (refused.status_code, "Give width and height of 1:1." in refused.content.decode()) == (422, True)
    data |= {f"c-{count}-width": "960", f"c-{count}-height": "960"}
    assert boss.post(url, data).status_code == 303
    kept = [c.value() for c in model.combinations.all()]
    assert len(kept) == count
    assert kept[0].price == Decimal("9.99")
    assert kept[-1] == Combination("1:1", 7, "", 960, 960)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (filled([]), "Give at least one length with its aspect ratio."),
        (filled([{"aspect_ratio": "wide", "seconds": 5}]), "is no aspect ratio"),
        (filled([{"aspect_ratio": "16:9"}]), "This field is required."),
        (filled([{"aspect_ratio": "16:9", "seconds": 5}] * 2), "Two rows have the same"),
        (filled([{"aspect_ratio": "16:9", "seconds": 5, "price": "-1"}]), "greater than or equal to 0"),
        (filled([{"aspect_ratio": "16:9", "seconds": 5}], slug="sora2-landscape-4s"), "already exists"),
        (filled([{"aspect_ratio": "16:9", "seconds": 5}], references=9), "less than or equal to 4"),
        ({}, "ManagementForm data is missing"),
    ],
)
def test_what_is_wrong_is_said(boss: Client, provider: Provider, data: dict[str, Any], words: str) -> None:
    answer = boss.post(reverse("provider-model-add", args=[provider.pk]), data)
    assert answer.status_code == 422
    assert "Not saved." in answer.content.decode()
    assert words in answer.content.decode()
    assert not VideoModel.objects.filter(slug="wan-2.5").exists()


def test_a_refused_change_leaves_the_model_as_it_was(boss: Client, model: VideoModel) -> None:
    url, before = reverse("provider-model", args=[model.pk]), model.combinations.count()
    answer = boss.post(url, as_shown(boss.get(url)) | {"name": "Other", "c-0-aspect_ratio": "wide"})
    assert answer.status_code == 422
    assert f'<h1 class="clip1">{model.name}</h1>' in answer.content.decode()
    model.refresh_from_db()
    assert (model.name, model.combinations.count()) == ("Sora 2", before)


def test_a_copy_opens_and_a_name_that_is_taken_is_said(boss: Client, model: VideoModel) -> None:
    url = reverse("provider-model-copy", args=[model.pk])
    answer = boss.post(url, {"slug": " sora-renamed "})
    copy = VideoModel.objects.get(slug="sora-renamed")
    assert answer["Location"] == reverse("provider-model", args=[copy.pk])
    again = boss.post(url, {"slug": "sora-renamed"})
    assert again.status_code == 422
    assert "already exists" in again.content.decode()


def test_a_switch_answers_with_the_row_or_the_page(boss: Client, model: VideoModel) -> None:
    url = reverse("provider-model-switch", args=[model.pk])
    body = boss.post(url, {"to": "off"}, headers=HTMX).content.decode()
    assert 'aria-pressed="false"' in body
    assert "<h1" not in body
    assert not VideoModel.objects.get(pk=model.pk).enabled
    answer = boss.post(url, {"to": "on"})
    assert answer["Location"] == f"/staff/providers/{model.provider_id}/#model-{model.pk}"
    assert VideoModel.objects.get(pk=model.pk).enabled


def as_shown(page: Any) -> dict[str, Any]:
    """What a browser would send if nothing was touched."""
    form, rows = page.context["form"], page.context["rows"]
    fields = [*form, *rows.management_form, *(field for row in rows for field in row)]
    values = {field.html_name: field.value() for field in fields}
    return {name: value for name, value in values.items() if value not in (None, "", [])}


def test_its_unit_is_kept_as_it_is_known_already(boss: Client, provider: Provider) -> None:
    rows = [{"aspect_ratio": "16:9", "seconds": 5, "price": "0.35"}]
    boss.post(reverse("provider-model-add", args=[provider.pk]), filled(rows, currency="usd"))
    assert VideoModel.objects.get(slug="wan-2.5").currency == "USD"
