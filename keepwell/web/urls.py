"""Every address of the application, room by room."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("api/", include("keepwell.web.api")),
    path("", include("keepwell.web.staff.urls")),
    path("", include("keepwell.web.instance.urls")),
    path("", include("keepwell.web.inbox.urls")),
    path("", include("keepwell.web.people.urls")),
    path("", include("keepwell.web.work.urls")),
    path("", include("keepwell.web.desk.urls")),
]

handler404 = "keepwell.web.problems.not_found"
handler403 = "keepwell.web.problems.forbidden"
handler500 = "keepwell.web.problems.broken"
