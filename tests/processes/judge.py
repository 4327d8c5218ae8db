"""The verdict over a portal and its sandbox: nothing lost or sent twice, no end that is untrue, every file right."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from generations.sandbox import Sandbox
from generations.sandbox.jobs import Job as Remote
from tests.processes.harness import Installation

ENDED = ("done", "failed", "unknown", "cancelled")
TAKEN = ("accepted", "never_heard", "pending")  # outcomes after which a provider may hold a job


@dataclass(frozen=True)
class Sent:
    """One submission's row."""

    number: int
    outcome: str
    remote_id: str
    sent_at: datetime


@dataclass(frozen=True)
class File:
    """One output's row. `clip` is empty until it is stored."""

    remote_url: str
    clip: str
    sha256: str


@dataclass(frozen=True)
class Row:
    """One job with what belongs to it. `key` is its compose key."""

    key: str
    prompt: str
    state: str
    reason: str
    sent: list[Sent]
    files: list[File]

    def __str__(self) -> str:
        sent = ", ".join(f"{s.number}:{s.outcome}:{s.remote_id}" for s in self.sent)
        return f"{self.key} {self.prompt!r} {self.state} {self.reason!r} [{sent}]"


@dataclass
class Verdict:
    """Counts in the order in which they are told, and a sentence for each breach, by kind."""

    counts: dict[str, int] = field(default_factory=dict)
    breaches: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def __str__(self) -> str:
        lines = [f"  {name:<24}{count:>7}" for name, count in self.counts.items()]
        return "\n".join([*lines, *(f"BREACH {kind}: {text}" for kind, all_ in self.breaches.items() for text in all_)])


Cause = Callable[[Row], bool]


def never(_: Row) -> bool:
    return False


def judge(
    installation: Installation,
    sandbox: Sandbox,
    asked: Iterable[str],
    *,
    may_fail: Cause = never,
    may_be_unknown: Cause = never,
) -> Verdict:
    """Judge every job. `asked` are the compose keys that the portal accepted; each must have exactly one job.

    Prompts must differ from job to job. `may_fail` and `may_be_unknown` say whether such an end has a cause.
    """
    rows = rows_of(installation)
    made: dict[str, list[Remote]] = defaultdict(list)
    for remote in sandbox.house.store.all():
        made[remote.order.prompt].append(remote)
    verdict = Verdict()
    _lost(verdict, rows, set(asked), made)
    for row in rows:
        _twice(verdict, row, made[row.prompt], sandbox.posts_for(row.prompt))
        _untrue(verdict, row, made[row.prompt], may_fail, may_be_unknown)
        _wrong_files(verdict, row, installation, sandbox)
    verdict.counts = _counts(rows, sandbox, verdict)
    return verdict


def rows_of(installation: Installation) -> list[Row]:
    """Every job of the portal."""
    sent: dict[int, list[Sent]] = defaultdict(list)
    sql = "SELECT job_id, number, outcome, remote_id, sent_at FROM generations_submission ORDER BY job_id, number"
    for job, number, outcome, remote_id, at in installation.rows(sql):
        sent[job].append(Sent(number, outcome, remote_id, moment(at)))
    files: dict[int, list[File]] = defaultdict(list)
    for job, *values in installation.rows("SELECT job_id, remote_url, clip, sha256 FROM generations_output"):
        files[job].append(File(*values))
    sql = (
        "SELECT j.id, j.compose_token, p.text, j.state, j.reason FROM generations_job j "
        "JOIN generations_prompt p ON p.id = j.prompt_id ORDER BY j.id"
    )
    return [
        Row(key, prompt, state, reason, sent[job], files[job])
        for job, key, prompt, state, reason in installation.rows(sql)
    ]


def moment(value: Any) -> datetime:
    """A time as either database hands it out."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(value).replace(tzinfo=UTC)


def _lost(verdict: Verdict, rows: list[Row], asked: set[str], made: dict[str, list[Remote]]) -> None:
    jobs = Counter(row.key for row in rows)
    verdict.breaches["lost"] += [f"asked for as {key}, but there is no job" for key in sorted(asked - jobs.keys())]
    verdict.breaches["lost"] += [f"did not end: {row}" for row in rows if row.state not in ENDED]
    strange = made.keys() - {row.prompt for row in rows}
    verdict.breaches["lost"] += [f"made for no job of the portal: {prompt!r}" for prompt in sorted(strange)]
    verdict.breaches["twice"] += [f"{count} jobs for the key {key}" for key, count in jobs.items() if count > 1]


def _twice(verdict: Verdict, row: Row, made: list[Remote], posts: int) -> None:
    taken = [sent for sent in row.sent if sent.outcome in TAKEN]
    if len(made) > 1 or len(taken) > 1:
        verdict.breaches["twice"].append(f"{len(made)} creates, {len(taken)} taken submissions: {row}")
    if posts > len(row.sent):
        verdict.breaches["twice"].append(f"{posts} POSTs for {len(row.sent)} submissions: {row}")


def _untrue(verdict: Verdict, row: Row, made: list[Remote], may_fail: Cause, may_be_unknown: Cause) -> None:
    ids = [remote.id for remote in made]
    known = [sent.remote_id for sent in row.sent if sent.remote_id]
    stored = bool(row.files) and all(file.clip for file in row.files)
    match row.state:
        case "done" if known != ids or not stored:
            verdict.breaches["untrue"].append(f"the provider made {ids}, stored: {stored}: {row}")
        case "failed" | "cancelled" if not may_fail(row):
            verdict.breaches["untrue"].append(f"it had no reason to fail: {row}")
        case "unknown" if not may_be_unknown(row):
            verdict.breaches["untrue"].append(f"its outcome was known: {row}")
        case _:
            return


def _wrong_files(verdict: Verdict, row: Row, installation: Installation, sandbox: Sandbox) -> None:
    for file in row.files:
        remote = sandbox.house.store.find_token(file.remote_url.rpartition("/")[2].removesuffix(".mp4"))
        if not file.clip or remote is None:
            continue  # told as untrue
        theirs = sandbox.house.store.clip_path(remote).read_bytes()
        ours = (installation.data / "media" / file.clip).read_bytes()
        if ours != theirs or hashlib.sha256(theirs).hexdigest() != file.sha256:
            verdict.breaches["wrong files"].append(f"{file.clip} is not what {file.remote_url} holds: {row}")


def _counts(rows: list[Row], sandbox: Sandbox, verdict: Verdict) -> dict[str, int]:
    states = Counter(row.state for row in rows)
    once = sum(len([sent for sent in row.sent if sent.outcome in TAKEN]) == 1 for row in rows)
    counts = {"created": len(rows), "submitted once": once, "creates at the provider": sandbox.creates}
    counts |= {f"POSTs ({outcome})": count for outcome, count in _outcomes(rows).items()}
    counts |= {"done": states["done"], "failed, truthfully": states["failed"], "unknown, truthfully": states["unknown"]}
    return counts | {kind: len(verdict.breaches[kind]) for kind in ("lost", "twice", "untrue", "wrong files")}


def _outcomes(rows: list[Row]) -> dict[str, int]:
    return dict(sorted(Counter(sent.outcome for row in rows for sent in row.sent).items()))
