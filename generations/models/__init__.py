"""The rows. Who may see them is a queryset here; what happens to them is a service."""

from generations.models.audit import AuditEntry
from generations.models.candidate import Candidate, Source
from generations.models.heartbeat import Heartbeat
from generations.models.job import Job, JobEvent
from generations.models.output import Output
from generations.models.prompt import Prompt
from generations.models.provider import ModelCombination, Provider, ProviderHour, VideoModel
from generations.models.reference import Fit, Reference
from generations.models.states import ACTIVE, FINAL, LOOKED_FOR, MOVES, Charged, Outcome, State, Visibility
from generations.models.submission import Submission, SubmissionQuerySet
from generations.models.user import Role, User
from generations.models.watch import Watch

__all__ = [
    "ACTIVE",
    "FINAL",
    "LOOKED_FOR",
    "MOVES",
    "AuditEntry",
    "Candidate",
    "Charged",
    "Fit",
    "Heartbeat",
    "Job",
    "JobEvent",
    "ModelCombination",
    "Outcome",
    "Output",
    "Prompt",
    "Provider",
    "ProviderHour",
    "Reference",
    "Role",
    "Source",
    "State",
    "Submission",
    "SubmissionQuerySet",
    "User",
    "VideoModel",
    "Visibility",
    "Watch",
]
