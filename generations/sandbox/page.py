"""The page a person sees who opens the sandbox in a browser, and a client that asks for a wrong path."""

from __future__ import annotations

from html import escape

from generations.catalogue import models_of
from generations.sandbox import mingyan_order, openai_models, unified_order, v2_order
from generations.sandbox.directives import DIRECTIVES, Directive

# Dialects whose models are the sandbox's own table, with what there is to know beyond the documents.
OWN_MODELS = {
    unified_order.SLUG: tuple(unified_order.MODELS),
    mingyan_order.SLUG: (*mingyan_order.CURRENT.models, *mingyan_order.OLDER.models),
    v2_order.SLUG: tuple(v2_order.MODELS),
    openai_models.SLUG: tuple(openai_models.WIDE.models),
}
NOTES = {
    unified_order.SLUG: "Ask with the id of the create: the id in later answers lacks the model and is unknown.",
    mingyan_order.SLUG: "With /older in front of the path it is the older host, with its models and query path.",
    v2_order.SLUG: "A notify_hook is called on this machine only.",
    openai_models.SLUG: "With /strict in front of the path it takes only what the API's reference lists, "
    "with /gateway what hosts that copy it make of it.",
}

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;color:#1d2433}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;"
    "border-bottom:1px solid #d7dce5}code{white-space:nowrap}@media(prefers-color-scheme:dark)"
    "{body{background:#12151c;color:#e4e8f0}td,th{border-color:#333a48}}"
)


def dashboard(dialects: tuple[str, ...]) -> str:
    """The whole page; it names the dialects, their models and every directive."""
    rows = "".join(_row(directive) for directive in DIRECTIVES)
    models = "".join(f"<h3>{escape(name)}</h3><p>{_models(name)}</p>{_note(name)}" for name in dialects)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sora Portal sandbox</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>'
        "<h1>Sora Portal sandbox</h1>"
        "<p>This is a stand-in for a video provider. It talks like one, charges nothing and draws every clip itself: "
        "no video model reads your prompt and nothing leaves this machine.</p>"
        "<h2>Directives</h2><p>Put one of these anywhere in a prompt to see what the portal does when a provider "
        "misbehaves. Upper or lower case, several at once; a misspelt one is refused. Statuses and codes are those of "
        "the new-api family; a dialect with words of its own says the same in those.</p>"
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
    slugs = OWN_MODELS.get(dialect) or tuple(model.slug for model in models_of(dialect))
    return ", ".join(f"<code>{escape(slug)}</code>" for slug in slugs)


def _note(dialect: str) -> str:
    return f"<p>{escape(NOTES[dialect])}</p>" if dialect in NOTES else ""
