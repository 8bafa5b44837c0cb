"""Addresses of the staff's pages."""

from __future__ import annotations

from django.urls import path

from keepwell.web.desk import analysis, decide_views, goals_views, kpis, views

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
    path("decide", decide_views.decide, name="decide"),
    path("decide/split", decide_views.split, name="decide-split"),
    path("decide/what-if", decide_views.what_if, name="decide-what-if"),
    path("decide/scenarios", decide_views.save_scenario, name="scenario-save"),
    path("decide/scenarios/remove", decide_views.remove_scenario, name="scenario-remove"),
    path("decide/known", decide_views.known, name="decide-known"),
    path("decide/known/forget", decide_views.forget, name="decide-forget"),
    path("decide/budget", decide_views.budget, name="decide-budget"),
    path("goals", goals_views.goals, name="goals"),
    path("goals/<int:goal_id>/remove", goals_views.remove, name="goal-remove"),
]
