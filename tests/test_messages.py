"""Every language says everything, holds every value, and its compiled file is no older than its words."""

from __future__ import annotations

import gettext
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.catalogues import Entry, held, read

ROOT = Path(settings.BASE_DIR)
CATALOGUES = sorted(ROOT.glob("locale/*/LC_MESSAGES/django.po"))
SOURCES = ("generations", "sora_portal", "templates", "locale", "manage.py")
each_catalogue = pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.parts[-3])


def messages(catalogue: Path) -> list[Entry]:
    return read(catalogue)[1:]


def test_each_language_has_a_catalogue() -> None:
    codes = {path.parts[-3].lower().replace("_", "-") for path in CATALOGUES}
    assert codes == {code for code, _ in settings.LANGUAGES} - {settings.LANGUAGE_CODE}


@each_catalogue
def test_nothing_is_missing_guessed_or_left_over(catalogue: Path) -> None:
    assert [entry.key for entry in messages(catalogue) if not all(entry.said)] == [], "not translated yet"
    assert [entry.key for entry in read(catalogue) if "fuzzy" in entry.flags or entry.obsolete] == []


@each_catalogue
def test_a_translation_holds_the_values_and_the_markup_of_its_message(catalogue: Path) -> None:
    assert [entry.key for entry in messages(catalogue) if all(entry.said) and not entry.kept] == []


@each_catalogue
def test_the_compiled_file_says_what_the_catalogue_says(catalogue: Path) -> None:
    with catalogue.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    told = {key: text for key, text in compiled._catalog.items() if key}  # type: ignore[attr-defined]
    assert told == {
        (key, number) if "msgid_plural" in entry.parts else key: text
        for entry in messages(catalogue)
        if all(entry.said)
        for key in ["\x04".join(entry.key)]
        for number, text in enumerate(entry.said)
    }, "run: make messages"


@each_catalogue
def test_every_message_of_the_sources_is_in_the_catalogue(catalogue: Path, tmp_path: Path) -> None:
    if not shutil.which("xgettext"):
        pytest.skip("xgettext was not found. On Debian or Ubuntu: sudo apt-get install gettext")
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    collect = [sys.executable, "manage.py", "makemessages"]
    environment = os.environ | {"PORTAL_DATA": str(tmp_path / "var"), "DJANGO_SETTINGS_MODULE": "sora_portal.settings"}
    subprocess.run(collect, cwd=tmp_path, env=environment, check=True, capture_output=True)
    fresh = read(tmp_path / catalogue.relative_to(ROOT))
    ours = {entry.key for entry in read(catalogue)}
    assert {entry.key for entry in fresh} == ours, "run: make messages"


def test_a_catalogue_is_read_as_it_is_meant(tmp_path: Path) -> None:
    file = tmp_path / "django.po"
    file.write_text(
        '# A.\nmsgid ""\nmsgstr ""\n"Language: xx\\n"\n\n'
        '#, python-brace-format, fuzzy\nmsgctxt "theme"\nmsgid "{n} \\"light\\""\nmsgid_plural "{n} lights"\n'
        'msgstr[0] "a {n}"\nmsgstr[1] "b "\n"{n}"\n\n#~ msgid "Old"\n#~ msgstr "Alt"\n'
    )
    header, light, old = read(file)
    assert header.said == ["Language: xx\n"]
    assert (light.key, light.said, light.kept) == (("theme", '{n} "light"'), ["a {n}", "b {n}"], True)
    assert ("fuzzy" in light.flags, old.obsolete, old.said) == (True, True, ["Alt"])


def test_what_a_translation_must_hold_is_seen() -> None:
    assert held('%(n)s of {most}, 5 %% <a href="%(url)s">in</a>') == sorted(
        ["%(n)s", "{most}", "%%", '<a href="%(url)s">', "</a>"]
    )
    lost = Entry(parts={"msgid": "{n} left", "msgstr": "keine"})
    assert not lost.kept
