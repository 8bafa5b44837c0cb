"""Addresses of the room."""

from __future__ import annotations

from django.urls import path

from keepwell.web.instance import health, metrics, settings_views, views

app_name = "instance"
urlpatterns = [
    path("healthz", health.health, name="health"),
    path("metrics", metrics.metrics, name="metrics"),
    path("welcome/<str:token>", views.welcome, name="welcome"),
    path("start", views.start, name="start"),
    path("settings", settings_views.business_page, name="settings"),
    path("settings/brand", settings_views.brand_page, name="brand"),
    path("settings/brand/logo", settings_views.logo, name="logo"),
]
