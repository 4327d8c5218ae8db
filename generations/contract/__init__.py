"""The vocabulary dialects, transport and engine share. Standard library only."""

from generations.contract.asking import Delivery, GenerationRequest, Reference
from generations.contract.choices import (
    PRICE_MOST,
    CatalogueModel,
    Combination,
    Offer,
    OfferedModel,
    OfferedProvider,
    Option,
    OptionValue,
    Preset,
)
from generations.contract.dialect import Dialect, Lists, Notice, Remixes
from generations.contract.errors import Cause, DialectError, Misconfigured, NeverHeard, NotKnown, NotTaken, Refused
from generations.contract.http import Answer, HttpCall, Part
from generations.contract.listed import Listed, Listing
from generations.contract.remote import RemoteOutput, RemoteState, Snapshot

__all__ = [
    "PRICE_MOST",
    "Answer",
    "CatalogueModel",
    "Cause",
    "Combination",
    "Delivery",
    "Dialect",
    "DialectError",
    "GenerationRequest",
    "HttpCall",
    "Listed",
    "Listing",
    "Lists",
    "Misconfigured",
    "NeverHeard",
    "NotKnown",
    "NotTaken",
    "Notice",
    "Offer",
    "OfferedModel",
    "OfferedProvider",
    "Option",
    "OptionValue",
    "Part",
    "Preset",
    "Reference",
    "Refused",
    "Remixes",
    "RemoteOutput",
    "RemoteState",
    "Snapshot",
]
