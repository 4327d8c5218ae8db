"""docs/providers.md is what the code says."""

from __future__ import annotations

from pathlib import Path

from generations.catalogue import options_of, presets_of
from generations.dialects import DIALECTS
from generations.management.handbook import page

KEPT = Path(__file__).parent.parent / "docs" / "providers.md"


def test_the_page_is_fresh() -> None:
    assert KEPT.read_text() == page(), "docs/providers.md is stale. Run: make docs"


def test_every_dialect_preset_model_and_option_is_on_it() -> None:
    text = page()
    for slug, kind in DIALECTS.items():
        assert f"## {kind.title} (`{slug}`)" in text
        for preset in presets_of(slug):
            assert f"### {preset.title}" in text
            assert all(f"`{model.slug}`" in text for model in preset.models)
        for option in options_of(slug).values():
            assert all(value.label in text for value in option.values)


def test_each_parameter_shows_the_field_that_carries_it() -> None:
    text = page()
    never = "Watermark: Never (forces none, and may keep retrying; sent as watermark: false)"
    assert f"| {never} | `watermark: false` |" in text
    assert '| seconds 8 | `seconds: "8"` |' in text
    assert '| callback | `notify_hook: "https://portal.example.com/hooks/job/…/"` |' in text
