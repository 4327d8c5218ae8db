"""The portal's own addresses. One name everywhere: view `job_card`, URL name `job-card`, template `_job_card.html`."""

from django.urls import path

from generations.views import create, jobs, library, media, prompts, staff, status

urlpatterns = [
    path("", create.create, name="create"),
    path("compose/options/", create.compose_options, name="compose-options"),
    path("status/", status.status, name="status"),
    path("jobs/<uuid:key>/", jobs.job, name="job"),
    path("jobs/<uuid:key>/card/", jobs.job_card, name="job-card"),
    path("jobs/<uuid:key>/body/", jobs.job_body, name="job-body"),
    path("jobs/<uuid:key>/cancel/", jobs.job_cancel, name="job-cancel"),
    path("jobs/<uuid:key>/clip/", media.job_clip, name="job-clip"),
    path("jobs/<uuid:key>/poster/", media.job_poster, name="job-poster"),
    path("library/", library.library, name="library"),
    path("prompts/", prompts.prompts, name="prompts"),
    path("staff/jobs/", staff.staff_jobs, name="staff-jobs"),
]
