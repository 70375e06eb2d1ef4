"""docker-compose.yml says what the settings read, no more and no less."""

import copy

import pytest

from config import compose


@pytest.fixture
def document():
    return copy.deepcopy(compose.compose())


def test_the_file_follows_the_specification_and_the_settings(document):
    assert list(compose.schema_errors(document)) == []
    assert list(compose.variable_errors(document)) == []


def test_a_key_the_specification_does_not_know_is_found(document):
    document["services"]["web"]["comand"] = "gunicorn"

    assert any("services/web" in error and "comand" in error for error in compose.schema_errors(document))


def test_a_variable_nobody_reads_is_found(document):
    document["services"]["worker"]["environment"]["SAMLOS_COLOUR"] = "green"

    assert any("given SAMLOS_COLOUR, which nothing reads" in error for error in compose.variable_errors(document))


def test_a_required_variable_that_is_not_set_is_found(document):
    del document["services"]["beat"]["environment"]["BLIND_INDEX_KEY"]

    assert any("beat is not given BLIND_INDEX_KEY" in error for error in compose.variable_errors(document))


def test_only_the_jobs_that_migrate_and_purge_know_the_owner(document):
    knowing = {
        name for name, service in document["services"].items() if "DATABASE_OWNER_URL" in service.get("environment", {})
    }

    assert knowing == {"migrate", "purge"}


def test_an_operator_who_forgets_a_secret_is_stopped(document):
    with pytest.raises(KeyError):
        compose.environment(document, "web", {})


def test_secrets_have_no_default(document):
    for service in compose.APPLICATION:
        for name, value in document["services"][service]["environment"].items():
            if any(word in name for word in ("SECRET", "KEYS", "KEY")):
                assert ":?" in value
