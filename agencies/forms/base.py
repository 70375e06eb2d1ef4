"""The forms ours are made from: messages that say what to do, and no bubbles from the browser."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Messages = dict[str, _StrPromise]

_FILL_IN = _("Fyll ut dette feltet.")
_CHOOSE = _("Velg et av svarene.")

# Most specific class first. Only Django's own sentences are replaced: what a form says itself stands.
PLAIN_MESSAGES: "tuple[tuple[type[forms.Field], Messages], ...]" = (
    (
        forms.EmailField,
        {"required": _("Skriv e-postadressen."), "invalid": _("Skriv en hel e-postadresse, som navn@eksempel.no.")},
    ),
    (forms.FileField, {"required": _("Velg en fil."), "empty": _("Filen er tom. Velg en annen fil.")}),
    (
        forms.IntegerField,
        {
            "required": _("Skriv et tall."),
            "invalid": _("Skriv et helt tall, uten bokstaver."),
            "min_value": _("Skriv %(limit_value)s eller mer."),
            "max_value": _("Skriv %(limit_value)s eller mindre."),
        },
    ),
    (forms.MultipleChoiceField, {"required": _("Velg minst ett av svarene."), "invalid_choice": _CHOOSE}),
    (
        forms.ModelMultipleChoiceField,
        {"required": _("Velg minst ett av svarene."), "invalid_choice": _CHOOSE, "invalid_pk_value": _CHOOSE},
    ),
    (forms.ModelChoiceField, {"required": _CHOOSE, "invalid_choice": _CHOOSE}),
    (forms.ChoiceField, {"required": _CHOOSE, "invalid_choice": _CHOOSE}),
    (forms.BooleanField, {"required": _("Kryss av her for å gå videre.")}),
    (
        forms.CharField,
        {
            "required": _FILL_IN,
            "max_length": _("Kort ned teksten: den har %(show_value)d tegn, og det er plass til %(limit_value)d."),
            "min_length": _("Skriv litt mer: minst %(limit_value)d tegn."),
        },
    ),
    (forms.Field, {"required": _FILL_IN}),
)

TEXT_ROWS = "4"


class _Plain:
    """What Form and ModelForm share."""

    # The browser's own messages are in the browser's language and vanish: ours stand on the page.
    use_required_attribute = False
    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            speak_plainly(field)
            if isinstance(field.widget, forms.Textarea):
                field.widget.attrs.pop("cols", None)
                # Django's default is ten rows; a form that asks for something else keeps it.
                if field.widget.attrs.get("rows") == "10":
                    field.widget.attrs["rows"] = TEXT_ROWS


def speak_plainly(field: forms.Field) -> None:
    """Replace Django's default error messages on `field` with sentences that say what to do."""
    defaults: dict[str, Any] = {}
    for ancestor in reversed(type(field).__mro__):
        if ancestor.__module__.startswith("django."):
            defaults.update(getattr(ancestor, "default_error_messages", {}))
    for kind, messages in PLAIN_MESSAGES:
        if isinstance(field, kind):
            for code, message in messages.items():
                if field.error_messages.get(code) is defaults.get(code):
                    field.error_messages[code] = message
            return


class Form(_Plain, forms.Form):
    """A form in the house's language. Subclasses give labels, hints and, where the rule has one, its own message."""


class ModelForm(_Plain, forms.ModelForm):  # type: ignore[type-arg]
    """As `Form`, made from a model's fields."""
