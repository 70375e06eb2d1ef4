from django.urls import path

from reminders import views

urlpatterns = [
    path("paminnelser/", views.reminders, name="reminders"),
    path("paminnelser/sett/", views.mark_all_seen, name="mark_reminders_seen"),
    path("paminnelser/<uuid:reminder_id>/", views.open_reminder, name="open_reminder"),
    path("postkasse/", views.mailbox, name="mailbox"),
    path("postkasse/<slug:name>/innkalling.ics", views.invitation, name="mailbox_invitation"),
]
