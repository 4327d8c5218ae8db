"""Reference images: kept once, delivered each provider's way, forgotten when nobody uses them."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from generations.contract import Delivery
from generations.dialects import DIALECTS
from generations.models import Fit, Job, Provider, Reference, User
from generations.services import delivery, references
from generations.services.compose import Ask, NotPossible, compose
from generations.services.delivery import NO_ADDRESS, WAS_UPLOADED, prepared, signed_job
from generations.services.references import NotUsable, NotUsableNow, add, add_from_url, forget_unused
from tests.marks import BOTH_DATABASES_IN_TEST_ALL
from tests.pictures import opened, picture
from tests.services.helpers import race

pytestmark = [pytest.mark.django_db, *BOTH_DATABASES_IN_TEST_ALL]

PUBLIC = "https://portal.example.com"


@pytest.fixture
def image(member: User) -> Reference:
    return add(member, picture(), source_url="https://example.com/frame.png")


@pytest.fixture
def job(make_job: Callable[..., Job], image: Reference) -> Job:
    return make_job(reference=image, reference_fit="crop", width=1280, height=720)


def delivered(job: Job, provider: Provider, way: Delivery) -> Any:
    provider.delivery = way
    return prepared(job, provider, DIALECTS["openai_videos"])[0]


class TestKeeping:
    def test_the_same_bytes_of_the_same_owner_are_one_row(self, member: User, stranger: User) -> None:
        first, again, other = add(member, picture()), add(member, picture()), add(stranger, picture())
        assert first == again
        assert first != other
        assert (first.width, first.height, first.content_type) == (900, 600, "image/png")

    @pytest.mark.django_db(transaction=True)
    def test_one_image_sent_twice_at_once_is_one_row_and_leaves_no_file(
        self, member: User, settings: Any, tmp_path: Path
    ) -> None:
        settings.MEDIA_ROOT = tmp_path
        content = picture(70, 70)
        results = race(*[lambda: add(member, content)] * 3)
        assert len(set(results)) == 1, results
        assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 2

    def test_the_file_has_a_name_nobody_guesses_and_a_small_copy(self, image: Reference) -> None:
        assert image.image.name != image.thumb.name
        assert len(Path(str(image.image.name)).stem) == 32
        assert opened(image.thumb.open("rb").read()).size == references.THUMB

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.databases
    def test_the_same_image_twice_at_once_is_one_row_and_leaves_no_other_file(
        self, member: User, monkeypatch: pytest.MonkeyPatch, settings: Any
    ) -> None:
        both = threading.Barrier(2)
        monkeypatch.setattr("generations.services.references.uuid4", lambda: both.wait(20) * 0 or uuid4())
        folder = Path(settings.MEDIA_ROOT)
        before, found = set(folder.rglob("*.*")), []

        def send(url: str) -> None:
            try:
                found.append(add(member, picture(), url))
            finally:
                connection.close()

        both_at_once = [threading.Thread(target=send, args=[url]) for url in ("", "https://example.com/a.png")]
        for one in both_at_once:
            one.start()
        for one in both_at_once:
            one.join()
        row = Reference.objects.get()
        assert found == [row, row]
        left = {str(path) for path in set(folder.rglob("*.*")) - before}
        assert left == {row.image.path, row.thumb.path}

    def test_what_is_no_image_leaves_nothing_behind(self, member: User) -> None:
        with pytest.raises(NotUsable, match="no JPEG"):
            add(member, b"nothing")
        assert not Reference.objects.exists()

    @pytest.mark.parametrize(
        ("url", "words"),
        [
            ("http://example.com/a.png", "begins with https"),
            ("javascript:alert(1)", "begins with https"),
            ("file:///etc/passwd", "begins with https"),
            ("https://127.0.0.1/a.png", "could not be fetched"),
            ("https://[::1]/a.png", "could not be fetched"),
            ("https://10.0.0.1:8443/a.png", "could not be fetched"),
            ("https://no-such-host.invalid/a.png", "could not be fetched"),
            ("https://user:pw@[bad/", "could not be fetched"),
        ],
    )
    def test_an_address_must_be_public(self, member: User, url: str, words: str) -> None:
        with pytest.raises(NotUsable, match=words):
            add_from_url(member, url)

    def test_unused_images_go_after_two_days_with_their_files(self, job: Job, member: User) -> None:
        unused = add(member, picture(700, 500))
        files = [Path(unused.image.path), Path(unused.thumb.path)]
        forget_unused()
        assert all(file.exists() for file in files)
        with time_machine.travel(timezone.now() + timedelta(days=2, minutes=1)):
            forget_unused()
        assert list(Reference.objects.all()) == [job.reference]
        assert not any(file.exists() for file in files)


class TestDelivery:
    def test_by_upload_it_is_the_bytes_in_exact_pixels(self, job: Job, provider: Provider) -> None:
        sent = delivered(job, provider, Delivery.UPLOAD)
        assert opened(sent.content).size == (1280, 720)
        assert (sent.content_type, sent.name, sent.url) == ("image/png", "reference.png", "")

    def test_as_data_it_is_the_same_bytes_in_a_uri(self, job: Job, provider: Provider) -> None:
        uri = delivered(job, provider, Delivery.DATA).url
        assert uri.startswith("data:image/png;base64,")
        same = delivered(job, provider, Delivery.UPLOAD).content
        assert base64.b64decode(uri.partition(",")[2]) == same

    def test_by_address_it_is_what_the_member_gave(self, job: Job, provider: Provider) -> None:
        assert delivered(job, provider, Delivery.ADDRESS).url == "https://example.com/frame.png"

    def test_as_a_link_it_is_signed_and_ends_after_a_day(self, job: Job, provider: Provider, settings: Any) -> None:
        settings.PUBLIC_URL = PUBLIC
        url = delivered(job, provider, Delivery.LINK).url
        assert url.startswith(f"{PUBLIC}/references/link/")
        signed = url.rstrip("/").rsplit("/", 1)[1]
        assert signed_job(signed) == job
        assert signed_job(signed[:-1] + ("A" if signed[-1] != "A" else "B")) is None
        with time_machine.travel(timezone.now() + timedelta(hours=24, minutes=1)):
            assert signed_job(signed) is None

    def test_where_the_provider_names_no_pixels_the_usual_ones_are_taken(
        self, make_job: Callable[..., Job], image: Reference, provider: Provider
    ) -> None:
        upright = make_job(reference=image, reference_fit="pad", aspect_ratio="9:16")
        assert opened(delivered(upright, provider, Delivery.UPLOAD).content).size == (720, 1280)

    def test_the_dialects_first_way_is_the_usual_one(self, provider: Provider) -> None:
        ways = {slug: delivery.delivery_of(provider, kind) for slug, kind in DIALECTS.items()}
        assert ways == {
            "uniall": Delivery.LINK, "openai_videos": Delivery.UPLOAD, "unified": Delivery.LINK,
            "mingyan": Delivery.LINK, "v2_generations": Delivery.LINK,
        }  # fmt: skip

    def test_a_link_needs_a_public_address(self, provider: Provider, settings: Any) -> None:
        assert "PUBLIC_URL" in delivery.unavailable(provider, DIALECTS["uniall"])
        settings.PUBLIC_URL = PUBLIC
        assert delivery.unavailable(provider, DIALECTS["uniall"]) == ""

    def test_a_way_that_the_jobs_own_dialect_does_not_know_is_not_gone(self, job: Job, provider: Provider) -> None:
        provider.delivery = Delivery.UPLOAD
        assert delivery.delivery_of(provider, DIALECTS["mingyan"]) == Delivery.LINK

    @pytest.mark.parametrize(("way", "says"), [(Delivery.ADDRESS, WAS_UPLOADED), (Delivery.LINK, NO_ADDRESS)])
    def test_an_empty_address_is_never_sent(self, way: Delivery, says: str, job: Job, provider: Provider) -> None:
        assert job.reference
        job.reference.source_url, provider.delivery = "", way
        with pytest.raises(NotUsableNow) as told:
            prepared(job, provider, DIALECTS["uniall"])
        assert str(told.value) == says


class TestAsking:
    @pytest.fixture(autouse=True)
    def _public(self, settings: Any, provider: Provider) -> None:
        settings.PUBLIC_URL = PUBLIC

    def ask(self, provider: Provider, image: Reference | None, **more: Any) -> Ask:
        key = image.key if image else None
        return Ask("A fox", provider.pk, "sora2-landscape-8s", "a" * 32, reference=key, **more)

    def test_the_job_keeps_image_and_fit(self, member: User, provider: Provider, image: Reference) -> None:
        job = compose(member, self.ask(provider, image, reference_fit=Fit.PAD)).job
        assert (job.reference, job.reference_fit) == (image, "pad")

    def test_another_persons_image_is_not_there(self, stranger: User, provider: Provider, image: Reference) -> None:
        with pytest.raises(NotPossible, match="not there any more") as told:
            compose(stranger, self.ask(provider, image))
        assert told.value.field == "reference"

    def test_an_image_of_a_team_job_may_be_used_by_everyone_in_it(
        self, stranger: User, provider: Provider, job: Job, image: Reference
    ) -> None:
        assert compose(stranger, self.ask(provider, image)).job.reference == image

    def test_a_model_that_takes_none_says_so(self, member: User, provider: Provider, image: Reference) -> None:
        provider.models.update(references=0)
        with pytest.raises(NotPossible, match="takes no reference image"):
            compose(member, self.ask(provider, image))

    def test_a_provider_that_wants_addresses_refuses_an_upload(self, member: User, provider: Provider) -> None:
        Provider.objects.update(delivery="address")
        with pytest.raises(NotPossible, match="Give the image's URL"):
            compose(member, self.ask(provider, add(member, picture(640, 480))))

    def test_without_an_image_nothing_changes(self, member: User, provider: Provider) -> None:
        job = compose(member, self.ask(provider, None)).job
        assert (job.reference, job.reference_fit) == (None, "")
