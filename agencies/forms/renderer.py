"""How every form is drawn, also those of libraries: Designsystemet's markup."""

from typing import Any

from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest


class DesignSystemRenderer(TemplatesSetting):
    """FORM_RENDERER: forms from `templates/ds/`, and the input class on every widget that has none of its own."""

    form_template_name = "ds/form.html"
    field_template_name = "ds/field.html"

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        widget = context.get("widget")
        if widget and not widget.get("is_hidden"):
            widget["attrs"]["class"] = f"ds-input {widget['attrs'].get('class', '')}".strip()
        return super().render(template_name, context, request)
