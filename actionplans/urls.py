from django.urls import path

from actionplans.views import commitments, follow_ups, goals, measures, paper, plan

app_name = "actionplans"
urlpatterns = [
    # --- the plan of a case ---
    path("saker/<uuid:case_id>/plan/", plan.detail, name="detail"),
    path("saker/<uuid:case_id>/plan/endre/", plan.edit, name="edit"),
    path("saker/<uuid:case_id>/plan/pdf/", paper.plan_pdf, name="pdf"),
    path("saker/<uuid:case_id>/plan/min-plan/", paper.own_pdf, name="own_pdf"),
    # --- what it is for ---
    path("saker/<uuid:case_id>/plan/hovedmal/", goals.main_goal, name="main_goal"),
    path("saker/<uuid:case_id>/plan/mal/", goals.area_goals, name="area_goals"),
    path("saker/<uuid:case_id>/plan/godkjenn/", goals.approve, name="approve"),
    # --- the measures ---
    path("saker/<uuid:case_id>/plan/tiltak/nytt/", measures.add, name="add_measure"),
    path("saker/<uuid:case_id>/plan/tiltak/<uuid:measure_id>/", measures.change, name="measure"),
    path("saker/<uuid:case_id>/plan/tiltak/<uuid:measure_id>/flytt/", measures.move, name="move_measure"),
    path("saker/<uuid:case_id>/plan/tiltak/<uuid:measure_id>/fjern/", measures.remove, name="remove_measure"),
    path("saker/<uuid:case_id>/plan/tiltak/<uuid:measure_id>/angre/", measures.restore, name="restore_measure"),
    path("saker/<uuid:case_id>/plan/tiltak/<uuid:measure_id>/framdrift/", measures.progress, name="progress"),
    # --- what the young person takes on ---
    path("saker/<uuid:case_id>/plan/avtaler/ny/", commitments.add, name="add_commitment"),
    path("saker/<uuid:case_id>/plan/avtaler/<uuid:commitment_id>/", commitments.change, name="commitment"),
    path("saker/<uuid:case_id>/plan/avtaler/<uuid:commitment_id>/fjern/", commitments.remove, name="remove_commitment"),
    # --- going through it together ---
    path("saker/<uuid:case_id>/plan/oppfolging/ny/", follow_ups.add, name="add_follow_up"),
    path("saker/<uuid:case_id>/plan/oppfolging/<uuid:follow_up_id>/", follow_ups.move, name="follow_up"),
    path("saker/<uuid:case_id>/plan/oppfolging/<uuid:follow_up_id>/holdt/", follow_ups.hold, name="hold_follow_up"),
    path("saker/<uuid:case_id>/plan/oppfolging/<uuid:follow_up_id>/avlys/", follow_ups.cancel, name="cancel_follow_up"),
    # --- where a reminder leads ---
    path("plan/tiltak/<uuid:measure_id>/", plan.of_measure, name="of_measure"),
    path("plan/oppfolging/<uuid:follow_up_id>/", plan.of_follow_up, name="of_follow_up"),
]
