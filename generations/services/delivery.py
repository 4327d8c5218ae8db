"""How a job's reference image travels to its provider: as bytes, a data URI, a signed link or its own address."""

from __future__ import annotations

import base64
from datetime import timedelta

from django.core import signing
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop

from generations import contract
from generations.contract import Delivery, Dialect
from generations.models import Job, Provider
from generations.services.public import address
from generations.services.references import ENDINGS, NotUsable, NotUsableNow, image_for

SALT = "generations.reference-link"
LINK_LIFE = timedelta(hours=24)
# What ends a job or holds it up is stored with it, in English; `unavailable` tells the same to a reader.
TAKES_NONE = gettext_noop("This kind of provider takes no reference image.")
NO_ADDRESS = gettext_noop(
    "Reference images need PUBLIC_URL to be set, so that the provider can fetch them. Ask an admin."
)
WAS_UPLOADED = gettext_noop(
    "The provider takes an image by its own address only, and this one was uploaded. Cancel and give the image's URL, "
    "or ask an admin to deliver images in another way."
)


def delivery_of(provider: Provider, kind: type[Dialect] | Dialect) -> Delivery | None:
    """How images travel to this provider: as an admin said, else the dialect's first way; None when it takes none."""
    if provider.delivery in kind.deliveries:
        return Delivery(provider.delivery)
    return kind.deliveries[0] if kind.deliveries else None


def unavailable(provider: Provider, kind: type[Dialect] | Dialect) -> str:
    """Why reference images cannot go to this provider; "" when they can."""
    way = delivery_of(provider, kind)
    if way is None:
        return gettext(TAKES_NONE)
    return gettext(NO_ADDRESS) if way == Delivery.LINK and not address(provider) else ""


def prepared(job: Job, provider: Provider, kind: type[Dialect] | Dialect) -> tuple[contract.Reference, ...]:
    """The job's reference image, ready to travel the provider's way.

    It may take many seconds and asks no database (the job comes with its reference): not for the engine's database
    thread. Raises NotUsable when it never can travel; NotUsableNow while something is in the way, which an admin can
    mend: nothing is spent by waiting, and one wrong setting must not end every job in the line.
    """
    if job.reference is None:
        return ()
    match delivery_of(provider, kind):
        case None:
            raise NotUsable(TAKES_NONE)
        case Delivery.ADDRESS:
            return (contract.Reference(url=_own_address(job.reference.source_url)),)
        case Delivery.LINK:
            return (contract.Reference(url=_link(job, provider)),)
        case Delivery.DATA:
            content, content_type = image_for(job)
            return (contract.Reference(url=f"data:{content_type};base64,{base64.b64encode(content).decode()}"),)
        case _:
            content, content_type = image_for(job)
            name = f"reference.{ENDINGS[content_type]}"
            return (contract.Reference(content=content, content_type=content_type, name=name),)


def _own_address(url: str) -> str:
    if not url:
        raise NotUsableNow(WAS_UPLOADED)
    return url


def _link(job: Job, provider: Provider) -> str:
    if not address(provider):
        raise NotUsableNow(NO_ADDRESS)
    return address(provider) + signed_path(job)


def signed_path(job: Job) -> str:
    """A path that shows this job's reference image to whoever has it, for a day."""
    return reverse("reference-link", args=[signing.dumps(job.pk, salt=SALT)])


def signed_job(signed: str) -> Job | None:
    """The job of a signed path; None when it is no longer good or never was."""
    try:
        pk = signing.loads(signed, salt=SALT, max_age=LINK_LIFE)
    except signing.BadSignature:
        return None
    return Job.objects.select_related("reference").filter(pk=pk).first()
