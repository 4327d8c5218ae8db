"""`manage.py provider`: adding, changing, trying and switching providers by script."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

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


def run(line: str | list[str]) -> str:
    out = StringIO()
    call_command("provider", *(line.split() if isinstance(line, str) else line), stdout=out)
    return out.getvalue()
