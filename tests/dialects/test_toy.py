"""A sixth dialect is three files: the guide's own sample, put into a folder and found, and the shared suite passes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from generations import catalogue, dialects
from generations.contract import Delivery, Dialect

ROOT = Path(__file__).parent.parent.parent
GUIDE = ROOT / "docs" / "adding-a-dialect.md"
SAMPLE = re.compile(r"^```(?:python|toml|json) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What the checkout does by having the files in its own folders.
HARNESS = """
from pathlib import Path

from generations import catalogue, dialects
from tests.dialects import cases

here = Path(__file__).parent
dialects.__path__.append(str(here / "generations" / "dialects"))
dialects.DIALECTS.update(dialects._find())
catalogue.FOLDERS.append(here / "generations" / "catalogue")
cases.PAYLOADS = here / "tests" / "payloads"
"""


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """The guide's files in a folder."""
    for name, text in SAMPLE.findall(GUIDE.read_text()):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


@pytest.fixture
def found(toy: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Dialect]]:
    """The toy as this process finds it, and no trace of it afterwards."""
    monkeypatch.setattr(dialects, "__path__", [*dialects.__path__, str(toy / "generations" / "dialects")])
    monkeypatch.setattr(catalogue, "FOLDERS", [*catalogue.FOLDERS, toy / "generations" / "catalogue"])
    kinds = dialects._find()
    yield kinds["acme"]
    sys.modules.pop(kinds["acme"].__module__)
    delattr(dialects, "acme")
    for cached in (catalogue.presets_of, catalogue.options_of, catalogue._file):
        cached.cache_clear()


def test_it_is_three_files_and_its_payloads(toy: Path) -> None:
    files = sorted(str(path.relative_to(toy)) for path in toy.rglob("*") if path.is_file())
    assert [name for name in files if "payloads" not in name] == [
        "generations/catalogue/acme.toml", "generations/dialects/acme.py", "tests/dialects/test_acme.py",
    ]  # fmt: skip
    assert len(files) >= 8


def test_it_is_found_by_its_slug_beside_the_others(found: type[Dialect]) -> None:
    assert (found.slug, found.title, found.__module__) == ("acme", "Acme Video", "generations.dialects.acme")
    assert set(dialects._find()) == {*dialects.DIALECTS, "acme"}


def test_its_catalogue_loads(found: type[Dialect]) -> None:
    (preset,) = catalogue.presets_of("acme")
    (model,) = catalogue.models_of("acme")
    assert (preset.base_url, preset.delivery, preset.models) == ("https://api.acme.example", None, (model,))
    prices = {(c.aspect_ratio, c.seconds): c.price for c in model.combinations}
    assert prices == {
        ("16:9", 5): Decimal("0.40"), ("16:9", 10): Decimal("0.80"), ("9:16", 5): Decimal("0.40"),
        ("9:16", 10): Decimal("0.80"), ("1:1", 5): Decimal("0.25"),
    }  # fmt: skip
    assert (model.references, found.deliveries[0]) == (1, Delivery.LINK)
    assert catalogue.options_of("acme")["sound"].default == "on"


def run_suite(toy: Path) -> subprocess.CompletedProcess[str]:
    """The toy's own tests, in a process that has its files on the paths."""
    (toy / "conftest.py").write_text(HARNESS)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull]
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "DJANGO_"))}
    env |= {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    where = ["--rootdir", str(toy), "--import-mode=importlib", str(toy / "tests")]
    return subprocess.run([*command, *where], cwd=toy, env=env, capture_output=True, text=True, check=False)


def test_the_shared_suite_passes_over_it(toy: Path) -> None:
    result = run_suite(toy)
    passed = re.search(r"(\d+) passed", result.stdout)
    assert result.returncode == 0, result.stdout + result.stderr
    assert passed
    assert int(passed[1]) >= 25


@pytest.mark.parametrize(
    ("name", "before", "after", "failing"),
    [
        ("generations/dialects/acme.py", '"length": request.seconds', '"length": 5', "every_combination"),
        ("generations/dialects/acme.py", '"on": True, "off": False', '"on": True, "off": True', "option_means"),
        ("generations/dialects/acme.py", '"text": request.prompt', '"prompt": request.prompt', "documented_bodies"),
        ("tests/payloads/acme/error_401.json", "401", "500", "sorts_every_error"),
        ("tests/payloads/acme/query_failed.json", '"failed"', '"kaputt"', "every_query_answer"),
    ],
)
def test_the_shared_suite_sees_what_is_wrong(toy: Path, name: str, before: str, after: str, failing: str) -> None:
    path = toy / name
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))
    result = run_suite(toy)
    assert result.returncode == 1
    assert failing in result.stdout


def test_a_payload_that_no_case_names_fails(toy: Path) -> None:
    (toy / "tests/payloads/acme/odd.json").write_text("{}")
    result = run_suite(toy)
    assert "no case names these" in result.stdout
