from django.urls import path

from cases.views import (
    access_reports,
    assigning,
    case_list,
    closing,
    conflict,
    contributions,
    exposure,
    inbox,
    insight,
    log_review,
    needs,
    overview,
    protection,
    review,
    staffing,
    talks,
)
from cases.views.readers import readers

app_name = "cases"
urlpatterns = [
    # --- all cases ---
    path("saker/", case_list.cases, name="list"),
    path("vare-bidrag/", contributions.contributions, name="contributions"),
    path("fordeling/", staffing.staffing, name="staffing"),
    path("fordeling/<int:worker_id>/", staffing.hand_over, name="hand_over"),
    # --- reports on their way in ---
    path("meldinger/", inbox.inbox, name="inbox"),
    path("meldinger/<uuid:case_id>/", inbox.report, name="report"),
    path("meldinger/<uuid:case_id>/motta/", inbox.receive, name="receive"),
    path("meldinger/<uuid:case_id>/fordel/", inbox.route, name="route"),
    path("meldinger/<uuid:case_id>/send-tilbake/", inbox.reject, name="reject"),
    # --- one case ---
    path("saker/<uuid:case_id>/", overview.detail, name="detail"),
    path("saker/<uuid:case_id>/hvem-ser/", overview.who_will_see, name="who_will_see"),
    path("saker/<uuid:case_id>/innlegg/<uuid:entry_id>/", overview.entry, name="entry"),
    path("saker/<uuid:case_id>/innlegg/<uuid:entry_id>/rett/", overview.correct, name="correct_entry"),
    path("saker/<uuid:case_id>/hvem-kan-se/", readers, name="readers"),
    path("saker/<uuid:case_id>/inhabil/", conflict.declare_conflict, name="declare_conflict"),
    path("saker/<uuid:case_id>/habilitet/", conflict.conflicts, name="conflicts"),
    path("saker/<uuid:case_id>/habilitet/<uuid:conflict_id>/opphev/", conflict.end_conflict, name="end_conflict"),
    path("saker/<uuid:case_id>/tildeling/", assigning.assign, name="assign"),
    path("saker/<uuid:case_id>/tildeling/fjern/", assigning.unassign, name="unassign"),
    # --- how hidden the person is ---
    path("saker/<uuid:case_id>/vern/", protection.protection, name="protection"),
    path("saker/<uuid:case_id>/vern/hev/", protection.raise_protection, name="raise_protection"),
    path("saker/<uuid:case_id>/vern/senk/", protection.lower_protection, name="lower_protection"),
    path("saker/<uuid:case_id>/vern/senk/<uuid:change_id>/", protection.answer_lower, name="answer_lower"),
    path("saker/<uuid:case_id>/skjermet/", protection.sealed, name="sealed"),
    path("saker/<uuid:case_id>/skjermet/<uuid:row_id>/fjern/", protection.remove_sealed, name="remove_sealed"),
    # --- who has read about the person ---
    path("saker/<uuid:case_id>/innsynslogg/", insight.log, name="insight"),
    path("saker/<uuid:case_id>/innsynslogg/pdf/", insight.log_pdf, name="insight_pdf"),
    path("saker/<uuid:case_id>/innsynslogg/forbered/", insight.prepare, name="insight_prepare"),
    path("saker/<uuid:case_id>/innsynslogg/<uuid:event_id>/meld-fra/", insight.report, name="insight_report"),
    path("saker/<uuid:case_id>/innsynslogg/<uuid:event_id>/vent/", insight.withhold, name="insight_withhold"),
    path(
        "saker/<uuid:case_id>/innsynslogg/ventende/<uuid:withholding_id>/avgjor/",
        insight.decide,
        name="insight_decide",
    ),
    path(
        "saker/<uuid:case_id>/innsynslogg/ventende/<uuid:withholding_id>/vis/",
        insight.end_withholding,
        name="insight_end",
    ),
    # --- control of the log ---
    path("loggkontroll/", log_review.queue, name="log_review"),
    path("loggkontroll/se-na/", log_review.look_now, name="log_review_look_now"),
    path("loggkontroll/avvik/", log_review.breaches, name="log_review_breaches"),
    path("loggkontroll/<uuid:review_id>/vurder/", log_review.settle, name="log_review_settle"),
    path("loggkontroll/<uuid:review_id>/angre/", log_review.undo, name="log_review_undo"),
    path("loggkontroll/avvik/<uuid:review_id>/", log_review.follow_up, name="log_review_follow_up"),
    path("tilgangsrapport/", access_reports.weeks, name="access_reports"),
    path("tilgangsrapport/<uuid:report_id>/", access_reports.week, name="access_report"),
    path("hvem-kunne-se/", exposure.ask, name="exposure"),
    # --- the office's work with one case ---
    path("saker/<uuid:case_id>/vurdering/", review.review, name="review"),
    path("saker/<uuid:case_id>/samtale/", talks.talk, name="talk"),
    path("saker/<uuid:case_id>/samtale/kall-inn/", talks.summon, name="summon"),
    path("saker/<uuid:case_id>/samtale/kom-ikke/", talks.did_not_come, name="did_not_come"),
    path("saker/<uuid:case_id>/samtale/registrer/", talks.hold_talk, name="hold_talk"),
    path("saker/<uuid:case_id>/behov/", needs.needs, name="needs"),
    path("saker/<uuid:case_id>/nettverk/", needs.network, name="network"),
    path(
        "saker/<uuid:case_id>/nettverk/<uuid:person_id>/fjern/",
        needs.remove_resource_person,
        name="remove_resource_person",
    ),
    path("saker/<uuid:case_id>/for-samarbeidet/", needs.assessments, name="assessments"),
    path("saker/<uuid:case_id>/for-samarbeidet/<slug:kind>/", needs.assess, name="assess"),
    path("saker/<uuid:case_id>/start-samarbeid/", needs.start_collaboration, name="start_collaboration"),
    path("saker/<uuid:case_id>/avslutt/", closing.close, name="close"),
]
