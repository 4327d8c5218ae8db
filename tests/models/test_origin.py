"""The origin is the place, however its address is written."""

import pytest

from generations.models import Provider


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("https://API.example.com/v1", "https://api.example.com"),
        ("https://api.example.com:443", "https://api.example.com"),
        ("https://api.example.com:8443/", "https://api.example.com:8443"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://127.0.0.1:443", "http://127.0.0.1:443"),
    ],
)
def test_the_usual_port_and_capitals_make_no_difference(written: str, origin: str) -> None:
    assert Provider(base_url=written).origin == origin
