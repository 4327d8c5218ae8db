"""The wire protocols the portal speaks: one module each, named by its slug, found by being here."""

from __future__ import annotations

import inspect
from importlib import import_module
from pkgutil import iter_modules

from generations.contract import Dialect


def _find() -> dict[str, type[Dialect]]:
    found = {}
    for info in iter_modules(__path__):
        module = import_module(f"{__name__}.{info.name}")
        for _, kind in inspect.getmembers(module, inspect.isclass):
            if issubclass(kind, Dialect) and kind.__module__ == module.__name__:
                found[kind.slug] = kind
    return found


DIALECTS: dict[str, type[Dialect]] = _find()
"""Every dialect by its slug."""
