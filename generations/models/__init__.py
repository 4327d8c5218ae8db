"""The rows. Who may see them is a queryset here; what happens to them is a service."""

from generations.models.heartbeat import Heartbeat
from generations.models.job import Job, JobEvent
from generations.models.output import Output
from generations.models.prompt import Prompt
from generations.models.provider import ModelCombination, Provider, VideoModel
from generations.models.states import ACTIVE, FINAL, MOVES, Charged, Outcome, State, Visibility
from generations.models.submission import Submission
from generations.models.user import Role, User
from generations.models.watch import Watch

__all__ = [
    "ACTIVE",
    "FINAL",
    "MOVES",
    "Charged",
    "Heartbeat",
    "Job",
    "JobEvent",
    "ModelCombination",
    "Outcome",
    "Output",
    "Prompt",
    "Provider",
    "Role",
    "State",
    "Submission",
    "User",
    "VideoModel",
    "Visibility",
    "Watch",
]
