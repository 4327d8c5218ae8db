"""A person's own notifications: this browser, mail, quiet hours, a webhook."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from generations.forms.notices import NoticesForm, OwnHookForm
from generations.models import User, Webhook
from generations.services.hooks import last_mail_trouble, let_go, make_secret, note_test, remove_hook, save_hook
from generations.services.told import told
from generations.services.turns import HOOK_TESTS, Full
from generations.services.webhooks import try_out
from generations.views.access import SignedIn, signed_in

UNSIGNED = _("Make its signing secret first: nothing is sent without one.")
BUSY = _("Somebody else is testing just now. Try again in a moment.")


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def notifications(request: SignedIn) -> HttpResponse:
    """The page; a POST keeps mail and quiet hours."""
    form = NoticesForm(request.user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        if form.save():
            let_go(request.user)
        messages.info(request, _("Saved."))
        return _back()
    return _page(request, form=form, status=422 if form.is_bound else 200)


@signed_in
@require_POST
def notifications_hook(request: SignedIn) -> HttpResponse:
    """Set up the person's own webhook."""
    hook = own_hook(request) or Webhook(owner=request.user)
    form = OwnHookForm(hook, request.POST)
    if not form.is_valid():
        return _page(request, hook_form=form, status=422)
    save_hook(hook, form.cleaned_data, request.user)
    messages.info(request, saved(hook))
    return _back()


@signed_in
@require_POST
def notifications_hook_act(request: SignedIn, act: str) -> HttpResponse:
    """Make its secret, which this answer alone shows; send a test; remove it."""
    hook = get_object_or_404(Webhook, owner=request.user)
    if act == "secret":
        return _page(request, new_secret=make_secret(hook, request.user))
    if act == "test":
        messages.info(request, tested(hook, request.user))
    elif act == "remove":
        remove_hook(hook, request.user)
        messages.info(request, _("The webhook is removed."))
    else:
        raise Http404
    return _back()


def saved(hook: Webhook) -> str:
    """That it is kept, and what it still wants before anything is sent."""
    return _("Saved.") + ("" if hook.secret else f" {UNSIGNED}")


def tested(hook: Webhook, actor: User) -> str:
    """Send a test; what came of it, in a sentence."""
    if not hook.secret:
        return str(UNSIGNED)
    try:
        with HOOK_TESTS.turn():
            came = try_out(hook)
    except Full:
        return str(BUSY)
    note_test(hook, actor)
    how = _("The test was taken. {answer}") if came.ok else _("The test was not taken. {answer}")
    return how.format(answer=told(came.sentence))


def own_hook(request: SignedIn) -> Webhook | None:
    return Webhook.objects.filter(owner=request.user).first()


def _page(request: SignedIn, *, status: int = 200, **given: Any) -> HttpResponse:
    hook = own_hook(request)
    start = {"form": NoticesForm(request.user), "hook_form": OwnHookForm(hook or Webhook())}
    context = {**start, "hook": hook, "mail_trouble": last_mail_trouble(request.user), **given}
    return render(request, "generations/notifications.html", context, status=status)


def _back() -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("notifications"), status=303)
