"""The official client package drives the sandbox: whatever it sends is taken, whatever it reads is understood."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from openai import OpenAI
from PIL import Image

from generations.sandbox import Sandbox
from tests.sandbox.conftest import KEY, PATIENCE, SPEED
from tests.sandbox.receiver import receiving

SECRET = "whsec_dGhlIHNlY3JldCBvZiB0aGUgdGVzdHM="

pytestmark = pytest.mark.filterwarnings("ignore:The Sora API:DeprecationWarning")


def client_of(sandbox: Sandbox, key: str = KEY) -> OpenAI:
    return OpenAI(base_url=f"{sandbox.url}/v1", api_key=key, max_retries=0, timeout=PATIENCE, webhook_secret=SECRET)


@pytest.fixture
def client(shared_sandbox: Sandbox) -> Iterator[OpenAI]:
    with client_of(shared_sandbox) as client:
        yield client


def test_a_create_without_anything_has_the_defaults(client: OpenAI) -> None:
    video = client.videos.create(prompt="A paper boat [sandbox:stuck]")
    assert (video.object, video.model, video.seconds, video.size) == ("video", "sora-2", "4", "720x1280")
    assert (video.status, video.progress) == ("queued", 0)
    assert client.videos.retrieve(video.id).id == video.id


def test_a_video_is_made_and_downloaded(client: OpenAI, tmp_path: Path) -> None:
    video = client.videos.create_and_poll(prompt="A paper boat", model="sora-2-pro", seconds="8", size="1280x720")
    assert (video.status, video.progress, video.seconds, video.size) == ("completed", 100, "8", "1280x720")
    assert video.expires_at == (video.completed_at or 0) + 3600
    content = client.videos.download_content(video.id)
    content.write_to_file(tmp_path / "boat.mp4")
    assert (tmp_path / "boat.mp4").read_bytes()[4:8] == b"ftyp"


@pytest.mark.parametrize(("variant", "kind"), [("thumbnail", "WEBP"), ("spritesheet", "JPEG")])
def test_pictures_of_a_video_can_be_had(client: OpenAI, variant: str, kind: str) -> None:
    video = client.videos.create_and_poll(prompt="A paper boat")
    content = client.videos.download_content(video.id, variant=variant)  # type: ignore[arg-type]
    with Image.open(io.BytesIO(content.read())) as picture:
        assert picture.format == kind


def test_a_reference_file_is_delivered(client: OpenAI, shared_sandbox: Sandbox, tmp_path: Path) -> None:
    Image.new("RGB", (1280, 720), "teal").save(tmp_path / "first.png")
    video = client.videos.create(prompt="It sails", size="1280x720", input_reference=tmp_path / "first.png")
    size = (tmp_path / "first.png").stat().st_size
    delivered = {"job": video.id, "width": 1280, "height": 720, "bytes": size}
    assert delivered in shared_sandbox.house.tally.as_dict()["references"]


def test_what_the_package_has_no_argument_for_comes_through_too(client: OpenAI) -> None:
    reference = {"image_url": "https://example.com/first.png"}
    extra = {"input_reference": reference, "characters": [{"id": "char_1"}, {"id": "char_2"}]}
    assert client.videos.create(prompt="It sails", extra_body=extra).status == "queued"


def test_a_reference_of_another_size_is_refused(client: OpenAI, tmp_path: Path) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "first.png")
    with pytest.raises(openai.BadRequestError, match="Inpaint image must match"):
        client.videos.create(prompt="It sails", input_reference=tmp_path / "first.png")


def test_the_list_is_walked_and_shortened() -> None:
    with Sandbox(key=KEY, speed=SPEED) as sandbox, client_of(sandbox) as client:
        made = [client.videos.create_and_poll(prompt=f"Boat {number}").id for number in range(3)]
        assert [video.id for video in client.videos.list(limit=2, order="asc")] == made
        assert client.videos.list(limit=2).data[0].id == made[-1]
        deleted = client.videos.delete(made[1])
        assert (deleted.id, deleted.deleted, deleted.object) == (made[1], True, "video.deleted")
        assert [video.id for video in client.videos.list(order="asc")] == [made[0], made[2]]
        with pytest.raises(openai.NotFoundError):
            client.videos.retrieve(made[1])


def test_a_remix_remembers_where_it_came_from(client: OpenAI) -> None:
    source = client.videos.create_and_poll(prompt="A paper boat", size="1280x720", seconds="8")
    video = client.videos.remix(source.id, prompt="Make it daytime")
    assert video.remixed_from_video_id == source.id
    assert (video.size, video.seconds, video.prompt) == ("1280x720", "8", "Make it daytime")


@pytest.mark.parametrize(
    ("prompt", "error", "code"),
    [
        ("[sandbox:moderation]", openai.BadRequestError, "moderation_blocked"),
        ("[sandbox:quota]", openai.RateLimitError, "insufficient_quota"),
        ("[sandbox:rate-limit]", openai.RateLimitError, "rate_limit_exceeded"),
        ("[sandbox:overloaded]", openai.InternalServerError, None),
        ("[sandbox:bad-key]", openai.AuthenticationError, "invalid_api_key"),
        ("[sandbox:lost-answer]", openai.APIConnectionError, None),
    ],
)
def test_refusals_are_the_packages_own_errors(
    client: OpenAI, prompt: str, error: type[openai.APIError], code: str | None
) -> None:
    with pytest.raises(error) as caught:
        client.videos.create(prompt=prompt)
    assert caught.value.code == code


def test_a_failed_video_says_why(client: OpenAI) -> None:
    video = client.videos.create_and_poll(prompt="[sandbox:fail-at-94]")
    assert video.status == "failed"
    assert video.error
    assert video.error.code == "moderation_blocked"


def test_a_wrong_key_is_not_let_in(shared_sandbox: Sandbox) -> None:
    with client_of(shared_sandbox, "wrong") as stranger, pytest.raises(openai.AuthenticationError):
        stranger.videos.list()


@pytest.mark.parametrize(("prompt", "kind"), [("Boat", "video.completed"), ("[sandbox:fail]", "video.failed")])
def test_an_event_is_unwrapped(prompt: str, kind: str) -> None:
    with receiving() as receiver:
        with Sandbox(key=KEY, speed=SPEED, webhook_url=receiver.url, webhook_secret=SECRET) as sandbox:
            with client_of(sandbox) as client:
                video = client.videos.create(prompt=prompt)
                headers, body = receiver.next()
                client.webhooks.verify_signature(body, headers)
                event = client.webhooks.unwrap(body, headers)
                with pytest.raises(openai.InvalidWebhookSignatureError):
                    client.webhooks.verify_signature(body + b" ", headers)
    assert (event.type, event.data.id) == (kind, video.id)  # type: ignore[union-attr]
