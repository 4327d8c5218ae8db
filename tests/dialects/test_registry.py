"""A dialect is found by being there, and speaks no Django."""

import subprocess
import sys

from generations.dialects import DIALECTS


def test_every_module_is_a_dialect_under_its_slug() -> None:
    assert {slug: kind.__module__.rsplit(".", 1)[1] for slug, kind in DIALECTS.items()} == {
        slug: slug for slug in DIALECTS
    }


def test_dialects_load_without_django_and_httpx() -> None:
    code = "import sys, generations.dialects; sys.exit(any(m in sys.modules for m in ('django', 'httpx')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_extra_header_of_the_key_s_name_replaces_it() -> None:
    for kind in DIALECTS.values():
        headers = kind("https://api.example.com", "k", {"authorization": "Token t"}).headers
        assert {name.lower(): value for name, value in headers.items()} == {"authorization": "Token t"}
        assert len(headers) == 1
