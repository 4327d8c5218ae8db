"""The moment of a clip that somebody's words are pinned to."""

from __future__ import annotations

import math

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

NO_MOMENT = _("Give the moment in seconds, such as 3.5.")


def moment_in(query: QueryDict) -> float | None:
    """In seconds: `at` is from the player, `second` from the plain field. Raises ValidationError for what is none."""
    text = query.get("at") or query.get("second") or ""
    try:
        at = float(text.replace(",", ".")) if text else None
    except ValueError as error:
        raise ValidationError(NO_MOMENT) from error
    if at is not None and not math.isfinite(at):
        raise ValidationError(NO_MOMENT)
    return at
