from django.urls import path, re_path
from drf_spectacular.views import SpectacularAPIView

from cases.api import heads, views

app_name = "api"
urlpatterns = [
    path("concern-reports/", views.ConcernReports.as_view(), name="concern-reports"),
    path("concern-reports/<uuid:report_id>/", views.ConcernReport.as_view(), name="concern-report"),
    path("audit/heads/", heads.AuditHeads.as_view(), name="audit-heads"),
    # Open: the description tells nothing that the source does not.
    path("schema/", SpectacularAPIView.as_view(authentication_classes=[], api_version="1"), name="schema"),
    re_path(r"^.*$", views.NoSuchAddress.as_view(), name="no-such-address"),
]
