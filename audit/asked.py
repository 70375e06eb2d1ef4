"""Questions that come with every request.

Django takes several times longer to put such a question into words than PostgreSQL to answer it, and does it anew each
time. Here the words are made once, of the same queryset as everywhere else. They are kept; an answer never is.
"""

import datetime as dt
from collections.abc import Callable
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)


class Asked(Generic[M]):
    """The rows of `question(*values)`: the same words for every value, so none is None, and no condition is there for some
    values only.

    The question takes its time from `Now()`, in the database, and nothing from settings, language or caller: they would be
    kept with the words. Values are what a column holds (ids, not rows). `stand_ins` are what the words are made with: one for
    each value, which nothing else in the question equals.
    """

    def __init__(self, question: Callable[..., QuerySet[M]], *stand_ins: Any) -> None:
        self.question, self.stand_ins = question, stand_ins

    def answer(self, *values: Any) -> list[M]:
        """What the database says now. ValueError for None, and for a question that cannot be kept."""
        if None in values:
            raise ValueError("None is another question: its words are others.")
        made, words, parameters, places = self._in_words
        given = list(parameters)
        for place, value in zip(places, values, strict=True):
            given[place] = value
        return list(made.raw(words, given))

    @cached_property
    def _in_words(self) -> tuple[QuerySet[M], str, tuple[Any, ...], list[int]]:
        made = self.question(*self.stand_ins)
        words, parameters = made.query.sql_with_params()
        if any(parameters.count(one) != 1 for one in self.stand_ins):
            raise ValueError("Each stand-in must come once in the question.")
        if any(isinstance(one, dt.date) for one in parameters if one not in self.stand_ins):
            raise ValueError("An instant of this moment would be kept with the words: ask with Now().")
        if made.query.select_related:
            raise ValueError("Rows come alone: ask for what they refer to by itself.")
        return made, words, parameters, [parameters.index(one) for one in self.stand_ins]
