"""Addresses of the staff's pages."""

from __future__ import annotations

from django.urls import path

from keepwell.web.desk import analysis, kpis, views

app_name = "desk"
urlpatterns = [
    path("", views.home, name="home"),
    path("kpis", kpis.kpis, name="kpis"),
    path("kpis/<slug:key>", kpis.kpi, name="kpi"),
    path("period", kpis.choose_period, name="period"),
    path("growth", analysis.growth, name="growth"),
    path("cohorts", analysis.cohorts, name="cohorts"),
    path("segments", analysis.segments, name="segments"),
    path("channels", analysis.channels, name="channels"),
]
