"""Settings of the whole portal, for admins."""

from __future__ import annotations

from django.contrib import messages
from django.forms.models import model_to_dict
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from generations.forms.portal import PortalForm
from generations.models import Share
from generations.services.portal import choose, chosen
from generations.views.access import SignedIn, admin_only

SAVED = _("Saved.")


@admin_only
@require_http_methods(["GET", "HEAD", "POST"])
def staff_settings(request: SignedIn) -> HttpResponse:
    """Look at them, or set them."""
    now = chosen()
    form = PortalForm(request.POST if request.method == "POST" else None, initial=model_to_dict(now))
    if not form.is_valid():
        links = Share.objects.open().select_related("by", "job").order_by("expires_at")
        return render(request, "generations/staff_settings.html", {"form": form, "links": links, "portal": now})
    choose(request.user, **form.cleaned_data)
    messages.info(request, SAVED)
    return HttpResponseRedirect(reverse("staff-settings"), status=303)
