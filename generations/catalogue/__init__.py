"""What each dialect's models can do, as data: one TOML file a dialect, named by its slug."""

from __future__ import annotations

import tomllib
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from generations.contract import CatalogueModel, Combination

FOLDER = Path(__file__).parent


@cache
def models_of(dialect: str) -> tuple[CatalogueModel, ...]:
    """The models a dialect's documents list, in the file's order. A dialect without a file has none."""
    path = FOLDER / f"{dialect}.toml"
    if not path.is_file():
        return ()
    return tuple(_model(row) for row in tomllib.loads(path.read_text())["model"])


def _model(row: dict[str, Any]) -> CatalogueModel:
    return CatalogueModel(
        slug=row["slug"],
        name=row["name"],
        combinations=tuple(_combinations(row)),
        note=row.get("note", ""),
        source=row["source"],
    )


def _combinations(row: dict[str, Any]) -> list[Combination]:
    """Every legal choice: each size (its aspect ratio and pixels) with each length."""
    return [
        Combination(size["aspect_ratio"], seconds, size.get("quality", ""), *size.get("pixels", (0, 0)))
        for size, seconds in product(row["sizes"], row["seconds"])
    ]
