"""Addresses of the staff's pages."""

from __future__ import annotations

from django.urls import path

from keepwell.web.desk import views

app_name = "desk"
urlpatterns = [path("", views.home, name="home")]
