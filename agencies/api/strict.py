"""Reading JSON to the letter: nothing is guessed, nothing unknown is passed over, and every mistake is told at once."""

import datetime as dt
import json
import re
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, serializers
from rest_framework.fields import SkipField
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.settings import api_settings

from agencies.api.problems import TooLargeError

ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def body_of(request: Request) -> bytes:
    """The raw body. Raises TooLargeError (413) beyond settings.API_MAX_BODY, before it is read when its length was
    declared, and ParseError (400) when there is none.
    """
    too_large = TooLargeError(_("Forespørselen kan være på høyst 1 MiB."))
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.API_MAX_BODY:
        raise too_large
    body: bytes = request._request.body  # noqa: SLF001 (read once here; the parser gets the same bytes)
    if len(body) > settings.API_MAX_BODY:
        raise too_large
    if not body:
        raise exceptions.ParseError(_("Forespørselen er tom. Send JSON."))
    return body


class StrictJSONParser(BaseParser):
    """JSON in UTF-8 and nothing looser: no NaN, no doubled names. Raises ParseError (400)."""

    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        """The document in `stream`."""
        try:
            return json.loads(
                stream.read().decode("utf-8"), parse_constant=_refuse_constant, object_pairs_hook=_refuse_doubled
            )
        except (ValueError, RecursionError) as error:
            raise exceptions.ParseError(_("Forespørselen er ikke gyldig JSON.")) from error


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _refuse_doubled(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a name stands twice")
    return document


class StrictText(serializers.CharField):
    """Text given as text: numbers and booleans are not turned into it."""

    default_error_messages = {
        "required": _("Feltet mangler."),
        "null": _("Feltet kan ikke være null."),
        "blank": _("Feltet kan ikke være tomt."),
        "invalid": _("Feltet må være tekst."),
        "max_length": _("Teksten er for lang: høyst {max_length} tegn."),
    }

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictPattern(StrictText):
    """Text in one form, such as four digits."""

    def __init__(self, pattern: str, message: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pattern, self.message = re.compile(pattern), message

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if self.pattern.fullmatch(text) is None:
            raise serializers.ValidationError(self.message, code="invalid")
        return text


class StrictBoolean(serializers.BooleanField):
    """`true` or `false`: not "yes", not 1."""

    default_error_messages = {
        "required": _("Feltet mangler."),
        "null": _("Feltet kan ikke være null."),
        "invalid": _("Feltet må være true eller false."),
    }

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class StrictDate(serializers.DateField):
    """A date as 2005-05-14; other ISO forms, such as weeks, are refused."""

    default_error_messages = {
        "required": _("Feltet mangler."),
        "null": _("Feltet kan ikke være null."),
        "invalid": _("Skriv en dato som finnes, som åååå-mm-dd."),
    }

    def to_internal_value(self, value: Any) -> dt.date:
        if not isinstance(value, str) or ISO_DATE.fullmatch(value) is None or not value.isascii():
            self.fail("invalid", format="YYYY-MM-DD")
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            self.fail("invalid", format="YYYY-MM-DD")


class StrictChoice(serializers.ChoiceField):
    """One of a closed list, given as text."""

    default_error_messages = {
        "required": _("Feltet mangler."),
        "null": _("Feltet kan ikke være null."),
        "invalid_choice": _("Verdien er ikke en av de tillatte."),
    }

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid_choice", input="")
        return super().to_internal_value(data)


class StrictList(serializers.ListSerializer[Any]):
    """A list of objects, each with its own mistakes."""

    default_error_messages = {
        "required": _("Feltet mangler."),
        "null": _("Feltet kan ikke være null."),
        "not_a_list": _("Feltet må være en liste."),
        "empty": _("Listen kan ikke være tom."),
        "max_length": _("Listen er for lang: høyst {max_length}."),
    }


class StrictObject(serializers.Serializer[Any]):
    """An object with exactly these fields.

    The framework stops at the first layer of mistakes; here `rules` is asked about the fields that are sound even when
    others are not, so that the sender learns of everything at once.
    """

    default_error_messages = {
        "required": _("Feltet mangler."),
        "null": _("Feltet kan ikke være null."),
        "invalid": _("Feltet må være et objekt."),
    }

    class Meta:
        list_serializer_class = StrictList

    def rules(self, sound: dict[str, Any]) -> dict[str, exceptions.ErrorDetail]:
        """What the sound fields break together, by field."""
        return {}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            message = self.error_messages["invalid"]
            raise serializers.ValidationError({api_settings.NON_FIELD_ERRORS_KEY: [message]}, code="invalid")
        sound: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        for field in self._writable_fields:
            name = str(field.field_name)
            try:
                sound[name] = field.run_validation(field.get_value(data))
            except serializers.ValidationError as error:
                errors[name] = error.detail
            except SkipField:
                continue
        unknown = exceptions.ErrorDetail(str(_("Feltet er ukjent.")), code="unknown_field")
        errors |= {name: [unknown] for name in data if name not in self.fields}
        errors |= {name: [detail] for name, detail in self.rules(sound).items() if name not in errors}
        if errors:
            raise serializers.ValidationError(errors)
        return sound
