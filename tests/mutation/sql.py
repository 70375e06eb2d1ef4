"""Faults in a piece of SQL: a comparison at its boundary, a condition that always holds, a date for the other one.

The text is changed where it stands, since that is what is run. A condition is not taken out but made to hold always
(`… OR true`), so that the number of its placeholders stays.
"""

import re
from collections.abc import Iterator

# What stands there, and what a hurried hand writes instead.
_SWAPS: tuple[tuple[str, str], ...] = (
    (r" <= ", " < "),
    (r" >= ", " > "),
    (r" < ", " <= "),
    (r" > ", " >= "),
    (r" <> ", " = "),
    (r" = (?!ANY)", " <> "),
    (r" AND (?!NOT )", " OR "),
    (r" OR ", " AND "),
    (r"\bNOT (?=[A-Za-z(])", ""),
    (r"(?<!NOT )\bEXISTS ?\(", "NOT EXISTS("),
    (r"\bIS NULL\b", "IS NOT NULL"),
    (r"\bIS NOT NULL\b", "IS NULL"),
    (r"(?<!AS )\bvalid_from\b(?! <=?)", "valid_until"),
    (r"(?<!AS )\bvalid_until\b", "valid_from"),
    (r"\bapproved_at\b", "valid_from"),
    (r"\bf\.ended_at\b", "f.declared_at"),
    (r"\brecipient_id\b", "author_agency_id"),
    (r"(?<!r\.)\bauthor_agency_id\b", "recipient_id"),
    (r"\bleast\(", "greatest("),
    (r"\bgreatest\(", "least("),
    (r"\btrue\b", "false"),
    (r"\bfalse\b", "true"),
    (r"\bNULL::integer\[\]", "ARRAY[]::integer[]"),
    (r"\bNULL::bigint\b", "0::bigint"),
    (r"\bc\.givers\b", "NULL::integer[]"),
    (r"\bg\.user_id\b", "NULL::bigint"),
    (r"\bARRAY\[([a-z]\.[a-z_]+)\]", "NULL::integer[]"),
    (r"\(ARRAY\['core'\]::varchar\[\] \|\| ", "('{}'::varchar[] || "),
    (r"'(?:crime|health|substance_use|occupation_school|economy|housing|family|leisure_network)', ?", ""),
    (r" \+ ", " - "),
)
_CONNECTIVE = re.compile(r"\s(AND|OR)\s")
_CONDITION_ENDS = re.compile(r"\s(?:AND|OR|ORDER BY|GROUP BY|UNION|LIMIT|FROM|WHERE|JOIN)\b|[;,]")
_CONDITION_BEGINS = re.compile(r"\b(?:WHERE|ON|AND|OR|SELECT|WHEN)\s")
_FUNCTION_OF_TWO = re.compile(r"\b(?:least|greatest)\(([^(),]+), ([^(),]+)\)")


def looks_like_sql(text: str) -> bool:
    """Whether a string of the code is a piece of SQL, and not words for people."""
    return bool(re.search(r"SELECT |samlos\.|EXISTS\(| = %s| = ANY\(|a\.received_only| AND [a-z]\.| IS NULL", text))


def faults(text: str) -> Iterator[str]:
    """The text with each fault in it, one at a time. Comments are left alone."""
    seen = {text}
    for start, end, instead in [*_swapped(text), *_always(text), *_one_of_two(text)]:
        changed = text[:start] + instead + text[end:]
        if not _in_comment(text, start) and changed not in seen:
            seen.add(changed)
            yield changed


def difference(before: str, after: str) -> tuple[str, str]:
    """The words in which two texts differ, each with a few words on either side."""
    shorter = min(len(before), len(after))
    start = next((at for at in range(shorter) if before[at] != after[at]), shorter)
    behind = next((at for at in range(shorter - start) if before[-1 - at] != after[-1 - at]), shorter - start)
    return _around(before, start, len(before) - behind), _around(after, start, len(after) - behind)


def _swapped(text: str) -> Iterator[tuple[int, int, str]]:
    for pattern, instead in _SWAPS:
        for match in re.finditer(pattern, text):
            yield match.start(), match.end(), instead


def _always(text: str) -> Iterator[tuple[int, int, str]]:
    """Each side of each AND made true, of each OR made false, and each whole WHERE made true."""
    for match in _CONNECTIVE.finditer(text):
        holds = " OR true)" if match.group(1) == "AND" else " AND false)"
        for start, end in (_before(text, match.start()), _after(text, match.end())):
            if _is_whole(text[start:end]):
                yield start, end, f"({text[start:end].strip()}{holds}"
    for match in re.finditer(r"\bWHERE\s", text):
        start, end = _after(text, match.end())
        if _is_whole(text[start:end]):
            yield start, end, f"({text[start:end].strip()} OR true)"


def _one_of_two(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _FUNCTION_OF_TWO.finditer(text):
        for which in (1, 2):
            yield match.start(), match.end(), match.group(which)


def _after(text: str, start: int) -> tuple[int, int]:
    """The condition that begins at `start`: to the next connective, or to where the parenthesis around it closes."""
    depth = 0
    for position in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[position], 0)
        if depth < 0 or (depth == 0 and _CONDITION_ENDS.match(text, position)):
            return start, position
    return start, len(text)


def _before(text: str, end: int) -> tuple[int, int]:
    depth = 0
    for position in range(end - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(text[position], 0)
        if depth < 0:
            return position + 1, end
        begun = _CONDITION_BEGINS.match(text, position) if depth == 0 else None
        if begun and begun.end() <= end:
            return begun.end(), end
    return 0, end


def _is_whole(condition: str) -> bool:
    """Whether this is a condition by itself: parentheses closed, and no half of a string put together elsewhere."""
    depth = 0
    for letter in condition:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth < 0:
            return False
    said = condition.strip()
    return (
        depth == 0 and bool(said) and not said.upper().startswith(("SELECT", "UNION")) and said not in {"NOT", "NOT "}
    )


def _in_comment(text: str, position: int) -> bool:
    return "--" in text[text.rfind("\n", 0, position) + 1 : position]


def _around(text: str, start: int, end: int) -> str:
    """A place in the text with a few words on either side, in one line."""
    return " ".join(text[max(0, start - 40) : end + 40].split())
