from django.urls import path

from meetings.views import agenda, items, meetings, of_case

app_name = "meetings"
urlpatterns = [
    path("moter/", meetings.meetings, name="list"),
    path("moter/nytt/", meetings.create, name="create"),
    path("moter/<uuid:meeting_id>/", meetings.detail, name="detail"),
    path("moter/<uuid:meeting_id>/endre/", meetings.change, name="change"),
    path("moter/<uuid:meeting_id>/hvem/", meetings.attendees, name="attendees"),
    path("moter/<uuid:meeting_id>/avlys/", meetings.cancel, name="cancel"),
    path("moter/<uuid:meeting_id>/holdt/", meetings.hold, name="hold"),
    path("moter/<uuid:meeting_id>/kalender.ics", meetings.calendar, name="calendar"),
    path("moter/<uuid:meeting_id>/tema/", agenda.add_theme, name="add_theme"),
    path("moter/<uuid:meeting_id>/saker/<uuid:item_id>/svar/", agenda.answer, name="answer"),
    path("moter/tema/<uuid:theme_id>/", agenda.theme, name="theme"),
    path("moter/saker/<uuid:item_id>/status/", items.status, name="status"),
    path("moter/saker/<uuid:item_id>/referat/", items.record, name="record"),
    path("moter/saker/<uuid:item_id>/referat/<uuid:decision_id>/fjern/", items.remove_decision, name="remove_decision"),
    path("saker/<uuid:case_id>/moter/", of_case.section, name="case"),
    path("saker/<uuid:case_id>/moter/foresla/", agenda.propose, name="propose"),
    path("saker/<uuid:case_id>/moter/<uuid:item_id>/trekk/", agenda.withdraw, name="withdraw"),
    path("saker/<uuid:case_id>/moter/<uuid:item_id>/folg-opp/", of_case.begin_follow_up, name="begin_follow_up"),
    path("saker/<uuid:case_id>/moter/ferdig/", of_case.finish_follow_up, name="finish_follow_up"),
]
