"""Addresses of background work."""

from __future__ import annotations

from django.urls import path

from keepwell.web.work import views

app_name = "work"
urlpatterns = [
    path("jobs/<int:job_id>", views.job_state, name="job"),
    path("jobs/<int:job_id>/stop", views.stop_job, name="stop"),
]
