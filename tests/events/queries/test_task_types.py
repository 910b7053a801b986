import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from codecard.lib.tenant import tenant
from events.models import PATH_CLASSES, Dimension, DimensionKind
from events.queries.task_types import suggestion_types
from events.task_types import TaskType
from teams.models import Organization

pytestmark = pytest.mark.django_db(transaction=True)


def test_rows_by_numbers_get_their_type_with_one_query(acme: Organization) -> None:
    with tenant(acme.id):
        ids = {
            name: Dimension.objects.create(organization=acme, kind=DimensionKind.LANGUAGE, value=name).id
            for name in ("SQL", "CSS", "Python")
        }
        with CaptureQueriesContext(connection) as asked:
            type_of = suggestion_types(acme)
            other = PATH_CLASSES["other"]
            found = [type_of(other, ids[name]) for name in ids]
            found += [type_of(PATH_CLASSES["view"], ids["CSS"]), type_of(other, 0), type_of(0, ids["SQL"])]
    assert found == [TaskType.DATA, TaskType.FRONT_END, TaskType.OTHER, TaskType.ENDPOINT, TaskType.OTHER, None]
    assert len(asked) == 1
