"""Forms in the house's look and language. Import from here: `from agencies.forms import DateField, Form, ModelForm`."""

from agencies.forms.base import Form, ModelForm
from agencies.forms.fields import DateField, TimeField
from agencies.forms.renderer import DesignSystemRenderer

__all__ = ["DateField", "DesignSystemRenderer", "Form", "ModelForm", "TimeField"]
