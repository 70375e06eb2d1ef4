from django.urls import include, path

urlpatterns = [
    path("", include("agencies.urls")),
    path("", include("reminders.urls")),
    path("", include("cases.urls")),
    path("", include("consent.urls")),
    path("", include("actionplans.urls")),
    path("", include("meetings.urls")),
    path("api/v1/", include("cases.api.urls")),
    path("konto/", include("allauth.urls")),
]

handler403 = "agencies.views.errors.forbidden"
