"""What each dialect's hosts, models and options are, as data: one TOML file a dialect, named by its slug."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from generations.contract import (
    CatalogueModel,
    Combination,
    Delivery,
    Option,
    OptionValue,
    Preset,
)

FOLDERS = [Path(__file__).parent]


def models_of(dialect: str) -> tuple[CatalogueModel, ...]:
    """The models of a dialect's first preset, in the file's order. A dialect without a file has none."""
    presets = presets_of(dialect)
    return presets[0].models if presets else ()


@cache
def presets_of(dialect: str) -> tuple[Preset, ...]:
    """The kinds of host that speak a dialect, the usual one first."""
    data = _file(dialect)
    return tuple(_preset(row, data) for row in data.get("preset", []))


@cache
def options_of(dialect: str) -> Mapping[str, Option]:
    """The dialect's options by name."""
    return {row["name"]: _option(row) for row in _file(dialect).get("option", [])}


@cache
def _file(dialect: str) -> dict[str, Any]:
    paths = (folder / f"{dialect}.toml" for folder in FOLDERS)
    found = next((path for path in paths if path.is_file()), None)
    return tomllib.loads(found.read_text()) if found else {}


def _preset(row: dict[str, Any], data: dict[str, Any]) -> Preset:
    models = tuple(_model(model) for model in data["model"] if row["slug"] in model.get("presets", [row["slug"]]))
    return Preset(
        slug=row["slug"],
        title=row["title"],
        base_url=row.get("base_url", ""),
        note=row.get("note", ""),
        models=models,
        delivery=Delivery(row["delivery"]) if "delivery" in row else None,
        create_path=row.get("create_path", ""),
        query_path=row.get("query_path", ""),
        poll_interval=row.get("poll_interval", 10.0),
    )


def _option(row: dict[str, Any]) -> Option:
    values = tuple(OptionValue(v["value"], v["label"], v.get("means", "")) for v in row["values"])
    return Option(row["name"], row["label"], values, row.get("source", ""))


def _model(row: dict[str, Any]) -> CatalogueModel:
    price = row.get("price", {})
    return CatalogueModel(
        slug=row["slug"],
        name=row["name"],
        combinations=tuple(_combinations(row)),
        note=row.get("note", ""),
        source=row["source"],
        options=tuple(row.get("options", [])),
        references=row.get("references", 0),
        currency=price.get("currency", ""),
        price_note=price.get("note", ""),
    )


def _combinations(row: dict[str, Any]) -> list[Combination]:
    """Every legal choice: each size with each length, unless the size names its own lengths."""
    return [
        Combination(
            aspect_ratio=size["aspect_ratio"],
            seconds=seconds,
            quality=size.get("quality", ""),
            width=size.get("pixels", (0, 0))[0],
            height=size.get("pixels", (0, 0))[1],
            price=_price(row.get("price", {}), size, seconds),
        )
        for size in row["sizes"]
        for seconds in size.get("seconds", row["seconds"])
    ]


def _price(price: dict[str, Any], size: dict[str, Any], seconds: int) -> Decimal | None:
    """What one clip costs by the list: by the second, for this size or for all."""
    per_second = size.get("per_second", price.get("per_second"))
    return Decimal(per_second) * seconds if per_second is not None else None
