"""Who may open which pull requests, and the list of them."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from codecard.lib.tenant import tenant
from events.models import Dimension, DimensionKind, PullRequest, RepositoryName
from events.queries import pull_requests as queries
from events.queries.pull_requests import PullFilter, Reach, page_of, pull_request_at, reach_of
from teams.models import Contributor, Organization, Role, Team, User
from teams.permissions import PERMISSIONS
from tests.events.dashboards._pulls import traced
from tests.factories import NOW, make_user, person
from tests.pull_requests import make_author, make_pull_request, make_repository

pytestmark = pytest.mark.django_db(transaction=True)
EVERYTHING = Reach(None, frozenset())


@pytest.fixture
def inside(acme: Organization) -> Iterator[None]:
    with tenant(acme.id):
        yield


@pytest.mark.usefixtures("payments", "inside")
def test_developers_reach_their_own_leads_their_teams_admins_all(
    acme: Organization, alice: User, bob: User, owner: User
) -> None:
    repository, outsider = make_repository(acme), make_author(acme)
    opened = {
        "bob": make_pull_request(repository, author=make_author(acme, bob)),
        "alice": make_pull_request(repository, author=make_author(acme, alice)),
        "outsider": make_pull_request(repository, author=outsider),
        "nobody": make_pull_request(repository, author=None),
    }

    def reached(user: User, role: Role) -> set[str]:
        reach = reach_of(acme, user, PERMISSIONS[role])
        found = set(reach.of(PullRequest.objects.filter(organization=acme)).values_list("id", flat=True))
        assert found == {pull.id for pull in opened.values() if reach.holds(pull.author_id)}
        return {name for name, pull in opened.items() if pull.id in found}

    assert reached(bob, Role.DEVELOPER) == {"bob"}
    assert reached(alice, Role.LEAD) == {"alice", "bob"}
    assert reached(owner, Role.OWNER) == set(opened)
    assert reached(make_user(), Role.DEVELOPER) == set()


@pytest.mark.usefixtures("inside")
def test_a_pull_request_follows_its_name_to_another_person(acme: Organization, bob: User, alice: User) -> None:
    author = make_author(acme, bob)
    make_pull_request(make_repository(acme), author=author)
    author.contributor = person(acme, alice)
    author.save()
    assert not reach_of(acme, bob, PERMISSIONS[Role.DEVELOPER]).holds(author.id)
    assert reach_of(acme, alice, PERMISSIONS[Role.DEVELOPER]).holds(author.id)


@pytest.mark.usefixtures("inside")
def test_each_filter_leaves_what_it_says(acme: Organization, bob: User, payments: Team) -> None:
    one, other, author = make_repository(acme), make_repository(acme), make_author(acme, bob)
    wanted = make_pull_request(
        one, author=author, state="closed", ai_class="ai", size=2, change_class="small_patch", task_type="test"
    )
    rest = make_pull_request(other, opened_at=NOW - timedelta(days=40))
    traced(wanted, rest, NOW, tier="probable")
    people = frozenset(Contributor.objects.filter(user=bob).values_list("id", flat=True))
    reach = Reach(None, frozenset([author.id]))
    for fields in (
        {"is_mine": True}, {"people": people}, {"repository_id": one.id}, {"state": "closed"}, {"ai_class": "ai"},
        {"task_type": "test"}, {"size": 2}, {"change_class": "small_patch"}, {"defect": "escaped"},
        {"defect": "probable"}, {"opened": (NOW - timedelta(days=1), None)},
    ):  # fmt: skip
        found = page_of(acme, reach, PullFilter(**fields), 1)
        assert [row.pull_request.id for row in found.rows] == [wanted.id], fields
    assert [row.pull_request for row in page_of(acme, reach, PullFilter(defect="none"), 1).rows] == [rest]
    assert page_of(acme, reach, PullFilter(defect="confirmed"), 1).rows == []
    assert page_of(acme, reach, PullFilter(people=frozenset()), 1).total == 0


@pytest.mark.usefixtures("inside")
def test_pages_follow_each_other_newest_first_and_count_as_far_as_counting_goes(
    acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "PAGE", 2)
    monkeypatch.setattr(queries, "MOST_COUNTED", 4)
    repository = make_repository(acme)
    pulls = [make_pull_request(repository, opened_at=NOW - timedelta(hours=n)) for n in range(4)]
    pages = [page_of(acme, EVERYTHING, PullFilter(), number) for number in (1, 2, 3)]
    assert [[row.pull_request for row in page.rows] for page in pages] == [pulls[:2], pulls[2:], []]
    assert [(page.total, page.has_next) for page in pages] == [(4, True), (4, False), (None, False)]
    pulls += [make_pull_request(repository, opened_at=NOW - timedelta(days=1, hours=n)) for n in range(3)]
    pages = [page_of(acme, EVERYTHING, PullFilter(), number) for number in (1, 2, 3, 4)]
    assert [[row.pull_request for row in page.rows] for page in pages] == [pulls[:2], pulls[2:4], pulls[4:6], pulls[6:]]
    assert [(page.total, page.has_next) for page in pages] == [(None, True)] * 3 + [(None, False)]


@pytest.mark.usefixtures("inside")
def test_what_a_person_rejected_is_no_defect_of_a_row(acme: Organization) -> None:
    repository = make_repository(acme)
    pull, fix = make_pull_request(repository), make_pull_request(repository, opened_at=NOW - timedelta(days=9))
    for number, fields in enumerate(
        ({"tier": "possible"}, {"tier": "confirmed"}, {"tier": "confirmed", "decision": "rejected"})
    ):
        traced(pull, make_pull_request(repository, opened_at=NOW - timedelta(days=30 + number)), NOW, **fields)
    row = page_of(acme, EVERYTHING, PullFilter(), 1).rows[0]
    assert [link.tier for link in row.defects] == ["confirmed", "possible"]
    assert fix.id != row.pull_request.id


@pytest.mark.usefixtures("inside")
def test_a_pull_request_is_found_by_every_name_of_its_repository(acme: Organization) -> None:
    repository = make_repository(acme, "acme/new-name")
    pull = make_pull_request(repository, 7)
    old = Dimension.objects.create(organization=acme, kind=DimensionKind.REPOSITORY, value="github.com/acme/old-name")
    RepositoryName.objects.create(organization=acme, repository=repository, dimension_id=old.id)
    assert pull_request_at(acme, "acme/new-name", 7) == pull
    assert pull_request_at(acme, "Acme/Old-Name", 7) == pull
    assert pull_request_at(acme, "acme/new-name", 8) is None
    assert pull_request_at(acme, "acme/never", 7) is None
