"""A backup holds everything, and putting it back never costs a second request."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
import shutil
import sqlite3
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from generations.models import State
from generations.sandbox import Sandbox
from tests.processes.harness import Installation, portal, wait_for
from tests.processes.test_failpoints import SET_UP
from tests.processes.test_services import database, redis
from tests.services import clips

__all__ = ["database", "redis"]
pytestmark = [pytest.mark.process, pytest.mark.matrix]

Install = Callable[..., Installation]
FILL = """
from pathlib import Path
from django.core.files import File
from django.utils import timezone
from django_q.models import OrmQ
from generations.models import *
from generations.services.advance import advance
from generations.services.install import ensure_admin
from generations.services.kick import MAIN, kick_canary
from generations.services.providers import add_provider
from generations.models.prompt import text_hash
user = ensure_admin("a@example.org", "a long enough passphrase") and User.objects.get()
provider = add_provider("Gateway", "uniall", "https://api.example.com", "sk-of-the-gateway")
now = timezone.now()
for state in State:
    prompt = Prompt.objects.create(text=state, text_hash=text_hash(state), author=user, last_run_at=now)
    job = Job.objects.create(author=user, prompt=prompt, provider=provider, provider_name="Gateway", dialect="uniall",
        model="m", aspect_ratio="16:9", seconds=8, state=state, state_since=now, compose_token=state)
    sent = Submission.objects.create(
        job=job, number=1, provider=provider, lease_until=now, sent_at=now, remote_id=state)
    Job.objects.filter(pk=job.pk).update(token=sent.token)
    if state == "running":
        Watch.objects.create(job=job, provider=provider, remote_id=state, since=now, next_poll_at=now)
    if state == "done":
        output = Output(job=job, remote_url="https://x", next_try_at=now, stored_at=now)
        with Path({clip!r}).open("rb") as clip:
            output.clip.save("clips/ab/kept.mp4", File(clip))
