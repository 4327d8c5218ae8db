"""The jobs on disk: one small JSON file each, written before anybody is told, so that no restart loses one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

from generations.sandbox.directives import DirectiveError, directives_in
from generations.sandbox.jobs import Job, Order

KEEP_SECONDS = 7 * 24 * 3600.0


class Store:
    """The jobs and their clips under one folder (`jobs/` and `files/`). Safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        self._jobs_folder = folder / "jobs"
        self._clips_folder = folder / "files"
        self._lock = threading.Lock()
        for place in (self._jobs_folder, self._clips_folder):
            place.mkdir(parents=True, exist_ok=True)
        self._jobs = {job.id: job for job in self._read_all()}
        self._by_token = {job.token: job for job in self._jobs.values()}
        self._sweep()

    def add(self, job: Job) -> None:
        _write(self._jobs_folder / f"{job.id}.json", json.dumps(asdict(job)))
        with self._lock:
            self._jobs[job.id] = job
            self._by_token[job.token] = job

    def find(self, job_id: str) -> Job | None:
        return self._jobs.get(job_id)

    def find_token(self, token: str) -> Job | None:
        return self._by_token.get(token)

    def all(self) -> list[Job]:
        """Every job, oldest first."""
        with self._lock:
            return sorted(self._jobs.values(), key=lambda job: job.created_at)

    def clip_path(self, job: Job) -> Path:
        return self._clips_folder / f"{job.token}.mp4"

    def has_clip(self, job: Job) -> bool:
        return self.clip_path(job).exists()

    def forget_old(self, now: float) -> None:
        """Drop jobs older than a week, and their clips with them."""
        for job in self.all():
            if job.created_at >= now - KEEP_SECONDS:
                return
            self.forget(job)

    def forget(self, job: Job) -> None:
        """Drop a job and its clip, for good."""
        with self._lock:
            self._jobs.pop(job.id, None)
            self._by_token.pop(job.token, None)
        self.clip_path(job).unlink(missing_ok=True)
        (self._jobs_folder / f"{job.id}.json").unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Remove what a killed process left half done, and clips that belong to no job."""
        for place in (self._jobs_folder, self._clips_folder):
            _remove(place.glob("*.tmp"))
        _remove(path for path in self._clips_folder.glob("*.mp4") if path.stem not in self._by_token)

    def _read_all(self) -> Iterator[Job]:
        for path in self._jobs_folder.glob("*.json"):
            try:
                yield _read(path.read_text())
            except (ValueError, TypeError, KeyError, DirectiveError):
                path.unlink(missing_ok=True)  # not ours or half a file: it can never be answered for


def _read(text: str) -> Job:
    row = json.loads(text)
    job = Job(**{**row, "order": Order(**row["order"])})
    directives_in(job.order.prompt)
    return job


def _write(path: Path, text: str) -> None:
    """All of the file or none of it."""
    unfinished = path.with_suffix(".tmp")
    unfinished.write_text(text)
    unfinished.replace(path)


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
