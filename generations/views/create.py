"""The composer and the live feed beside it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from generations.forms.compose import ComposeForm
from generations.forms.extras import option_controls, reference_box
from generations.forms.options import OPTION, Chosen, options
from generations.models import Job, Prompt, Visibility
from generations.services.compose import Asked, NotPossible, compose
from generations.services.line import placed
from generations.services.offer import current_offer
from generations.views.access import SignedIn, signed_in

FEED = 24


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: SignedIn) -> HttpResponse:
    if request.method == "POST":
        return _send(request)
    return _page(request, ComposeForm(request.user, current_offer(), initial=_starting_from(request)))


@signed_in
@require_safe
def compose_options(request: SignedIn) -> HttpResponse:
    """The controls that depend on each other, for what is chosen now or the nearest legal choice."""
    offer, chosen = current_offer(), Chosen.read(request.GET.dict())
    context: dict[str, Any] = {"offer": offer, "options": options(offer, chosen), "errors": {}}
    if shown := context["options"]:
        context |= {"box": reference_box(request.user, shown, chosen), "extras": option_controls(shown, chosen)}
    return render(request, "generations/_compose_options.html", context)


def _send(request: SignedIn) -> HttpResponse:
    """One job for one form; a form that breaks a rule comes back with the reason and its text."""
    if not request.user.can_create:
        raise PermissionDenied
    form = ComposeForm(request.user, current_offer(), request.POST, request.FILES)
    if form.is_valid():
        try:
            return _sent(request, form, compose(request.user, form.ask))
        except NotPossible as problem:  # the offer changed between the check and the save
            form.refuse(problem)
    if sent_before := _earlier(request, form):
        return _sent(request, form, Asked(sent_before, is_new=False))
    return _refused(request, form)


def _earlier(request: SignedIn, form: ComposeForm) -> Job | None:
    """The job this form's key made already: a resend is never told "not sent", even if the offer changed since."""
    if "compose_token" in form.errors:
        return None
    return Job.objects.filter(author=request.user, compose_token=form.data["compose_token"]).first()


def _refused(request: SignedIn, form: ComposeForm) -> HttpResponse:
    if request.htmx:
        return render(request, "generations/_composer.html", {"form": form, "whose": _whose(request)}, status=422)
    return _page(request, form, status=422)


def _sent(request: SignedIn, form: ComposeForm, composed: Asked) -> HttpResponse:
    """A fresh composer with the same settings and the new card; a key used before leads back to its page."""
    home = reverse("create")
    if not request.htmx:
        return HttpResponseRedirect(home, status=303)
    if not composed.is_new:
        response: HttpResponse = HttpResponseClientRedirect(home)
    else:
        (job,) = placed(Job.objects.for_cards().filter(pk=composed.job.pk))
        kept = form.kept
        fresh = ComposeForm(request.user, form.offer, initial=kept)
        context = {"form": fresh, "job": job, "whose": _whose(request)}
        response = render(request, "generations/_composed.html", context)
    trigger_client_event(response, "composed")
    return trigger_client_event(response, "say", {"value": _told(composed.job)})


def _told(job: Job) -> str:
    waits = job.provider and job.provider.waiting
    return f"Waiting: {job.provider_name} needs an admin." if waits else f"On its way to {job.provider_name}."


def _page(request: SignedIn, form: ComposeForm, status: int = 200) -> HttpResponse:
    whose = _whose(request)
    jobs = Job.objects.visible_to(request.user).on_the_shelf().for_cards().newest_first()
    if whose == "mine":
        jobs = jobs.filter(author=request.user)
    context = {"form": form, "jobs": placed(jobs[:FEED]), "whose": whose}
    return render(request, "generations/create.html", context, status=status)


def _whose(request: SignedIn) -> str:
    """Mine or the team's. Viewers have nothing of their own."""
    asked = request.POST.get("whose") or request.GET.get("whose")
    return asked if asked in ("mine", "team") else "mine" if request.user.can_create else "team"


def _starting_from(request: SignedIn) -> dict[str, Any]:
    """What the composer opens with: a job or a prompt to use again, or choices named in the URL."""
    if "reuse" in request.GET:
        jobs = Job.objects.visible_to(request.user).select_related("prompt", "reference")
        return _like(get_object_or_404(jobs, key=_uuid(request.GET["reuse"])))
    if "prompt" in request.GET:
        return _again(request, request.GET["prompt"])
    return request.GET.dict()


def _again(request: SignedIn, pk: str) -> dict[str, Any]:
    prompts = Prompt.objects.visible_to(request.user)
    prompt = get_object_or_404(prompts, pk=int(pk) if pk.isdecimal() and len(pk) < 19 else 0)
    jobs = (
        Job.objects.visible_to(request.user).filter(prompt=prompt).select_related("prompt", "reference").newest_first()
    )
    newest = jobs.first()
    private = Visibility.ME if prompt.owner_id else Visibility.TEAM
    return _like(newest) if newest else {"text": prompt.text, "visibility": private}


def _like(job: Job) -> dict[str, Any]:
    fields = ("model", "aspect_ratio", "seconds", "quality", "visibility")
    image = {"reference": job.reference.key, "reference_fit": job.reference_fit} if job.reference else {}
    chosen = {OPTION + name: value for name, value in job.options.items()}
    same = {name: getattr(job, name) for name in fields}
    return {"text": job.prompt.text, "provider": job.provider_id} | same | image | chosen


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