kick_canary(MAIN)
Heartbeat.beat("canary:portal")
"""
TOLD = """
import json
from django_q.models import OrmQ
from generations.models import *
clip = Output.objects.get().clip
print(json.dumps({
    "states": dict(Job.objects.values_list("prompt__text", "state")), "watches": Watch.objects.count(),
    "tasks": OrmQ.objects.count(), "beats": Heartbeat.objects.count(), "key": Provider.objects.get().key,
    "reasons": sorted(set(JobEvent.objects.values_list("note", flat=True))),
    "clip": clip.read().hex() if clip.storage.exists(clip.name) else "",
}))
"""
REASONS = [
    "Restored from a backup. It may have been approved and sent since. Ask again if it was not made.",
    "Restored from a backup. It may have been sent and charged since, so it is never sent again by itself.",
]


def filled(installation: Installation) -> bytes:
    """Put a job in every state and a clip into it; the clip."""
    clip = clips.make_clip(installation.data.parent / "clip.mp4")
    installation.python(FILL.format(clip=str(clip)))
    return clip.read_bytes()


def told(installation: Installation) -> dict[str, object]:
    found: dict[str, object] = json.loads(installation.python(TOLD).splitlines()[-1])
    return found


def as_restored(states: object) -> dict[str, str]:
    assert isinstance(states, dict)
    return states | {"awaiting_approval": "rejected", "queued": "unknown", "submitting": "unknown"}


def test_there_and_back_over_what_was_there(install: Install, tmp_path: Path) -> None:
    installation, file = install(), tmp_path / "portal.tar"
    clip = filled(installation)
    made = installation.manage("backup", str(file))
    assert made.returncode == 0, made.stderr
    assert "10 jobs, 1 stored files" in made.stdout
    assert "The keys are not in it." in made.stdout
    assert file.stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob(".backup-*"))
    (installation.data / "media/clips/ab/kept.mp4").write_bytes(b"spoilt later")
    back = installation.manage("restore", str(file))
    assert back.returncode == 0, back.stderr
    assert "2 jobs that waited or were just sent" in back.stdout
    assert "1 jobs that awaited approval are “Not approved” now" in back.stdout
    after = told(installation)
    assert after["states"] == as_restored({state.value: state.value for state in State})
    assert after["clip"] == clip.hex()
    assert (after["watches"], after["tasks"], after["beats"], after["key"]) == (1, 0, 0, "sk-of-the-gateway")
    assert after["reasons"] == REASONS
    (aside,) = installation.data.glob("before-restore-*")
    assert (aside / "portal.sqlite3").is_file()
    assert (aside / "media/clips/ab/kept.mp4").read_bytes() == b"spoilt later"


def test_into_an_empty_folder_with_and_without_keys(install: Install, tmp_path: Path) -> None:
    installation, bare, keyed = install(), tmp_path / "bare.tar", tmp_path / "keyed.tar"
    clip = filled(installation)
    assert installation.manage("backup", str(bare)).returncode == 0
    made = installation.manage("backup", "--with-keys", str(keyed))
    assert "It holds the keys" in made.stdout
    key = (installation.data / "encryption.key").read_bytes()
    assert key not in bare.read_bytes()
    assert key in keyed.read_bytes()
    refused = installation.manage("backup", "--with-keys", str(tmp_path / "n.tar"), PORTAL_ENCRYPTION_KEYS=key.decode())
    assert "PORTAL_ENCRYPTION_KEYS from its environment" in refused.stderr

    without = Installation(tmp_path / "without")
    back = without.manage("restore", str(bare))
    assert "This portal cannot read the keys of: Gateway." in back.stdout, back.stderr
    assert (told(without)["key"], told(without)["clip"]) == ("", clip.hex())
    with_keys = Installation(tmp_path / "with")
    back = with_keys.manage("restore", str(keyed))
    assert "cannot read" not in back.stdout, back.stderr
    assert told(with_keys)["key"] == "sk-of-the-gateway"
    assert (with_keys.data / "encryption.key").stat().st_mode & 0o777 == 0o600


def test_a_spoilt_backup_touches_nothing(install: Install, tmp_path: Path) -> None:
    installation, good, bad = install(), tmp_path / "good.tar", tmp_path / "bad.tar"
    filled(installation)
    assert installation.manage("backup", str(good)).returncode == 0
    before = told(installation)
    whole = good.read_bytes()
    spoilt = bytearray(whole)
    spoilt[whole.index(b"ftypisom") + 900] ^= 1
    for content, words in (
        (bytes(spoilt), "media/clips/ab/kept.mp4 is not what was saved"),
        (whole[: len(whole) // 2], "spoilt"),
        (b"no tar", "it is no whole tar file"),
        (renamed(good, "media/clips/ab/kept.mp4", "media/../../evil.mp4"), "no part of a backup"),
        (renamed(good, "manifest.json", "other.json"), "no part of a backup"),
    ):
        bad.write_bytes(content)
        refused = installation.manage("restore", str(bad))
        assert refused.returncode == 1
        assert words in refused.stderr
    assert "There is no file" in installation.manage("restore", str(tmp_path / "none.tar")).stderr
    assert "is there already" in installation.manage("backup", str(good)).stderr
    assert told(installation) == before
    assert not list(installation.data.glob("before-restore-*"))
    assert not list(installation.data.glob(".restore-*"))


def renamed(file: Path, old: str, new: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(file) as source, tarfile.open(fileobj=out, mode="w") as sink:
        for entry in source:
            content = source.extractfile(entry)
            entry.name = new if entry.name == old else entry.name
            sink.addfile(entry, content)
    return out.getvalue()


def test_every_row_in_a_backup_made_under_load_has_its_file(install: Install, tmp_path: Path) -> None:
    """Clips are kept and images forgotten, as the archive and the sweeper do it, while backups are taken."""
    installation = install()
    filled(installation)
    work = """
import os, time, itertools
from django.core.files.base import ContentFile
from generations.models import *
job = Job.objects.first()
for n in itertools.count():
    output = Output(job=job, number=n + 2, remote_url="x", next_try_at=job.created_at, stored_at=job.created_at)
    output.clip.save(f"clips/l/{n}.mp4", ContentFile(os.urandom(20000)), save=False)
    output.save()
    if n % 3 == 0:
        gone = Output.objects.get(pk=output.pk); gone.delete(); gone.clip.storage.delete(gone.clip.name)
    if os.path.exists(os.environ["PORTAL_DATA"] + "/enough"): break
