from django.contrib.auth import get_user_model
from django.db import router

from codecard.routers import is_operator


def test_the_application_is_the_default_and_the_admin_the_operator() -> None:
    model = get_user_model()
    assert (router.db_for_read(model), router.db_for_write(model)) == ("default", "default")
    token = is_operator.set(True)
    try:
        assert (router.db_for_read(model), router.db_for_write(model)) == ("operator", "operator")
    finally:
        is_operator.reset(token)


def test_what_was_loaded_under_one_role_may_point_to_what_was_loaded_under_another() -> None:
    one, other = get_user_model()(), get_user_model()()
    one._state.db, other._state.db = "default", "operator"
    assert router.allow_relation(one, other)


def test_only_the_owner_migrates() -> None:
    model = get_user_model()
    assert [db for db in ("default", "owner", "operator") if router.allow_migrate_model(db, model)] == ["owner"]
