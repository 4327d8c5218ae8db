"""`manage.py provider`: adding, changing, trying and switching providers by script."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from generations.dialects import DIALECTS
from generations.models import Provider
from generations.sandbox import Sandbox

pytestmark = pytest.mark.django_db
KEY = "sk-0123456789-secret"


@pytest.fixture(autouse=True)
def _key_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIO_KEY", f" {KEY}\n")
    monkeypatch.setenv("EMPTY", "")


def test_a_provider_is_added_with_its_models_and_its_key_is_not_shown() -> None:
    said = run("add --name Studio --dialect uniall --base-url https://api.example.com/v1 --key-env STUDIO_KEY")
    assert said == "Added Studio with 9 models. Key: •••••••• (set).\n"
    assert Provider.objects.get().key == KEY


def test_every_option_reaches_its_column() -> None:
    run(
        "add --name Studio --dialect uniall --base-url http://10.0.0.5:3000 --allow-private "
        "--in-flight 7 --poll-interval 2.5"
    )
    row = Provider.objects.get()
    assert (row.allow_private, row.in_flight, row.poll_interval, row.key) == (True, 7, 2.5, "")
    run("set --name Studio --in-flight 8")
    row.refresh_from_db()
    assert (row.allow_private, row.in_flight, row.poll_interval) == (True, 8, 2.5)
    with pytest.raises(CommandError, match="--base-url: Use an https address"):
        run("set --name Studio --allow-private no")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("add --name Studio --dialect uniall --base-url http://api.example.com", "--base-url: Use an https address"),
        ("add --name Studio --dialect uniall --base-url https://[::1", "--base-url: This is no address."),
        ("add --name Studio --dialect uniall --base-url https://x.example:99999", "--base-url: This is no address."),
        ("add --name Studio --dialect uniall --base-url https://x.example --key-env EMPTY", "EMPTY is empty"),
        ("add --name Studio --dialect uniall --base-url https://x.example --key-env NONE", "NONE is empty or not set"),
        ("add --name Studio --dialect uniall --base-url https://x.example --in-flight 0", "--in-flight: "),
        ("add --name Studio --dialect esperanto --base-url https://x.example", "invalid choice: 'esperanto'"),
        ("add --name Studio --dialect uniall", "--base-url"),
        ("set --name Nobody --in-flight 2", "--name: there is no provider 'Nobody'. There are: none."),
        ("test --name Nobody", "There are: none."),
    ],
)
def test_what_is_wrong_names_its_flag(line: str, words: str) -> None:
    with pytest.raises(CommandError) as caught:
        run(line)
    assert words in str(caught.value)
    assert not Provider.objects.exists()


def test_a_key_that_cannot_be_one_names_the_flag_it_came_by(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIO_KEY", "••••••••")
    with pytest.raises(CommandError, match="--key-env: It holds characters"):
        run("add --name Studio --dialect uniall --base-url https://x.example --key-env STUDIO_KEY")


def test_a_new_address_clears_the_key_and_says_so(provider: Provider) -> None:
    said = run(["set", "--name", provider.name, "--base-url", "https://api.example.org"])
    assert said == f"Changed {provider.name}. Its key was cleared with the address; set it by --key-env.\n"
    assert run(["set", "--name", provider.name, "--key-env", "STUDIO_KEY"]) == f"Changed {provider.name}.\n"


def test_a_change_that_clears_no_key_speaks_of_none(provider: Provider) -> None:
    Provider.objects.update(key="")
    assert "was cleared" not in run(["set", "--name", provider.name, "--in-flight", "2"])


def test_the_list_tells_what_each_provider_needs(provider: Provider) -> None:
    run("add --name Studio --dialect uniall --base-url https://b.example.com")
    Provider.objects.filter(pk=provider.pk).update(paused_reason="HTTP 401: invalid token")
    assert run("list").splitlines() == [
        "Studio\tuniall\thttps://b.example.com\tkey not set\ton",
        "UniAll studio\tuniall\thttps://api.example.com\tkey •••••••• (set)\tpaused: HTTP 401: invalid token",
    ]
    run("disable --name Studio")
    run(["enable", "--name", provider.name])
    assert [line.rsplit("\t", 1)[1] for line in run("list").splitlines()] == ["off", "on"]


def test_a_test_ends_well_or_with_the_reason() -> None:
    with Sandbox(key=KEY, speed=200) as sandbox:
        run(f"add --name Studio --dialect uniall --base-url {sandbox.url} --allow-private --key-env STUDIO_KEY")
        assert "Nothing was spent." in run("test --name Studio")
        Provider.objects.update(key="another")
        with pytest.raises(CommandError, match="refused the key"):
            run("test --name Studio")
        assert sandbox.posts == 0


def test_a_preset_headers_and_the_new_columns_reach_their_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAM", "team-secret")
    said = run(
        "add --name Older --dialect mingyan --preset mingyan-older --base-url https://m.example --key-env STUDIO_KEY "
        "--header-env X-Team=TEAM --submits-per-minute 20 --delivery address --create-path /v9/create"
    )
    row = Provider.objects.get()
    assert "team-secret" not in said
    assert (row.headers, row.submits_per_minute, row.delivery) == ({"X-Team": "team-secret"}, 20, "address")
    assert (row.create_path, row.query_path) == ("/v9/create", "/v1/videos/{id}")
    run("set --name Older --query-path /v9/ask/{id} --submits-per-minute 0")
    row.refresh_from_db()
    assert (row.query_path, row.submits_per_minute) == ("/v9/ask/{id}", 0)
    for line, words in (
        ("--header-env X-Team", "is not NAME=VARIABLE"),
        ("--header-env X-Team=NOBODY", "the variable is empty"),
        ("--header-env Host=TEAM", "--header-env: Host is set by the portal itself"),
        ("--query-path /v9", "--query-path: It needs {id}"),
    ):
        with pytest.raises(CommandError, match=re.escape(words)):
            run(f"set --name Older {line}")


def test_the_presets_are_listed() -> None:
    lines = run("presets").splitlines()
    assert any(line.startswith("openai_videos\topenai\t") for line in lines)
    assert {line.split("\t")[0] for line in lines} == set(DIALECTS)


def test_nothing_to_change_and_a_pause_are_said(provider: Provider) -> None:
    assert "Nothing was named to change" in run(["set", "--name", provider.name])
    with Sandbox(key=KEY, speed=200) as sandbox:
        run(f"add --name Studio --dialect uniall --base-url {sandbox.url} --allow-private --key-env STUDIO_KEY")
        Provider.objects.filter(name="Studio").update(paused_reason="HTTP 402")
        assert "It is paused, though: HTTP 402. `provider enable` ends that." in run("test --name Studio")


def run(line: str | list[str]) -> str:
    out = StringIO()
    call_command("provider", *(line.split() if isinstance(line, str) else line), stdout=out)
    return out.getvalue()
