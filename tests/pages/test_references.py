"""The pages around a reference image: who may add one, who may see it, and what a provider's link opens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from generations.media.limited import run_limited
from generations.models import Job, Provider, Reference, User
from generations.services import turns
from generations.services.delivery import signed_path
from generations.services.references import add
from tests.pictures import opened, picture

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def public(settings: Any, provider: Provider) -> None:
    settings.PUBLIC_URL = "https://portal.example.com"


@pytest.fixture
def image(member: User) -> Reference:
    return add(member, picture())


def file(content: bytes = b"") -> SimpleUploadedFile:
    return SimpleUploadedFile("still.png", content or picture(), "image/png")


def send(browser: Client, **data: Any) -> Any:
    form = {"text": "A fox wakes", "compose_token": "a" * 32, "model": "sora2-landscape-8s"} | data
    return browser.post(reverse("create"), form)


class TestAdding:
    def test_the_answer_is_the_composers_part_with_a_preview_in_the_outputs_shape(
        self, as_user: Callable[[User], Client], member: User
    ) -> None:
        data = {"reference_file": file(), "model": "sora2-portrait-8s"}
        answer = as_user(member).post(reverse("reference-add"), data, headers=HTMX)
        image, body = Reference.objects.get(), answer.content.decode()
        assert (answer.status_code, image.owner) == (200, member)
        assert f'name="reference" value="{image.key}"' in body
        assert "fit=crop&amp;w=270&amp;h=480" in body
        assert "900 × 600, cut to 720 × 1280" in body

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            ({"reference_file": b"nothing"}, "This is no JPEG, PNG or WebP image."),
            ({"reference_file": picture(63, 63)}, "each side needs 64"),
            ({"reference_url": "ftp://example.com/a.png"}, "begins with https://"),
            ({"reference_url": "https://127.0.0.1/<b>.png"}, "could not be fetched"),
        ],
    )
    def test_what_is_no_good_is_answered_at_the_control(
        self, as_user: Callable[[User], Client], member: User, data: dict[str, Any], words: str
    ) -> None:
        sent = {name: file(value) if isinstance(value, bytes) else value for name, value in data.items()}
        answer = as_user(member).post(reverse("reference-add"), sent, headers=HTMX)
        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert not Reference.objects.exists()

    def test_viewers_and_strangers_add_nothing(self, as_user: Callable[[User], Client], viewer: User) -> None:
        url = reverse("reference-add")
        assert as_user(viewer).post(url, {"reference_file": file()}).status_code == 403
        assert Client().post(url, {"reference_file": file()}).status_code == 302
        assert Client().post(url, {"reference_file": file()}, headers=HTMX).status_code == 401
        assert Client(enforce_csrf_checks=True).post(url, {"reference_file": file()}).status_code in (302, 403)
        assert not Reference.objects.exists()


class TestSeeing:
    @pytest.mark.parametrize("visibility", ["team", "me"])
    def test_who_sees_the_job_sees_its_image(
        self,
        as_user: Callable[[User], Client],
        make_job: Callable[..., Job],
        image: Reference,
        member: User, stranger: User, admin: User,
        visibility: str,
    ) -> None:  # fmt: skip
        job = make_job(reference=image, reference_fit="crop", visibility=visibility)
        urls = [
            reverse("reference-thumb", args=[image.key]),
            reverse("reference-preview", args=[image.key]) + "?fit=pad&w=480&h=270",
            reverse("job-reference", args=[job.key]),
        ]
        expected = {member: 200, stranger: 200, admin: 200} if visibility == "team" else {
            member: 200, stranger: 404, admin: 404,
        }  # fmt: skip
        for url in urls:
            assert Client().get(url).status_code == 302
            for user, status in expected.items():
                answer = as_user(user).get(url)
                assert answer.status_code == status, url
                assert status != 200 or answer["Content-Security-Policy"] == "default-src 'none'; sandbox"

    def test_an_image_of_no_job_is_its_owners_only(
        self, as_user: Callable[[User], Client], image: Reference, stranger: User, admin: User
    ) -> None:
        url = reverse("reference-thumb", args=[image.key])
        assert {as_user(user).get(url).status_code for user in (stranger, admin)} == {404}

    def test_a_preview_has_the_asked_size(
        self, as_user: Callable[[User], Client], image: Reference, member: User
    ) -> None:
        url = reverse("reference-preview", args=[image.key])
        answer = as_user(member).get(f"{url}?fit=crop&w=480&h=270")
        assert opened(answer.content).size == (480, 270)
        assert "private" in answer["Cache-Control"]

    @pytest.mark.parametrize(
        "query", ["", "fit=melt&w=480&h=270", "fit=crop&w=9999&h=9", "fit=pad&w=-1&h=²", "fit=crop&w=320&h=180"]
    )
    def test_a_preview_of_no_sense_is_not_there(
        self, as_user: Callable[[User], Client], image: Reference, member: User, query: str
    ) -> None:
        url = f"{reverse('reference-preview', args=[image.key])}?{query}"
        assert as_user(member).get(url).status_code == 404


class TestManyAtOnce:
    """One web process with few threads makes the pictures: nobody may keep all of them busy."""

    @pytest.fixture
    def children(self, image: Reference, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
        """The child processes that were started."""
        started: list[Any] = []

        def run(*how: Any) -> bytes:
            started.append(how)
            return run_limited(*how)

        monkeypatch.setattr("generations.media.pictures.run_limited", run)
        return started

    def test_a_preview_is_made_once_and_another_size_or_fit_is_another_one(
        self, as_user: Callable[[User], Client], image: Reference, member: User, children: list[Any]
    ) -> None:
        url, browser = reverse("reference-preview", args=[image.key]), as_user(member)
        for query in ("fit=crop&w=480&h=270", "fit=crop&w=480&h=270", "fit=pad&w=480&h=270", "fit=pad&w=270&h=480"):
            width = 270 if "w=270" in query else 480
            assert opened(browser.get(f"{url}?{query}").content).width == width
        assert len(children) == 3

    def test_only_sizes_of_what_is_offered_are_made(
        self, as_user: Callable[[User], Client], image: Reference, member: User, provider: Provider, children: list[Any]
    ) -> None:
        url = reverse("reference-preview", args=[image.key])
        for width in range(64, 480, 16):
            assert as_user(member).get(f"{url}?fit=crop&w={width}&h=270").status_code == 404
        Provider.objects.update(enabled=False)
        assert as_user(member).get(f"{url}?fit=crop&w=480&h=270").status_code == 404
        assert children == []

    def test_with_all_hands_full_the_rest_is_told_to_come_again(
        self,
        as_user: Callable[[User], Client],
        make_job: Callable[..., Job],
        image: Reference, member: User, provider: Provider,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        job = make_job(reference=image, reference_fit="pad")
        browser, words = as_user(member), "The portal is busy with other images. Try again in a moment."
        kept, new = ("?fit=crop&w=480&h=270", "?fit=pad&w=480&h=270")
        url = reverse("reference-preview", args=[image.key])
        assert browser.get(url + kept).status_code == 200
        monkeypatch.setattr(turns, "PICTURES", turns.Room(hands=1, seats=1, patience=0))
        with turns.PICTURES.turn():
            for path in (url + new, reverse("job-reference", args=[job.key])):
                answer = browser.get(path)
                assert (answer.status_code, answer["Retry-After"], answer.content.decode()) == (503, "5", words)
                assert "no-store" in answer["Cache-Control"]
            answer = browser.post(reverse("reference-add"), {"reference_file": file(picture(700, 700))}, headers=HTMX)
            assert (answer.status_code, answer["Retry-After"]) == (503, "5")
            assert words in answer.content.decode()
            assert send(browser, provider=provider.pk, reference_file=file(picture(700, 700))).status_code == 422
            assert browser.get(url + kept).status_code == 200, "a kept one needs no hand"
            assert browser.get(signed_path(job)).status_code == 200, "a provider's link has a room of its own"
        assert browser.get(url + new).status_code == 200
        assert Reference.objects.count() == 1

    def test_fetching_from_an_address_has_its_own_bound(
        self, as_user: Callable[[User], Client], member: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(turns, "FETCHES", turns.Room(hands=1, seats=1, patience=0))
        with turns.FETCHES.turn():
            answer = as_user(member).post(reverse("reference-add"), {"reference_url": "https://example.com/a.png"})
        assert answer.status_code == 503

    def test_an_image_that_is_there_already_needs_no_hand(self, image: Reference, children: list[Any]) -> None:
        assert add(image.owner, picture()) == image
        assert children == []


class TestTheLink:
    def test_it_opens_without_a_session_and_shows_the_fitted_image(
        self, make_job: Callable[..., Job], image: Reference
    ) -> None:
        job = make_job(reference=image, reference_fit="pad", width=1280, height=720, visibility="me")
        answer = Client().get(signed_path(job))
        assert opened(answer.content).size == (1280, 720)
        assert answer["Content-Type"] == "image/png"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert Client().head(signed_path(job)).status_code == 200
        assert Client().post(signed_path(job)).status_code == 405

    @pytest.mark.parametrize("signed", ["x", "eyJhIjoxfQ:1abc:sig", "1:1:1", "%00"])
    def test_any_other_link_opens_nothing(self, signed: str) -> None:
        assert Client().get(f"/references/link/{signed}/").status_code == 404

    def test_a_job_without_an_image_has_none(self, make_job: Callable[..., Job]) -> None:
        assert Client().get(signed_path(make_job())).status_code == 404


class TestWithoutJavaScript:
    def test_a_file_in_the_form_itself_comes_along(
        self, as_user: Callable[[User], Client], member: User, provider: Provider
    ) -> None:
        answer = send(as_user(member), provider=provider.pk, reference_file=file(), reference_fit="pad")
        assert answer.status_code == 303
        job = Job.objects.get()
        assert job.reference
        assert (job.reference.owner, job.reference_fit) == (member, "pad")

    def test_an_image_stays_attached_when_something_else_is_wrong(
        self, as_user: Callable[[User], Client], member: User, provider: Provider
    ) -> None:
        answer = send(as_user(member), provider=provider.pk, reference_file=file(), text=" ")
        assert answer.status_code == 422
        assert f'value="{Reference.objects.get().key}"' in answer.content.decode()
        assert not Job.objects.exists()

    def test_it_can_be_left_out_again(
        self, as_user: Callable[[User], Client], member: User, provider: Provider, image: Reference
    ) -> None:
        send(as_user(member), provider=provider.pk, reference=str(image.key), reference_off="1")
        assert Job.objects.get().reference is None

    def test_what_is_no_image_makes_no_job(
        self, as_user: Callable[[User], Client], member: User, provider: Provider
    ) -> None:
        answer = send(as_user(member), provider=provider.pk, reference_file=file(b"nothing"))
        assert answer.status_code == 422
        assert "This is no JPEG, PNG or WebP image." in answer.content.decode()
        assert not Job.objects.exists()


class TestOptions:
    @pytest.fixture
    def unified(self, provider: Provider) -> Provider:
        from generations.services.providers import add_provider

        return add_provider("Gateway", "unified", "https://gateway.example.com", "k")

    def test_they_are_shown_for_models_that_have_them(
        self, as_user: Callable[[User], Client], member: User, unified: Provider
    ) -> None:
        query = {"provider": str(unified.pk), "model": "sora_video2", "option_style": "anime"}
        body = as_user(member).get(reverse("compose-options"), query).content.decode()
        assert '<option value="anime" selected>Anime</option>' in body
        assert "<details" in body
        assert " open>" in body
        plain = as_user(member).get(reverse("compose-options"), query | {"model": "sora-2"}).content.decode()
        assert "option_style" not in plain

    def test_what_is_chosen_reaches_the_job_and_the_rest_is_the_default(
        self, as_user: Callable[[User], Client], member: User, unified: Provider
    ) -> None:
        send(as_user(member), provider=unified.pk, model="sora_video2", option_style="anime")
        job = Job.objects.get()
        assert job.options == {"watermark": "prefer-none", "private": "no", "style": "anime", "storyboard": "no"}
        page = as_user(member).get(job.get_absolute_url()).content.decode()
        assert "<dt>Style</dt><dd>Anime</dd>" in page

    def test_a_value_that_is_none_is_refused(
        self, as_user: Callable[[User], Client], member: User, unified: Provider
    ) -> None:
        answer = send(as_user(member), provider=unified.pk, model="sora_video2", option_style="<b>")
        assert answer.status_code == 422
        assert "&lt;b&gt; is not a choice for Style" in answer.content.decode()

    def test_using_a_job_again_brings_options_and_image_along(
        self, as_user: Callable[[User], Client], member: User, unified: Provider, image: Reference
    ) -> None:
        browser = as_user(member)
        send(browser, provider=unified.pk, model="sora_video2", option_style="comic", reference=str(image.key))
        body = browser.get(reverse("create"), {"reuse": str(Job.objects.get().key)}).content.decode()
        assert '<option value="comic" selected>' in body
        assert f'value="{image.key}"' in body
