"""The composer and the live feed beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from generations.forms.compose import ComposeForm, row_number
from generations.forms.extras import option_controls, reference_box
from generations.forms.options import OPTION, Chosen, options
from generations.forms.picker import bill, model_lines
from generations.models import Derived, Job, Prompt, State, Visibility
from generations.services.compose import Asked, NotPossible, compose, earlier_jobs
from generations.services.history import latest_of
from generations.services.keys import read_key
from generations.services.line import placed
from generations.services.offer import offer_for
from generations.services.paging import Keyset, Page
from generations.services.variables import filled, variables
from generations.views.access import SignedIn, signed_in

NEWEST = Keyset(at="created_at", name="key")
FEED = 24
EARLIER = 30


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: SignedIn) -> HttpResponse:
    if request.method == "POST" and "fill" in request.POST:
        return _page(request, ComposeForm(request.user, offer_for(request.user), initial=_again(request, request.POST)))
    if request.method == "POST":
        return _send(request)
    if request.htmx and "after" in request.GET:
        return render(request, "generations/_feed_page.html", {"page": _feed(request)})
    return _page(request, ComposeForm(request.user, offer_for(request.user), initial=_starting_from(request)))


@signed_in
@require_safe
def compose_options(request: SignedIn) -> HttpResponse:
    """The controls that depend on each other, for what is chosen now or the nearest legal choice."""
    offer, chosen = offer_for(request.user), Chosen.read(request.GET.dict())
    context: dict[str, Any] = {"offer": offer, "options": options(offer, chosen), "errors": {}}
    if shown := context["options"]:
        context |= {"box": reference_box(request.user, shown, chosen), "extras": option_controls(shown, chosen)}
        context |= {"bill": bill(shown, chosen.takes, offer.takes_most), "lines": model_lines(shown), "alone": True}
    return render(request, "generations/_compose_options.html", context)


@signed_in
@require_safe
def earlier_prompts(request: SignedIn) -> HttpResponse:
    """What the reader asked for before, to be taken up again in the composer."""
    return render(request, "generations/_earlier_prompts.html", {"prompts": latest_of(request.user, EARLIER)})


def _send(request: SignedIn) -> HttpResponse:
    """The jobs of one form; a form that breaks a rule comes back with the reason and its text."""
    if not request.user.can_create:
        raise PermissionDenied
    form = ComposeForm(request.user, offer_for(request.user), request.POST, request.FILES)
    if form.is_valid():
        try:
            return _sent(request, form, compose(request.user, form.ask))
        except NotPossible as problem:  # the offer changed between the check and the save
            form.refuse(problem)
    if sent_before := _earlier(request, form):
        return _sent(request, form, Asked(sent_before, is_new=False))
    return _refused(request, form)


def _earlier(request: SignedIn, form: ComposeForm) -> tuple[Job, ...]:
    """What this form's key made already: a resend is never told "not sent", even if the offer changed since."""
    return () if "compose_token" in form.errors else earlier_jobs(request.user, form.data["compose_token"])


def _refused(request: SignedIn, form: ComposeForm) -> HttpResponse:
    if request.htmx:
        return render(request, "generations/_composer.html", {"form": form, "whose": _whose(request)}, status=422)
    return _page(request, form, status=422)


def _sent(request: SignedIn, form: ComposeForm, composed: Asked) -> HttpResponse:
    """A fresh composer with the same settings and the new cards; a key used before leads back to its page."""
    home = reverse("create")
    if not request.htmx:
        return HttpResponseRedirect(home, status=303)
    if not composed.is_new:
        response: HttpResponse = HttpResponseClientRedirect(home)
    else:
        jobs = Job.objects.for_cards(request.user).filter(pk__in=[job.pk for job in composed.jobs])
        fresh = ComposeForm(request.user, form.offer, initial=form.kept)
        context = {"form": fresh, "jobs": placed(jobs.newest_first()), "whose": _whose(request)}
        response = render(request, "generations/_composed.html", context)
    trigger_client_event(response, "composed")
    return trigger_client_event(response, "say", {"value": _told(composed.jobs)})


