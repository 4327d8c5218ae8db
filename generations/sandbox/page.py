"""The page a person sees who opens the sandbox in a browser, and a client that asks for a wrong path."""

from __future__ import annotations

from html import escape

from generations.catalogue import models_of
from generations.sandbox.directives import DIRECTIVES, Directive

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;color:#1d2433}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;"
    "border-bottom:1px solid #d7dce5}code{white-space:nowrap}@media(prefers-color-scheme:dark)"
    "{body{background:#12151c;color:#e4e8f0}td,th{border-color:#333a48}}"
)


def dashboard(dialects: tuple[str, ...]) -> str:
    """The whole page; it names the dialects, their models and every directive."""
    rows = "".join(_row(directive) for directive in DIRECTIVES)
    models = "".join(f"<h3>{escape(name)}</h3><p>{_models(name)}</p>" for name in dialects)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sora Portal sandbox</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>'
        "<h1>Sora Portal sandbox</h1>"
        "<p>This is a stand-in for a video provider. It talks like one, charges nothing and draws every clip itself: "
        "no video model reads your prompt and nothing leaves this machine.</p>"
        "<h2>Directives</h2><p>Put one of these anywhere in a prompt to see what the portal does when a provider "
        "misbehaves. Upper or lower case, several at once; a misspelt one is refused.</p>"
        f"<table><thead><tr><th>In the prompt</th><th>At</th><th>What happens</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
        f"<h2>Dialects and models</h2>{models}</body></html>"
    )


def _row(directive: Directive) -> str:
    default = f" Without {directive.value}: {directive.default:g}." if directive.value else ""
    return (
        f"<tr><td><code>{escape(directive.syntax)}</code></td><td>{escape(directive.when)}</td>"
        f"<td>{escape(directive.promise + default)}</td></tr>"
    )


def _models(dialect: str) -> str:
    return ", ".join(f"<code>{escape(model.slug)}</code>" for model in models_of(dialect))
