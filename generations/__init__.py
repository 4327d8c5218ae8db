"""Sora Portal's one Django app: from a prompt to an archived clip."""