def _told(jobs: tuple[Job, ...]) -> str:
    job = jobs[0]
    if job.state == State.AWAITING_APPROVAL:
        return _("Asked for approval. Nothing is sent or charged until somebody said yes.")
    if job.provider and job.provider.waiting:
        return _("Waiting: {provider} needs an admin.").format(provider=job.provider_name)
    if len(jobs) == 1:
        return _("On its way to {provider}.").format(provider=job.provider_name)
    told = ngettext("{takes} take goes to {provider}.", "{takes} takes go to {provider}.", len(jobs))
    return told.format(takes=len(jobs), provider=job.provider_name)


def _page(request: SignedIn, form: ComposeForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "page": _feed(request), "whose": _whose(request)}
    return render(request, "generations/create.html", context, status=status)


def _feed(request: SignedIn) -> Page[Job]:
    """The newest cards, or those after the cursor."""
    jobs = Job.objects.visible_to(request.user).on_the_shelf().for_cards(request.user)
    if _whose(request) == "mine":
        jobs = jobs.filter(author=request.user)
    page = NEWEST.page(jobs, request.GET.get("after", ""), FEED)
    placed(page.rows)
    return page


def _whose(request: SignedIn) -> str:
    """Mine or the team's. Viewers have nothing of their own."""
    asked = request.POST.get("whose") or request.GET.get("whose")
    return asked if asked in ("mine", "team") else "mine" if request.user.can_create else "team"


def _starting_from(request: SignedIn) -> dict[str, Any]:
    """What the composer opens with: a job or a prompt to use again, or choices named in the URL."""
    if "reuse" in request.GET:
        jobs = Job.objects.visible_to(request.user).select_related("prompt", "reference")
        return _derived(get_object_or_404(jobs, key=read_key(request.GET["reuse"])), request.GET)
    if "prompt" in request.GET:
        return _again(request, request.GET)
    return request.GET.dict()


def _derived(job: Job, asked: Mapping[str, str]) -> dict[str, Any]:
    """Like the job, with the choices the link names instead; `as` says what the new one will be to it."""
    chosen, kind = _like(job), asked.get("as", "")
    if kind == Derived.REMIX:  # it starts from the clip, not from the clip's own beginnings
        chosen |= {"reference": None}
    chosen |= {name: asked[name] for name in ("provider", "model", "reference") if name in asked}
    return chosen | ({"derived_from": job.key, "derived_as": kind} if kind in Derived else {})


def _again(request: SignedIn, asked: Mapping[str, str]) -> dict[str, Any]:
    """Like the prompt's newest run; `fork` makes it the parent, `fill` puts the values v1, v2, … in its variables."""
    prompts = Prompt.objects.visible_to(request.user)
    prompt = get_object_or_404(prompts, pk=row_number(asked.get("prompt", "")) or 0)
    jobs = (
        Job.objects.visible_to(request.user).filter(prompt=prompt).select_related("prompt", "reference").newest_first()
    )
    newest = jobs.first()
    chosen = _like(newest) if newest else {"visibility": Visibility.ME if prompt.owner_id else Visibility.TEAM}
    values = {each.name: asked.get(f"v{n}", "") for n, each in enumerate(variables(prompt.text), 1)}
    text = filled(prompt.text, values) if "fill" in asked else prompt.text
    return chosen | {"text": text} | ({"forked_from": prompt.pk} if "fork" in asked else {})


def _like(job: Job) -> dict[str, Any]:
    fields = ("model", "aspect_ratio", "seconds", "quality", "visibility")
    image = {"reference": job.reference.key, "reference_fit": job.reference_fit} if job.reference else {}
    chosen = {OPTION + name: value for name, value in job.options.items()}
    same = {name: getattr(job, name) for name in fields}
    return {"text": job.prompt.text, "provider": job.provider_id} | same | image | chosen
