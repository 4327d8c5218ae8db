"""Files in a bucket: stored, shown by links that end, and what happens when the store is not well."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zipfile import ZipFile

import httpx
import pytest
from django.core.files import File
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse

from generations.models import Job, Output, Provider, Reference, State, User
from generations.services.backup import back_up
from generations.services.files import storage_word
from generations.services.references import NotUsableNow, add, forget_unused, image_for
from sora_portal.storage_url import Bucket
from tests.pictures import picture
from tests.processes.harness import free_port
from tests.services import clips
from tests.storage.conftest import SECRET, address

pytestmark = pytest.mark.django_db
MakeJob = Callable[..., Job]


@pytest.fixture
def mp4(tmp_path: Path) -> Path:
    return clips.make_clip(tmp_path / "clip.mp4")


@pytest.fixture
def kept(s3: Bucket, make_job: MakeJob, mp4: Path) -> Callable[..., Job]:
    """A finished job whose real clip and poster are in the bucket."""

    def make(**extra: Any) -> Job:
        job = make_job(State.DONE, **extra)
        output = Output.objects.get(job=job)
        with mp4.open("rb") as file:
            output.clip.save("clips/ab/abc.mp4", File(file), save=False)
            output.poster.save("clips/ab/abc.webp", File(file), save=False)
        output.save()
        return job

    return make


def test_a_clip_is_served_by_a_link_of_the_store_that_seeks(mara: Client, kept: MakeJob, s3: Bucket, mp4: Path) -> None:
    answer = mara.get(reverse("job-clip", args=[kept().key]))
    assert (answer.status_code, answer["Cache-Control"]) == (302, "private, max-age=600")
    link = answer["Location"]
    assert link.startswith(f"{s3.origin}/{s3.name}/team-a/clips/ab/")
    assert SECRET not in link
    whole = httpx.get(link)
    assert (whole.status_code, whole.headers["content-type"], whole.content) == (200, "video/mp4", mp4.read_bytes())
    assert whole.headers["cache-control"].startswith("private")
    part = httpx.get(link, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, mp4.read_bytes()[100:200])


def test_a_download_has_our_name_and_a_head_has_a_link_of_its_own(mara: Client, kept: MakeJob) -> None:
    url = reverse("job-clip", args=[kept().key])
    saved = httpx.get(mara.get(url, {"download": 1})["Location"])
    assert "-a-fox-wakes-sora2-landscape-8s-8s-" in saved.headers["content-disposition"]
    assert httpx.head(mara.head(url)["Location"]).status_code == 200


def test_a_link_ends(mara: Client, kept: MakeJob) -> None:
    told = parse_qs(urlsplit(mara.get(reverse("job-poster", args=[kept().key]))["Location"]).query)
    assert told["X-Amz-Expires"] == ["1800"]
    assert told["response-content-type"] == ["image/webp"]


def test_a_page_lets_the_browser_load_from_the_store_and_nothing_else(mara: Client, kept: MakeJob, s3: Bucket) -> None:
    policy = mara.get(reverse("job", args=[kept().key]))["Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert s3.origin in rules["media-src"]
    assert s3.origin in rules["img-src"]
    assert s3.origin not in rules["default-src"]


@pytest.mark.parametrize("name", ["job-clip", "job-poster"])
def test_links_are_made_for_those_who_may_see_the_file(
    as_user: Callable[[User], Client],
    kept: MakeJob,
    member: User,
    stranger: User,
    reviewer: User,
    admin: User,
    name: str,
) -> None:
    private, shared = kept(visibility="me"), kept()
    for user, seen in ((member, 302), (stranger, 404), (reviewer, 404), (admin, 404)):
        assert as_user(user).get(reverse(name, args=[private.key])).status_code == seen
        assert as_user(user).get(reverse(name, args=[shared.key])).status_code == 302
    assert Client().get(reverse(name, args=[shared.key]))["Location"].startswith("/accounts/login/")


def test_a_missing_object_is_our_own_page(mara: Client, kept: MakeJob) -> None:
    job = kept()
    output = Output.objects.get(job=job)
    output.clip.storage.delete(str(output.clip.name))
    answer = mara.get(reverse("job-clip", args=[job.key]))
    assert answer.status_code == 404
    assert b"There is no such page for you" in answer.content


def test_a_reference_image_is_kept_shown_and_forgotten_there(
    s3: Bucket, mara: Client, member: User, stranger: User, provider: Provider, as_user: Callable[[User], Client]
) -> None:
    image = add(member, picture())
    url = reverse("reference-thumb", args=[image.key])
    small = httpx.get(mara.get(url)["Location"])
    assert (small.status_code, small.headers["content-type"]) == (200, "image/png")
    assert as_user(stranger).get(url).status_code == 404
    preview = mara.get(reverse("reference-preview", args=[image.key]), {"fit": "crop", "w": "480", "h": "270"})
    assert preview.status_code == 200
    Reference.objects.update(created_at="2020-01-01T00:00Z")
    forget_unused()
    assert not image.image.storage.exists(str(image.image.name))


def test_a_store_with_a_face_for_browsers(
    s3_server: str, bucket: str, stored_at: Any, mara: Client, make_clip: MakeJob
) -> None:
    found = stored_at(address(s3_server, bucket, "&public=https://files.example.org"))
    assert found.origin == "https://files.example.org"
    assert mara.get(reverse("job-clip", args=[make_clip().key]))["Location"].startswith(f"{found.origin}/{bucket}/")


@pytest.mark.django_db(transaction=True)
def test_a_backup_leaves_the_bucket_out_and_says_so(kept: MakeJob, s3: Bucket, tmp_path: Path, settings: Any) -> None:
    kept()
    settings.STORAGE_ORIGIN = s3.origin
    made = back_up(tmp_path / "portal.tar")
    assert (made.storage, made.missing) == (s3.origin, [])
    assert set(made.checksums) == {"database.sqlite3"}


class TestAStoreThatIsNotWell:
    def test_a_page_says_that_it_is_away(self, stored_at: Any, mara: Client, make_job: MakeJob) -> None:
        job = make_job(State.DONE)
        Output.objects.filter(job=job).update(clip="clips/ab/abc.mp4")
        stored_at(address(f"http://127.0.0.1:{free_port()}", "clips"))
        mara.raise_request_exception = False
        answer = mara.get(reverse("job-clip", args=[job.key]))
        assert (answer.status_code, answer["Retry-After"]) == (503, "5")
        assert b"<h1>The file storage does not answer</h1>" in answer.content

    def test_wrong_credentials_say_so_and_tell_no_secret(self, s3: Bucket, strict: None) -> None:
        with pytest.raises(PermissionError, match="refused the portal's credentials") as told:
            default_storage.exists("clips/ab/abc.mp4")
        assert SECRET not in str(told.value)
        assert told.value.__cause__ is None
        assert storage_word() == "refused"

    def test_a_store_that_is_away(self, stored_at: Any, make_job: MakeJob, member: User) -> None:
        stored_at(address(f"http://127.0.0.1:{free_port()}", "clips"))
        with pytest.raises(ConnectionError, match="could not be asked"):
            default_storage.open("clips/ab/abc.mp4")
        assert storage_word() == "away"

    def test_a_job_waits_for_its_image_instead_of_failing(
        self, s3: Bucket, s3_server: str, bucket: str, stored_at: Any, make_job: MakeJob, member: User
    ) -> None:
        job = make_job(reference=add(member, picture()), reference_fit="crop")
        assert image_for(job)[1] == "image/png"
        stored_at(address(f"http://127.0.0.1:{free_port()}", bucket))
        with pytest.raises(NotUsableNow):
            image_for(Job.objects.get(pk=job.pk))

    def test_a_well_one_can_be_written(self, s3: Bucket) -> None:
        assert storage_word() == "ok"


def test_clips_come_out_of_the_bucket_into_a_zip_piece_by_piece(mara: Client, kept: MakeJob, mp4: Path) -> None:
    job = kept()
    answer: Any = mara.post(reverse("library-bulk"), {"act": "zip", "job": str(job.key)})
    archive = ZipFile(BytesIO(b"".join(answer.streaming_content)))
    assert [archive.read(name) for name in archive.namelist()[:-1]] == [mp4.read_bytes()]
    assert len(list(default_storage.stream("clips/ab/abc.mp4", 1000))) == -(-mp4.stat().st_size // 1000)  # type: ignore[attr-defined]
    with pytest.raises(FileNotFoundError):
        default_storage.stream("clips/ab/gone.mp4", 1000)  # type: ignore[attr-defined]
