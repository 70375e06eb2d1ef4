from django.urls import path

from cases.views import case_list, contributions, overview

app_name = "cases"
urlpatterns = [
    # --- all cases ---
    path("saker/", case_list.cases, name="list"),
    path("vare-bidrag/", contributions.contributions, name="contributions"),
    # --- one case ---
    path("saker/<uuid:case_id>/", overview.detail, name="detail"),
    path("saker/<uuid:case_id>/hvem-ser/", overview.who_will_see, name="who_will_see"),
    path("saker/<uuid:case_id>/innlegg/<uuid:entry_id>/", overview.entry, name="entry"),
    path("saker/<uuid:case_id>/innlegg/<uuid:entry_id>/rett/", overview.correct, name="correct_entry"),
]
