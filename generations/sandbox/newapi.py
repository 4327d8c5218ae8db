"""What gateways of the new-api family have in common: the key check and three shapes of an error."""

from __future__ import annotations

import hmac
import secrets
import time
from typing import Protocol

from generations.sandbox.messages import Reply, Request, html_reply, json_reply

GATEWAY_CODES = frozenset({"", "model_not_found"})  # said by the gateway before any task is thought of
BAD_GATEWAY = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    "<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)


class RequestError(Exception):
    """A request that goes no further; `reply` is what the caller gets."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def task_error(status: int, code: str, message: str, **headers: str) -> RequestError:
    """The shape of everything that has to do with a task."""
    return RequestError(json_reply(status, {"code": code, "message": message, "data": None}, **headers))


def gateway_error(status: int, code: str, message: str, **headers: str) -> RequestError:
    """The shape of what the gateway itself refuses; it carries a request id."""
    text = f"{message} (request id: {_request_id()})"
    return RequestError(
        json_reply(status, {"error": {"message": text, "type": "new_api_error", "code": code}}, **headers)
    )


class Words(Protocol):
    """How a dialect says no: the family's status and code and a sentence, in the dialect's own shape."""

    def __call__(self, status: int, code: str, message: str, /, **headers: str) -> RequestError: ...


def family_error(status: int, code: str, message: str, /, **headers: str) -> RequestError:
    """The shape the family gives this code: the gateway's own for keys, accounts and channels, else a task's."""
    shape = gateway_error if code in GATEWAY_CODES else task_error
    return shape(status, code, message, **headers)


def unknown_route(request: Request) -> Reply:
    message = f"Invalid URL ({request.method} {request.path})"
    body = {"message": message, "type": "invalid_request_error", "param": "", "code": ""}
    return json_reply(404, {"error": body})


def bad_gateway() -> Reply:
    """What a reverse proxy answers when the gateway behind it does not."""
    return html_reply(502, BAD_GATEWAY)


def check_key(request: Request, key: str, words: Words = family_error) -> None:
    """Let a request pass that carries `Authorization: Bearer <key>`; refuse every other in a dialect's words."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), key.encode()):
        raise words(401, "", "Invalid token")


def _request_id() -> str:
    return time.strftime("%Y%m%d%H%M%S", time.gmtime()) + f"{secrets.randbelow(10**9):09d}" + secrets.token_hex(4)
