"""The sign-in forms: allauth's, asked in our words. Named in ACCOUNT_FORMS and MFA_FORMS."""

from typing import TYPE_CHECKING, Any

from allauth.account import forms as account
from allauth.account.adapter import get_adapter
from allauth.mfa.base import forms as mfa_base
from allauth.mfa.totp import forms as totp
from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from agencies import accounts
from agencies.forms.base import Form, speak_plainly

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

_EMAIL = _("E-postadresse")
_PASSWORD = _("Passord")
_CODE = _("Kode fra appen")

_WRONG_CODE = _("Koden stemmer ikke. Vent til appen viser en ny, og skriv den.")

# allauth's refusals by code, as sentences that say what to do. Whether an account exists is never told.
_REFUSALS = {
    "email_password_mismatch": _("E-postadressen og passordet hører ikke sammen. Prøv igjen, eller lag nytt passord."),
    "incorrect_password": _("Passordet stemmer ikke. Prøv igjen."),
    "enter_current_password": _("Skriv passordet du har nå."),
    "incorrect_code": _WRONG_CODE,
    "too_many_login_attempts": _("Det kom for mange forsøk. Vent et kvarter, og prøv igjen."),
    "rate_limited": _("Det kom for mange forsøk. Vent litt, og prøv igjen."),
    "cannot_delete_authenticator": _("Du kan ikke slå av koden nå. Spør administratoren i tjenesten din."),
}


class _InOurWords:
    """Labels, hints and refusals of ours instead of the library's, and no placeholders: they vanish when one types."""

    use_required_attribute = False
    labels: "dict[str, _StrPromise]" = {}
    hints: "dict[str, _StrPromise]" = {}
    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            speak_plainly(field)
            field.widget.attrs.pop("placeholder", None)
            if name in self.labels:
                field.label = self.labels[name]
                field.help_text = self.hints.get(name, "")

    def add_error(self, field: str | None, error: forms.ValidationError | str) -> None:
        """Say allauth's refusal in our words when we have them."""
        code = getattr(error, "code", None)
        if isinstance(error, forms.ValidationError) and code in _REFUSALS:
            error = forms.ValidationError(_REFUSALS[code], code=code)
        super().add_error(field, error)  # type: ignore[misc]


class LoginForm(_InOurWords, account.LoginForm):
    labels = {"login": _EMAIL, "password": _PASSWORD}


class ResetPasswordForm(_InOurWords, account.ResetPasswordForm):
    labels = {"email": _EMAIL}


class ResetPasswordKeyForm(_InOurWords, account.ResetPasswordKeyForm):
    labels = {"password1": _("Nytt passord"), "password2": _("Nytt passord en gang til")}
    hints = {"password1": _("Minst 14 tegn. En setning er lettere å huske enn et ord.")}


class ChangePasswordForm(_InOurWords, account.ChangePasswordForm):
    labels = {
        "oldpassword": _("Passordet du har nå"),
        "password1": _("Nytt passord"),
        "password2": _("Nytt passord en gang til"),
    }
    hints = {"password1": _("Minst 14 tegn. En setning er lettere å huske enn et ord.")}


class ReauthenticateForm(_InOurWords, account.ReauthenticateForm):
    labels = {"password": _PASSWORD}


class AuthenticateForm(_InOurWords, mfa_base.AuthenticateForm):
    labels = {"code": _CODE}
    hints = {"code": _("Seks tall. Har du ikke telefonen, skriv en av reservekodene dine.")}


class ReauthenticateWithCodeForm(_InOurWords, mfa_base.ReauthenticateForm):
    labels = {"code": _CODE}
    hints = {"code": _("Seks tall. Har du ikke telefonen, skriv en av reservekodene dine.")}


class ActivateTotpForm(_InOurWords, totp.ActivateTOTPForm):
    labels = {"code": _CODE}
    hints = {"code": _("Seks tall. De skifter hvert halve minutt.")}


class ConfirmIdentityForm(_InOurWords, mfa_base.ReauthenticateForm):
    """Password and code, both anew. Wrong ones count as wrong sign-ins, so nobody guesses at an open screen."""

    field_order = ["password", "code"]
    labels = {"password": _PASSWORD, "code": _CODE}
    hints = {"code": _("Seks tall. Har du ikke telefonen, skriv en av reservekodene dine.")}
    password = forms.CharField(widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}), strip=False)

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        self.request = request
        super().__init__(*args, user=request.user, **kwargs)

    def clean_password(self) -> str:
        """Asked of allauth's own sign-in, so that the same counters count."""
        password: str = self.cleaned_data["password"]
        known = get_adapter().authenticate(self.request, email=self.user.email, password=password)
        if known != self.user:
            raise forms.ValidationError(_REFUSALS["incorrect_password"], code="incorrect_password")
        return password

    def clean_code(self) -> str:
        """A code is spent by being asked about: it is not asked about when the password was wrong."""
        return super().clean_code() if "password" in self.cleaned_data else ""

    def save(self) -> None:
        super().save()
        accounts.record_confirmation(self.request)


class ConfirmCastForm(Form):
    """The demonstration's people have no password to ask for: their button is the confirmation."""

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        self.request = request
        super().__init__(*args, **kwargs)

    def save(self) -> None:
        accounts.record_cast_sign_in(self.request)
