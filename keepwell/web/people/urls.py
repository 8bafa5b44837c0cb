"""Addresses of the room."""

from __future__ import annotations

from django.urls import path

from keepwell.web.people import change_views, list_views, page_views, preference_views

app_name = "people"
urlpatterns = [
    path("customers", list_views.customers, name="list"),
    path("customers/views", list_views.save_view, name="save-view"),
    path("customers/views/<int:view_id>/remove", list_views.remove_view, name="remove-view"),
    path("customers/erasures", page_views.erasures, name="erasures"),
    path("customers/<str:public_id>", page_views.customer, name="customer"),
    path("customers/<str:public_id>/timeline", page_views.customer_timeline, name="timeline"),
    path("customers/<str:public_id>/export", page_views.export, name="export"),
    path("customers/<str:public_id>/note", change_views.add_note, name="add-note"),
    path("customers/<str:public_id>/tags", change_views.set_tags, name="set-tags"),
    path("customers/<str:public_id>/owner", change_views.set_owner, name="set-owner"),
    path("customers/<str:public_id>/consent", change_views.set_consent, name="set-consent"),
    path("customers/<str:public_id>/merge", change_views.merge, name="merge"),
    path("customers/<str:public_id>/unmerge", change_views.unmerge, name="unmerge"),
    path("customers/<str:public_id>/erase", change_views.erase, name="erase"),
    path("preferences/<str:token>", preference_views.preferences, name="preferences"),
]
