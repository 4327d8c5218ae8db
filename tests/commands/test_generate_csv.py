"""`manage.py generate --csv`: the preview on the terminal, and clips only when that was agreed to."""

from __future__ import annotations

from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from generations.models import Job, Provider, User

pytestmark = pytest.mark.django_db
GOOD = "prompt,model,takes\nA fox wakes,sora2-pro-720p,2\nTwo boats race,,\n"
BAD = GOOD + "A hen,sora9,\n"


@pytest.fixture(autouse=True)
def _somebody_to_ask(provider: Provider, admin: User) -> None:
    pass


class Terminal(StringIO):
    """A keyboard with somebody at it."""

    def isatty(self) -> bool:
        return True


def run(folder: Path, text: str, *arguments: str) -> tuple[list[str], str]:
    """The job keys it printed, and what it said beside them."""
    file = folder / "clips.csv"
    file.write_text(text)
    out, err = StringIO(), StringIO()
    call_command("generate", "--csv", str(file), *arguments, stdout=out, stderr=err)
    return out.getvalue().split(), err.getvalue()


def refused(folder: Path, text: str, *arguments: str) -> str:
    with pytest.raises(CommandError) as caught:
        run(folder, text, *arguments)
    return str(caught.value)


def test_yes_makes_them_and_prints_a_key_for_each(tmp_path: Path, admin: User) -> None:
    keys, said = run(tmp_path, GOOD, "--yes")
    jobs = list(Job.objects.order_by("pk"))
    assert keys == [str(job.key) for job in jobs]
    assert [job.prompt.text for job in jobs] == ["A fox wakes", "A fox wakes", "Two boats race"]
    assert {job.author for job in jobs} == {admin}
    assert "line    2  A fox wakes" in said
    assert "16:9 4 s 720p x 2" in said
    assert "3 clips, price not known\n" in said


def test_a_dry_run_makes_nothing(tmp_path: Path) -> None:
    keys, said = run(tmp_path, GOOD, "--dry-run")
    assert (keys, Job.objects.count()) == ([], 0)
    assert "Two boats race" in said


def test_the_key_it_prints_makes_the_run_safe_to_repeat(tmp_path: Path) -> None:
    first, said = run(tmp_path, GOOD, "--yes")
    key = said.split("--key ")[1].split()[0]
    again, later = run(tmp_path, GOOD, "--key", key)  # nothing is left to agree to
    other, _ = run(tmp_path, GOOD, "--yes")
    assert again == first
    assert "made already" in later
    assert not set(other) & set(first)
    assert Job.objects.count() == 6


def test_a_wrong_row_stops_all_of_it(tmp_path: Path) -> None:
    assert refused(tmp_path, BAD, "--yes").startswith("1 row is wrong, nothing was made.")
    assert not Job.objects.exists()


def test_wrong_rows_are_left_out_when_asked(tmp_path: Path) -> None:
    keys, said = run(tmp_path, BAD, "--yes", "--skip-bad")
    assert len(keys) == 3
    assert "WRONG model: " in said


def test_a_person_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    assert refused(tmp_path, GOOD) == "Nothing was made."
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    keys, said = run(tmp_path, GOOD)
    assert "Make 3 clips for price not known? [y/N]" in said
    assert len(keys) == Job.objects.count() == 3


def test_without_a_terminal_it_needs_yes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("y\n"))
    assert "agree by --yes" in refused(tmp_path, GOOD)
    assert not Job.objects.exists()


def test_it_reads_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    for arguments in (["--yes"], []):
        monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(b"prompt\nA fox")))
        out = StringIO()
        if not arguments:
            with pytest.raises(CommandError, match="agree by --yes"):
                call_command("generate", "--csv", "-", stdout=out, stderr=StringIO())
            continue
        call_command("generate", "--csv", "-", *arguments, stdout=out, stderr=StringIO())
    assert Job.objects.count() == 1


def test_flags_hold_for_rows_that_leave_something_open(tmp_path: Path, member: User) -> None:
    flags = ["--provider", "UniAll studio", "--model", "sora2-pro-720p", "--aspect", "9:16", "--seconds", "12"]
    run(tmp_path, "prompt,seconds\nA,\nB,8", *flags, "--as", "mara@example.org", "--yes")
    assert [(j.aspect_ratio, j.seconds, j.author) for j in Job.objects.order_by("pk")] == [
        ("9:16", 12, member),
        ("9:16", 8, member),
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--prompt", "A"], "--prompt does not go with --csv."),
        (["--wait"], "--wait does not go with --csv."),
        (["--reference", "a.png"], "--reference does not go with --csv."),
        (["--key", "k" * 65, "--yes"], "--key: 65 characters are too many"),
        (["--provider", "Nobody"], "--provider: 'Nobody' is not offered."),
        (["--csv", "/nowhere/at.csv"], "--csv: /nowhere/at.csv cannot be read"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_not_possible_names_its_flag(tmp_path: Path, arguments: list[str], words: str) -> None:
    assert words in refused(tmp_path, GOOD, *arguments)


def test_a_file_that_is_none_says_its_cure(tmp_path: Path) -> None:
    assert refused(tmp_path, "A fox").startswith("--csv: Unknown: “A fox”.")


def test_a_single_ask_still_needs_its_flags() -> None:
    with pytest.raises(CommandError, match="required: --model, --prompt"):
        call_command("generate", "--provider", "UniAll studio")
    with pytest.raises(CommandError, match="--yes goes with --csv only"):
        call_command("generate", "--yes")
