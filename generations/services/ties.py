"""What keeps a group from being removed."""

from __future__ import annotations

from django.utils.translation import gettext as _

from generations.models import ApprovalRule, Group, Provider, VideoModel


def what_hangs_on(group: Group) -> str:
    """Why it cannot go, "" when it can: money would be free that was not, or a provider closed to all."""
    if group.budgets.exists():
        return _("A budget is on this group. Remove the budget first.")
    if ApprovalRule.objects.filter(group=group).exists():
        return _("An approval rule is for this group. Remove the rule first.")
    if Provider.objects.filter(groups=group).exists() or VideoModel.objects.filter(groups=group).exists():
        return _("A provider or a model is open to this group. Change that first.")
    return ""
