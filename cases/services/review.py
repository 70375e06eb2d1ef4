"""The office's first review (T5): ordinary services, family, children, and what children call for (U23-13 to U23-15)."""

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from agencies.actors import Actor
from agencies.decisions import NotNow
from agencies.enums import Part
from audit import clock
from cases import policies
from cases.enums import Answer, EntryKind, FactKind
from cases.models import Case, ChildReportAssessment, InitialReview
from cases.services.lifecycle import demand, fact_ensured, facts_ended, lock, record_change, write_entry


@dataclass(frozen=True)
class ReviewAnswers:
    """What is answered so far. The last three are about the children, and asked only when there are any."""

    services: str = ""
    family: str = ""
    has_children: str = ""
    child_assessment: str = ""
    duty_applies: bool | None = None
    sent_on: dt.date | None = None

    def lacking(self) -> dict[str, str]:
        """Why the review cannot be completed, by answer, in sentences that say what to do. Empty when it can.

        stjl. § 45 makes it a duty to report, not a choice: where it applies, the report has been sent (U23-15).
        """
        lacking = {}
        if not self.services.strip():
            lacking["services"] = _("Skriv hvilken hjelp personen har fra før, eller «ingen».")
        if not self.family.strip():
            lacking["family"] = _("Skriv hva dere vet om familien, eller at dere ikke vet noe.")
        if self.has_children not in Answer.values:
            lacking["has_children"] = _("Svar ja, nei eller vet ikke.")
        if self.has_children != Answer.YES:
            return lacking
        if not self.child_assessment.strip():
            lacking["child_assessment"] = _("Skriv vurderingen: hva dere vet om barna, og hva dere har kommet til.")
        if self.duty_applies is None:
            lacking["duty_applies"] = _("Svar på om meldeplikten gjelder.")
        if self.duty_applies and self.sent_on is None:
            lacking["sent_on"] = _("Meldeplikten gjelder. Send meldingen først, og skriv datoen den ble sendt.")
        return lacking


def answers_of(case: Case) -> ReviewAnswers:
    """What is saved of the review: the lead's own working paper, empty for everybody else."""
    review = InitialReview.objects.filter(case=case).first()
    children = ChildReportAssessment.objects.filter(case=case).first()
    return ReviewAnswers(
        services=review.services if review else "",
        family=review.family if review else "",
        has_children=review.has_children if review else "",
        child_assessment=children.assessment if children else "",
        duty_applies=children.duty_applies if children else None,
        sent_on=children.sent_on if children else None,
    )


@transaction.atomic
def save_draft(case: Case, *, by: Actor, answers: ReviewAnswers) -> InitialReview:
    """Keep what is typed so far. NotNow once the review is completed: from then on every change is a whole answer."""
    case = lock(case)
    demand(policies.may_review(by, case))
    if InitialReview.objects.filter(case=case, completed_at__isnull=False).exists():
        raise NotNow(_("Vurderingen er gjort ferdig. Lagre endringen som en ferdig vurdering."), "completed")
    review = _write(case, by=by, answers=answers, completed=False)
    record_change("review.draft_saved", case, by=by)
    return review


@transaction.atomic
def complete(case: Case, *, by: Actor, answers: ReviewAnswers) -> InitialReview:
    """Complete the review, or mend it later; the guards' facts follow the answers (T5).

    Raises NotNow when an answer is lacking. The timeline says that a review was made, never what was found, and of the
    children nothing at all (F-34).
    """
    case = lock(case)
    demand(policies.may_review(by, case))
    lacking = answers.lacking()
    if lacking:
        raise NotNow(next(iter(lacking.values())), "incomplete")
    first_time = not InitialReview.objects.filter(case=case, completed_at__isnull=False).exists()
    review = _write(case, by=by, answers=answers, completed=True)
    for kind in (FactKind.SERVICES_REVIEWED, FactKind.FAMILY_REVIEWED, FactKind.CHILDREN_ANSWERED):
        fact_ensured(case, kind, by=by)
    if answers.has_children == Answer.YES:
        fact_ensured(case, FactKind.HAS_CHILDREN, by=by)
        fact_ensured(case, FactKind.CHILD_REPORT_ASSESSED, by=by)
    else:
        facts_ended(case, FactKind.HAS_CHILDREN, FactKind.CHILD_REPORT_ASSESSED, by=by)
    if first_time:
        write_entry(case, kind=EntryKind.REVIEWED, part=Part.CORE, by=by)
    record_change("review.completed", case, by=by)
    return review


def _write(case: Case, *, by: Actor, answers: ReviewAnswers, completed: bool) -> InitialReview:
    instant = clock.now()
    signed = {"author": by.user, "author_agency": by.agency}
    review, _new = InitialReview.objects.update_or_create(
        case=case,
        defaults=signed
        | {
            "services": answers.services,
            "family": answers.family,
            "has_children": answers.has_children,
            "updated_at": instant,
            "completed_at": instant if completed else None,
        },
    )
    about_children = answers.child_assessment or answers.duty_applies is not None or answers.sent_on
    if about_children or ChildReportAssessment.objects.filter(case=case).exists():
        ChildReportAssessment.objects.update_or_create(
            case=case,
            defaults=signed
            | {
                "assessment": answers.child_assessment,
                "duty_applies": answers.duty_applies,
                "sent_on": answers.sent_on,
                "assessed_at": instant if completed and answers.has_children == Answer.YES else None,
            },
        )
    return review
