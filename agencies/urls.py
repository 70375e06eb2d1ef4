"""Addresses around a person: signing in, choosing whom to act for, and the pages that are open to all.

Of allauth only what we use is here. Its pages for changing the e-mail address are not: the address is given by the
agency's administrator, and whoever could change it could take the account along.
"""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from django.urls import path, re_path

from agencies.views import (
    choosing,
    confirming,
    demonstration,
    grants,
    own_sessions,
    people,
    secrecy,
    signing_in,
    standing,
)

urlpatterns = [
    # --- open to all ---
    path("", standing.front_door, name="front_door"),
    path("healthz", standing.healthz, name="healthz"),
    path("readyz", standing.readyz, name="readyz"),
    path("tilgjengelighet/", standing.accessibility, name="accessibility"),
    path("personvern/", standing.privacy, name="privacy"),
    path("hurtigtaster/", standing.shortcuts, name="shortcuts"),
    path("logg-inn-som/", demonstration.demo_cast, name="demo_cast"),
    # --- for whom one acts ---
    path("velg-tjeneste/", choosing.choose_agency, name="choose_agency"),
    path("bekreft/", confirming.confirm_identity, name="confirm_identity"),
    path("taushetserklaering/", secrecy.declare_secrecy, name="declare_secrecy"),
    # --- people and roles ---
    path("folk/", people.everybody, name="people"),
    path("folk/ny/", people.invite, name="people_invite"),
    path("folk/foresporsler/<uuid:request_id>/", grants.decide_grant, name="decide_grant"),
    path("folk/<int:user_id>/", people.person, name="person"),
    path("folk/<int:user_id>/gi-rolle/", people.give_role, name="person_give_role"),
    path("folk/<int:user_id>/ny-innlogging/", people.reset_sign_in, name="person_reset_sign_in"),
    path("folk/<int:user_id>/send-lenke/", people.send_link, name="person_send_link"),
    path("folk/<int:user_id>/steng/", people.close_account, name="person_close_account"),
    path("folk/roller/<int:membership_id>/avslutt/", people.end, name="person_end"),
    path("folk/roller/<int:membership_id>/bytt/", people.change_role, name="person_change_role"),
    path("folk/roller/<int:membership_id>/klarering/", people.change_clearance, name="person_change_clearance"),
    # --- where one is signed in ---
    path("konto/okter/", own_sessions.own_sessions, name="own_sessions"),
    path("konto/okter/andre/avslutt/", own_sessions.end_other_sessions, name="end_other_sessions"),
    path("konto/okter/<uuid:sign_in_id>/avslutt/", own_sessions.end_own_session, name="end_own_session"),
    # --- the account: allauth's views at our addresses ---
    path("konto/logg-inn/", account.login, name="account_login"),
    path("konto/logg-ut/", signing_in.sign_out, name="account_logout"),
    path("konto/stengt/", account.account_inactive, name="account_inactive"),
    path("konto/bekreft/", account.reauthenticate, name="account_reauthenticate"),
    path("konto/passord/bytt/", account.password_change, name="account_change_password"),
    path("konto/passord/lag/", signing_in.first_password, name="account_set_password"),
    path("konto/passord/glemt/", account.password_reset, name="account_reset_password"),
    path("konto/passord/glemt/sendt/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^konto/passord/nytt/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("konto/passord/ferdig/", account.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    path("konto/totrinn/", mfa.index, name="mfa_index"),
    path("konto/totrinn/kode/", mfa.authenticate, name="mfa_authenticate"),
    path("konto/totrinn/bekreft/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("konto/totrinn/app/", totp.activate_totp, name="mfa_activate_totp"),
    path("konto/totrinn/app/av/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("konto/totrinn/reservekoder/", recovery_codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("konto/totrinn/reservekoder/nye/", recovery_codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("konto/totrinn/reservekoder/fil/", recovery_codes.download_recovery_codes, name="mfa_download_recovery_codes"),
]
