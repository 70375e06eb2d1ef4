"""Who must sign a consent, by country and age: the table of requirements.md C2. No database, no users."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from consent.enums import SignerRole


class Guardians(StrEnum):
    """Which holders of parental responsibility sign beside the young person."""

    NONE = "none"
    ALL = "all"


@dataclass(frozen=True)
class SignerRule:
    """One row: whoever has turned `from_age` signs like this, until the next row's age. `explanation` is for people."""

    country: str
    from_age: int
    young_person_signs: bool
    guardians: Guardians
    explanation: str | Promise
    source: str

    @property
    def young_person_alone(self) -> bool:
        return self.young_person_signs and self.guardians == Guardians.NONE

    def lacking(self, roles: list[SignerRole]) -> list[SignerRole]:
        """Which kinds of signature `roles` does not have. How many guardians there are is not known here."""
        needed = [SignerRole.YOUNG_PERSON] if self.young_person_signs else []
        if self.guardians == Guardians.ALL:
            needed.append(SignerRole.GUARDIAN)
        return [role for role in needed if role not in roles]


# Oldest first: the first row whose age is reached holds.
RULES = (
    SignerRule("NO", 18, True, Guardians.NONE, _("Den som er 18 år eller eldre, skriver under alene."), "vgml. § 8"),
    SignerRule(
        "NO",
        15,
        True,
        Guardians.ALL,
        _("Mellom 15 og 18 år må både ungdommen og alle med foreldreansvar skrive under."),
        "vgml. § 9, bvl. § 12-3",
    ),
    SignerRule(
        "NO",
        12,
        True,
        Guardians.ALL,
        _("Fra 12 til 15 år må alle med foreldreansvar skrive under, og ungdommen må selv si ja."),
        "barnelova § 31",
    ),
    SignerRule(
        "NO",
        0,
        False,
        Guardians.ALL,
        _("Under 12 år må alle med foreldreansvar skrive under, og barnet skal bli hørt."),
        "vgml. §§ 9 og 17",
    ),
    SignerRule("SE", 18, True, Guardians.NONE, _("Den som er 18 år eller eldre, skriver under alene."), "SIG-40"),
    SignerRule(
        "SE",
        0,
        True,
        Guardians.ALL,
        _("Under 18 år må både ungdommen og de foresatte skrive under."),
        "SIG-40, OSL 12:3",
    ),
)


def rule_for(country: str, age: int) -> SignerRule:
    """Who signs for somebody of `age` whole years in `country`. LookupError for a country without rules."""
    for rule in RULES:
        if rule.country == country and age >= rule.from_age:
            return rule
    raise LookupError(country)