"""
    worker = threading.Thread(target=installation.python, args=[work])
    worker.start()
    kept = "SELECT count(*) FROM generations_output"
    wait_for(lambda: installation.rows(kept)[0][0] > 3, "work to back up beside")
    try:
        for n in range(4):
            done = installation.manage("backup", str(tmp_path / f"{n}.tar"))
            assert done.returncode == 0, done.stderr
            assert "lost before" not in done.stdout
    finally:
        (installation.data / "enough").touch()
        worker.join()
    for n in range(4):
        folder = tmp_path / str(n)
        with tarfile.open(tmp_path / f"{n}.tar") as tar:
            tar.extractall(folder, filter="data")
        with contextlib.closing(sqlite3.connect(folder / "database.sqlite3")) as dump:
            named = [name for (name,) in dump.execute("SELECT clip FROM generations_output WHERE clip <> ''")]
        assert len(named) > 1
        assert all((folder / "media" / name).is_file() for name in named)
        manifest = json.loads((folder / "manifest.json").read_text())
        sums = {f"media/{name}": hashlib.sha256((folder / "media" / name).read_bytes()).hexdigest() for name in named}
        assert sums.items() <= manifest["checksums"].items()


def test_a_restore_is_never_the_cause_of_a_second_request(install: Install, tmp_path: Path) -> None:
    """Real portal, real HTTP: one job runs, one is being sent, one waits; all three are sent before the restore."""
    installation, file = install(SANDBOX="off"), tmp_path / "portal.tar"
    with Sandbox(key="k", speed=0.05) as provider:
        installation.python(SET_UP.format(url=provider.url))
        installation.python("from generations.models import Provider; Provider.objects.update(in_flight=2)")
        with portal(installation) as running:
            one = installation.generate("Runs")
            wait_for(lambda: installation.state_of(one) == "running", "rendering")
            two = installation.generate("Is being sent [sandbox:hang=25]")
            wait_for(lambda: installation.state_of(two) == "submitting", "the POST")
            three = installation.generate("Waits for a slot")
            assert installation.manage("backup", str(file)).returncode == 0
            assert [installation.state_of(key) for key in (one, two, three)] == ["running", "submitting", "queued"]
            assert "A portal already runs on" in installation.manage("restore", str(file)).stderr
            installation.python("from generations.models import Provider; Provider.objects.update(in_flight=9)")
            wait_for(lambda: provider.posts == 3, "all three POSTs", 60)
            four = installation.generate("Asked after the backup")
            wait_for(lambda: installation.state_of(four) == "running", "the fourth")
            running.interrupt()
            assert running.ended() == 0
        sent = provider.creates, provider.posts
        assert sent == (4, 4)
        back = installation.manage("restore", str(file))
        assert back.returncode == 0, back.stderr
        looks = "SELECT looks FROM generations_watch"
        with portal(installation) as again:
            seen = installation.rows(looks)[0][0]
            wait_for(lambda: installation.rows(looks)[0][0] > seen + 2, "looks at the running job")
            assert [installation.state_of(key) for key in (one, two, three)] == ["running", "unknown", "unknown"]
            again.interrupt()
            assert again.ended() == 0
        assert (provider.creates, provider.posts) == sent
        assert installation.rows("SELECT count(*) FROM generations_job") == [(3,)]


def test_postgresql_there_and_back(database: str, redis: str, install: Install, tmp_path: Path) -> None:
    installation, file = install(DATABASE_URL=database, REDIS_URL=redis), tmp_path / "portal.tar"
    assert installation.manage("migrate", "-v0").returncode == 0
    clip = filled(installation)
    before = told(installation)
    made = installation.manage("backup", str(file))
    assert made.returncode == 0, made.stderr
    refused = installation.manage("restore", str(file))
    assert re.search("its part “canary:portal@.+” was alive a moment ago", refused.stderr)
    forget = "from generations.models import *; Heartbeat.objects.all().delete(); Submission.objects.all().delete()"
    installation.python(forget)
    shutil.rmtree(installation.data / "media")
    for _ in range(2):  # and again over a restored one
        back = installation.manage("restore", str(file))
        assert back.returncode == 0, back.stderr
        after = told(installation)
        assert after["states"] == as_restored(before["states"])
        assert (after["clip"], after["watches"], after["tasks"], after["beats"]) == (clip.hex(), 1, 0, 0)
        assert after["reasons"] == REASONS
        assert installation.manage("migrate", "--check").returncode == 0
    assert installation.manage("backup", str(tmp_path / "second.tar")).returncode == 0

    elsewhere = installation.manage("restore", str(file), STORAGE_URL="s3://k:s@clips")
    assert "Clear STORAGE_URL" in elsewhere.stderr
    embedded = Installation(tmp_path / "embedded").manage("restore", str(file))
    assert "The backup is of PostgreSQL, and this portal runs on SQLite." in embedded.stderr
    bare = installation.manage("backup", str(tmp_path / "x.tar"), PATH=os.path.dirname(os.__file__))
    assert "pg_dump is not installed" in bare.stderr
