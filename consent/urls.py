from django.urls import path

from consent.views import detail, disclosing, ending, glass, record

app_name = "consent"
urlpatterns = [
    # --- emergencies ---
    path("nodtilgang/", glass.glasses, name="glasses"),
    path("nodtilgang/apne/", glass.open_in_emergency, name="open_glass"),
    path("nodtilgang/<uuid:glass_id>/", glass.glass, name="glass"),
    path("nodtilgang/<uuid:glass_id>/kontroll/", glass.review, name="review_glass"),
    path("nodtilgang/<uuid:glass_id>/avslutt/", glass.end, name="end_glass"),
    # --- a case's consent and disclosures ---
    path("samtykke/<uuid:consent_id>/", detail.of_consent, name="of_consent"),
    path("saker/<uuid:case_id>/samtykke/", detail.detail, name="detail"),
    path("saker/<uuid:case_id>/samtykke/registrer/", record.record, name="record"),
    path("saker/<uuid:case_id>/samtykke/nei/", ending.refuse, name="refuse"),
    path("saker/<uuid:case_id>/samtykke/spor-igjen/", ending.ask_again, name="ask_again"),
    path("saker/<uuid:case_id>/samtykke/trekk/", ending.revoke, name="revoke"),
    path("saker/<uuid:case_id>/lovgrunnlag/", disclosing.disclose, name="disclose"),
    path("saker/<uuid:case_id>/lovgrunnlag/<uuid:disclosure_id>/avslutt/", disclosing.end, name="end_disclosure"),
    path(
        "saker/<uuid:case_id>/lovgrunnlag/<uuid:disclosure_id>/godkjenn/", disclosing.approve, name="approve_disclosure"
    ),
]
