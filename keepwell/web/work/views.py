"""How far a job is, for the page that waits for it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_POST

from keepwell.web.access import Capability, may, signed_in
from keepwell.web.work import actions
from keepwell.web.work.models import Job


def _visible(request: HttpRequest, job_id: int) -> Job:
    """Return a job that this user asked for, or any when the user may see where facts come from."""
    everybody = Job.objects.all()
    if may(request.user, Capability.SEE_FACTS):
        return get_object_or_404(everybody, pk=job_id)
    return get_object_or_404(everybody.filter(asked_by=request.user), pk=job_id)


@require_GET
@signed_in
def job_state(request: HttpRequest, job_id: int) -> HttpResponse:
    """Show the progress of a job; the part asks for itself again until the job has ended, then reloads the page."""
    job = _visible(request, job_id)
    response = render(request, "work/job.html", {"job": job})
    if not job.is_unfinished and request.headers.get("HX-Request"):
        response["HX-Refresh"] = "true"
    return response


@require_POST
@signed_in
def stop_job(request: HttpRequest, job_id: int) -> HttpResponse:
    """Ask a job to stop."""
    job = _visible(request, job_id)
    actions.stop(job)
    job.refresh_from_db()
    return render(request, "work/job.html", {"job": job})
