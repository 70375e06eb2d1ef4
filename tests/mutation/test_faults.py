"""The faults themselves: each changes something, can be loaded, and can be taken out again."""

import ast
import types

from tests.databases import ROOT
from tests.mutation import patching, python, specification, sql
from tests.mutation.trace import PYTHON, module_of, tree_of

RULE = """
LIMIT = 3

def may(actor, asked: int) -> bool:
    if actor.has_role("a", "b") and asked < LIMIT:
        return not actor.closed
    return False
"""


def loaded(source: str) -> types.ModuleType:
    module = types.ModuleType("rule_under_test")
    module.__file__ = "rule.py"
    exec(compile(source, "rule_under_test", "exec"), module.__dict__)  # noqa: S102 (our own words)
    return module


# A module that asks one question has fewer faults than one of many rules.
ONE_QUESTION = {"cases/models/found.py": 12}


def test_a_fault_of_each_mutated_module_is_another_program_that_can_be_loaded() -> None:
    for file in PYTHON:
        source = tree_of(file)
        faults = python.mutants(file, ast.unparse(source), module_of(file))
        assert len({fault.id for fault in faults}) == len(faults) > ONE_QUESTION.get(file, 40), file
        for fault in faults[::40]:
            changed = fault.tree(source)
            assert ast.unparse(changed) != ast.unparse(source), fault
            compile(changed, file, "exec")


def test_a_small_rule_gets_the_faults_a_hurried_hand_makes() -> None:
    said = {(fault.before, fault.after) for fault in python.mutants("rule.py", RULE, loaded(RULE))}

    assert ("asked < LIMIT", "asked <= LIMIT") in said
    assert ("not actor.closed", "actor.closed") in said
    assert ("actor.has_role('a', 'b')", "actor.has_role('a')") in said
    assert ("3", "4") in said
    assert ("return False", "return True") in said
    assert any(after == "actor.has_role('a', 'b') or asked < LIMIT" for _before, after in said)


def test_a_fault_put_in_reaches_those_who_imported_the_function_and_can_be_taken_out() -> None:
    module = loaded(RULE)
    imported = module.may
    actor = types.SimpleNamespace(has_role=lambda *roles: True, closed=False)
    assert imported(actor, 2) and not imported(actor, 3)

    fault = next(one for one in python.mutants("rule.py", RULE, module) if (one.before, one.after) == ("3", "4"))
    patching.put_in(module, fault.tree(ast.parse(RULE)))
    assert imported(actor, 3)

    patching.put_in(module, ast.parse(RULE))
    assert not imported(actor, 3)


def test_a_module_that_tells_tells_the_lines_it_runs() -> None:
    module = loaded(RULE)
    seen: list[int] = []
    patching.watch(module, ast.parse(RULE), seen.append)

    module.may(types.SimpleNamespace(has_role=lambda *roles: False), 1)

    assert seen == [5, 7]


def test_a_condition_in_sql_is_moved_to_its_boundary_swapped_and_made_to_hold_always() -> None:
    changed = set(sql.faults("SELECT 1 FROM a WHERE a.valid_from <= now() AND (a.x IS NULL OR a.x = 1) -- a = b"))

    assert "SELECT 1 FROM a WHERE a.valid_from < now() AND (a.x IS NULL OR a.x = 1) -- a = b" in changed
    assert "SELECT 1 FROM a WHERE (a.valid_from <= now() OR true) AND (a.x IS NULL OR a.x = 1) -- a = b" in changed
    assert "SELECT 1 FROM a WHERE a.valid_from <= now() AND (a.x IS NULL OR (a.x = 1 AND false)) -- a = b" in changed
    assert not any("<> b" in text for text in changed), "comments are no code"


def test_every_view_of_the_specification_is_mutated() -> None:
    for file, views in specification.VIEWS.items():
        found = {fault.function for fault in specification.mutants(ROOT, file)}
        assert found == set(views)
