"""Addresses of the room."""

from __future__ import annotations

from django.urls import path

from keepwell.web.inbox import event_views, source_views, views, webhooks

app_name = "inbox"
urlpatterns = [
    path("data", views.data, name="data"),
    path("data/uploads", views.receive, name="receive"),
    path("data/uploads/<slug:token>", views.upload, name="upload"),
    path("data/uploads/<slug:token>/discard", views.discard, name="discard"),
    path("data/imports/<slug:import_id>", views.one_import, name="import"),
    path("data/imports/<slug:import_id>/undo", views.undo, name="undo"),
    path("data/imports/<slug:import_id>/refused.csv", views.error_file, name="error-file"),
    path("data/events", event_views.events, name="events"),
    path("data/events/replay", event_views.replay, name="replay"),
    path("data/events/<slug:kind>/<int:event_id>", event_views.event, name="event"),
    path("data/sources", source_views.sources, name="sources"),
    path("data/sources/<int:source_id>", source_views.source, name="source"),
    path("data/sources/<int:source_id>/key", source_views.rotate, name="rotate"),
    path("data/sources/<int:source_id>/switch", source_views.switch, name="switch"),
    path("data/sources/<int:source_id>/secret", source_views.change_secret, name="change-secret"),
    path("hooks/shopify/<str:key>", webhooks.shopify, name="hook-shopify"),
    path("hooks/woocommerce/<str:key>", webhooks.woocommerce, name="hook-woocommerce"),
    path("hooks/stripe/<str:key>", webhooks.stripe, name="hook-stripe"),
]
