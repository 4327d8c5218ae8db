"""Whether a provider's words speak of what may be shown, and not of a mistake in the request."""

from __future__ import annotations

# Codes of OpenAI and of gateways, and how they and their upstreams put it in sentences.
RULES = (
    "moderat", "content_policy", "content policy", "content_filter", "content filter", "content rejected",
    "usage polic", "policy violation", "our polic", "guideline", "safety", "guardrail", "inappropriate",
    "sensitive content", "sensitive word", "nsfw", "real person", "likeness", "copyright", "审核", "违规", "敏感",
)  # fmt: skip


def is_about_content(*words: str) -> bool:
    """True when a code or a sentence names such a rule."""
    said = " ".join(words).casefold()
    return any(rule in said for rule in RULES)
