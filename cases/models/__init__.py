from cases.models.access import CaseAccess, CaseContent, CaseContentQuerySet, ReceivedContent
from cases.models.access_report import AccessReport
from cases.models.case import Case, CaseLead, Fact, NumberSeries
from cases.models.insight import LogWithholding, LookUpReview
from cases.models.keys import AgencyKey, AssignmentPeriod, CaseUserObjectPermission
from cases.models.people import Conflict, Person, PersonContact, PersonIdentity, PersonLink
from cases.models.protection import ProtectionChange, SealedWhereabouts
from cases.models.reports import ConcernReport, ReportInformation, ReportReceipt
from cases.models.work import (
    BasicNeed,
    ChildReportAssessment,
    Conversation,
    CoordinationAssessment,
    Entry,
    InitialReview,
    ResourcePerson,
)

__all__ = [
    "AccessReport",
    "AgencyKey",
    "AssignmentPeriod",
    "BasicNeed",
    "Case",
    "CaseAccess",
    "CaseContent",
    "CaseContentQuerySet",
    "CaseLead",
    "CaseUserObjectPermission",
    "ChildReportAssessment",
    "ConcernReport",
    "Conflict",
    "Conversation",
    "CoordinationAssessment",
    "Entry",
    "Fact",
    "InitialReview",
    "LogWithholding",
    "LookUpReview",
    "NumberSeries",
    "Person",
    "PersonContact",
    "PersonIdentity",
    "PersonLink",
    "ProtectionChange",
    "ReceivedContent",
    "ReportInformation",
    "ReportReceipt",
    "ResourcePerson",
    "SealedWhereabouts",
]
