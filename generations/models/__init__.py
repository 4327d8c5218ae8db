"""The rows. Who may see them is a queryset here; what happens to them is a service."""

from generations.models.access import TAKES_MOST, RoleDefault
from generations.models.approval import WORDS_LIMIT, Approval, ApprovalRule
from generations.models.audit import AuditEntry
from generations.models.budget import Budget, Group
from generations.models.candidate import Candidate, Source
from generations.models.collection import COLLECTION_NAME_LIMIT, FOLDED_LIMIT, Collection, CollectionItem
from generations.models.heartbeat import Heartbeat
from generations.models.invitation import Invitation
from generations.models.job import Job, JobEvent
from generations.models.money import AMOUNT, ExchangeRate, Kind, LedgerEntry, MonthTotal, exact
from generations.models.notes import (
    COMMENT_LIMIT,
    RATING_MOST,
    TAG_LIMIT,
    Comment,
    Favourite,
    JobTag,
    PromptMark,
    PromptTag,
    Tag,
    folded,
)
from generations.models.notice import Delivery, News, Notice, Webhook
from generations.models.output import Output
from generations.models.pick import Pick
from generations.models.portal import Portal
from generations.models.price import Basis, PriceRule
from generations.models.prompt import TITLE_LIMIT, Prompt, PromptQuerySet
from generations.models.provider import ModelCombination, Provider, ProviderHour, VideoModel
from generations.models.reference import Fit, Reference
from generations.models.review import Review
from generations.models.session import Session
from generations.models.share import Share
from generations.models.states import (
    ACTIVE,
    FINAL,
    LOOKED_FOR,
    MOVES,
    Charged,
    Derived,
    Orientation,
    Outcome,
    State,
    Verdict,
    Visibility,
)
from generations.models.submission import Submission, SubmissionQuerySet
from generations.models.usage import Grain, UsageCell, UsageDay, UsageMark
from generations.models.user import Role, User
from generations.models.watch import Watch
from generations.models.words import JobFound, JobWords, PromptFound, PromptWords, Wanted

__all__ = [
    "ACTIVE",
    "AMOUNT",
    "COLLECTION_NAME_LIMIT",
    "COMMENT_LIMIT",
    "FINAL",
    "FOLDED_LIMIT",
    "LOOKED_FOR",
    "MOVES",
    "RATING_MOST",
    "TAG_LIMIT",
    "TAKES_MOST",
    "TITLE_LIMIT",
    "WORDS_LIMIT",
    "Approval",
    "ApprovalRule",
    "AuditEntry",
    "Basis",
    "Budget",
    "Candidate",
    "Charged",
    "Collection",
    "CollectionItem",
    "Comment",
    "Delivery",
    "Derived",
    "ExchangeRate",
    "Favourite",
    "Fit",
    "Grain",
    "Group",
    "Heartbeat",
    "Invitation",
    "Job",
    "JobEvent",
    "JobFound",
    "JobTag",
    "JobWords",
    "Kind",
    "LedgerEntry",
    "ModelCombination",
    "MonthTotal",
    "News",
    "Notice",
    "Orientation",
    "Outcome",
    "Output",
    "Pick",
    "Portal",
    "PriceRule",
    "Prompt",
    "PromptFound",
    "PromptMark",
    "PromptQuerySet",
    "PromptTag",
    "PromptWords",
    "Provider",
    "ProviderHour",
    "Reference",
    "Review",
    "Role",
    "RoleDefault",
    "Session",
    "Share",
    "Source",
    "State",
    "Submission",
    "SubmissionQuerySet",
    "Tag",
    "UsageCell",
    "UsageDay",
    "UsageMark",
    "User",
    "Verdict",
    "VideoModel",
    "Visibility",
    "Wanted",
    "Watch",
    "Webhook",
    "exact",
    "folded",
]
