"""`manage.py export_history` and `import_prompts`: the pages' own services, on the terminal."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from generations.models import Job, Prompt, State, User

pytestmark = pytest.mark.django_db
MakeJob = Callable[..., Job]


def run(*arguments: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command(*arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


@pytest.mark.parametrize("what", ["--jobs", "--prompts"])
def test_the_teams_rows_and_with_a_name_ones_own(make_job: MakeJob, member: User, admin: User, what: str) -> None:
    make_job(State.DONE, "A team dream")
    make_job(State.DONE, "A birthday", visibility="me")
    texts: dict[str, list[Any]] = {}
    for name, more in {"team": (), "admin": ("--as", admin.email), "mara": ("--as", member.email)}.items():
        rows = json.loads(run("export_history", what, "--format", "json", *more)[0])
        texts[name] = sorted(row["prompt" if what == "--jobs" else "text"] for row in rows)
    assert texts == {"team": ["A team dream"], "admin": ["A team dream"], "mara": ["A birthday", "A team dream"]}


def test_there_and_back_by_a_file(make_job: MakeJob, admin: User, tmp_path: Path) -> None:
    make_job(State.DONE, "=1+1")
    make_job(State.DONE, "Two\nlines")
    file = tmp_path / "prompts.csv"
    run("export_history", "--prompts", "--output", str(file))
    with pytest.raises(CommandError, match="cannot be written"):
        run("export_history", "--prompts", "--output", str(file))
    assert run("import_prompts", str(file))[0] == "0 imported\n"
    Job.objects.all().delete()
    Prompt.objects.all().delete()
    assert run("import_prompts", str(file), "--dry-run")[0] == "0 imported\n"
    out, err = run("import_prompts", str(file))
    assert out == "2 imported\n"
    assert err.count("new") == 2
    assert set(Prompt.objects.values_list("text", "author")) == {("=1+1", admin.pk), ("Two\nlines", admin.pk)}


def test_a_wrong_row_stops_all_of_it(admin: User, viewer: User, tmp_path: Path) -> None:
    file = tmp_path / "prompts.csv"
    file.write_text("text,title,visibility\nGood,Named,me\nBad,,all\n")
    with pytest.raises(CommandError, match="nothing was imported"):
        run("import_prompts", str(file))
    assert not Prompt.objects.exists()
    out, err = run("import_prompts", str(file), "--skip-bad")
    assert out == "1 imported\n"
    assert "WRONG “all” is not known. Write team or me." in err
    assert Prompt.objects.get().title == "Named"
    for bad, told in ((str(tmp_path / "none"), "cannot be read"), (str(file), "viewer")):
        with pytest.raises(CommandError, match=told):
            run("import_prompts", bad, "--as", viewer.email if told == "viewer" else admin.email)
