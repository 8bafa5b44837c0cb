"""Addresses of accounts, sessions, programs and the log."""

from __future__ import annotations

from django.urls import path

from keepwell.web.staff import account, accounts, audit_log, programs, sessions

app_name = "staff"
urlpatterns = [
    path("sign-in", sessions.sign_in, name="sign-in"),
    path("sign-in/code", sessions.code, name="code"),
    path("sign-out", sessions.sign_out, name="sign-out"),
    path("join/<str:token>", accounts.join, name="join"),
    path("account", account.account, name="account"),
    path("account/profile", account.change_profile, name="profile"),
    path("account/password", account.change_password, name="password"),
    path("account/second-step", account.second_factor, name="second-step"),
    path("account/second-step/off", account.second_factor_off, name="second-step-off"),
    path("account/recovery-codes", account.recovery_codes, name="recovery-codes"),
    path("settings/accounts", accounts.accounts, name="accounts"),
    path("settings/accounts/invite", accounts.invite, name="invite"),
    path("settings/accounts/safety", accounts.change_safety, name="safety"),
    path("settings/invitations/<int:invitation_id>/withdraw", accounts.withdraw, name="withdraw"),
    path("settings/accounts/<int:staff_id>/role", accounts.change_role, name="role"),
    path("settings/accounts/<int:staff_id>/active", accounts.set_active, name="active"),
    path("settings/accounts/<int:staff_id>/remove", accounts.remove, name="remove"),
    path("settings/log", audit_log.log, name="log"),
    path("settings/keys", programs.api_keys, name="keys"),
    path("settings/keys/make", programs.make_key, name="make-key"),
    path("settings/keys/<int:key_id>/revoke", programs.revoke_key, name="revoke-key"),
    path("settings/endpoints", programs.endpoints, name="endpoints"),
    path("settings/endpoints/add", programs.add_endpoint, name="add-endpoint"),
    path("settings/endpoints/<int:endpoint_id>/switch", programs.switch_endpoint, name="switch-endpoint"),
    path("settings/endpoints/<int:endpoint_id>/remove", programs.remove_endpoint, name="remove-endpoint"),
    path("settings/endpoints/<int:endpoint_id>/try", programs.try_endpoint, name="try-endpoint"),
    path("settings/deliveries", programs.deliveries, name="deliveries"),
    path("settings/deliveries/<int:delivery_id>/again", programs.deliver_again, name="deliver-again"),
]
