"""Faults in the specification of access: the views that say which right gives whom what, as they stand in the database."""

import re
from pathlib import Path

from tests.mutation import sql
from tests.mutation.python import Mutant

# The view that joins them all, and each view it joins: where its last wording stands.
VIEWS = {
    "cases/sql/access.sql": ("lead_rights",),
    "consent/sql/rights.sql": ("consent_rights", "consent_forum_rights", "disclosure_rights"),
    "consent/sql/glass.sql": ("break_glass_rights", "access_specification"),
}
# Said beside each view: a fault in the first query must not be refused for what its column is then called.
COLUMNS = "case_id, agency_id, user_id, parts, givers, received_only, reason, source_type, source_id, line, valid_from, valid_until"


def mutants(root: Path, file: str) -> list[Mutant]:
    """Every fault in this file's views, each with the statement that makes the view with it."""
    text = (root / file).read_text("utf-8")
    return [mutant for view in VIEWS[file] for mutant in _of_view(file, view, text)]


def _of_view(file: str, view: str, text: str) -> list[Mutant]:
    match = re.search(rf"CREATE (?:OR REPLACE )?VIEW samlos\.{view} AS\n(?P<query>.*?);\n", text, re.DOTALL)
    if match is None:
        raise LookupError(f"{file} makes no view {view}")
    line = text[: match.start("query")].count("\n") + 1
    return [
        Mutant(
            file,
            view,
            line,
            *sql.difference(match["query"], changed),
            statement=f"CREATE OR REPLACE VIEW samlos.{view} ({COLUMNS}) AS\n{changed}",
        )
        for changed in [*sql.faults(match["query"]), *_branch_left_out(match["query"])]
    ]


def _branch_left_out(query: str) -> list[str]:
    """One of the queries a UNION ALL joins forgotten, but not the first, which names the columns."""
    branches = query.split("UNION ALL")
    return ["UNION ALL".join(branches[:index] + branches[index + 1 :]) for index in range(1, len(branches))]
