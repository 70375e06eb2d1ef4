from django.urls import include, path

from cases.views import my_day, search

urlpatterns = [
    # Every page's frame links here, whichever app it belongs to, so these two bear no namespace.
    path("min-dag/", my_day.home, name="home"),
    path("sok/", search.search, name="search"),
    path("", include("agencies.urls")),
    path("", include("reminders.urls")),
    path("", include("cases.urls")),
    path("", include("consent.urls")),
    path("", include("actionplans.urls")),
    path("", include("meetings.urls")),
    path("api/v1/", include("cases.api.urls")),
]

handler403 = "agencies.views.errors.forbidden"
