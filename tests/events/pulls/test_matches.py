from hypothesis import given
from hypothesis import strategies as st

from events.pulls.matches import Confidence, Link, Method, Pull, Trace, best, landed_as, links_of

DAY = 86_400
A, B, C, D = (letter * 40 for letter in "abcd")


def _pull(number: int = 1, **told: object) -> Pull:
    return Pull(number)._replace(**told)  # type: ignore[arg-type]


def _trace(session: str = "s", at: int = 0, **told: object) -> Trace:
    return Trace(session, at)._replace(**told)  # type: ignore[arg-type]


def _found(trace: Trace, *pulls: Pull) -> list[tuple[int, Method]]:
    return [(link.number, link.method) for link in links_of([trace], pulls)]


def test_a_commit_of_the_pull_request_links_exactly_replaced_ones_and_the_merge_too() -> None:
    pull = _pull(shas=frozenset([A, B]), merge_sha=C)
    for sha in (A, B, C):
        assert _found(_trace(sha=sha), pull, _pull(2, shas=frozenset([D]))) == [(1, Method.CLIENT_SHA)]
    assert _found(_trace(sha=D), pull) == []
    assert _found(_trace(sha=A, is_note=True), pull) == [(1, Method.NOTE)]


def test_a_commit_of_stacked_pull_requests_links_to_each() -> None:
    stack = [_pull(1, shas=frozenset([A])), _pull(2, shas=frozenset([A, B]))]
    assert _found(_trace(sha=A), *stack) == [(1, Method.CLIENT_SHA), (2, Method.CLIENT_SHA)]


def test_a_session_that_the_pull_request_names_links_exactly() -> None:
    pull = _pull(sessions=frozenset(["s"]))
    assert links_of([_trace()], [pull]) == [Link("s", 1, Method.SESSION_MARK, None)]
    assert links_of([_trace("other")], [pull]) == []


def test_a_rewritten_commit_is_found_by_its_patch_unless_two_share_it() -> None:
    one, two = _pull(1, commit_patch_ids=frozenset(["p", "q"])), _pull(2, commit_patch_ids=frozenset(["q"]))
    assert _found(_trace(sha=D, patch_id="p"), one, two) == [(1, Method.PATCH_ID)]
    assert _found(_trace(sha=D, patch_id="q"), one, two) == []
    assert _found(_trace(sha=D, patch_id="w"), _pull(3, patch_id="w")) == [(3, Method.SQUASH_PATCH_ID)]


def test_a_rewritten_commit_goes_where_its_session_went_next() -> None:
    pulls = [_pull(1, shas=frozenset([A])), _pull(2, shas=frozenset([B]))]
    traces = [_trace(at=10, sha=A), _trace(at=20, sha=B)]
    for at, number in ((5, 1), (10, 1), (15, 2), (25, 2)):
        found = links_of([*traces, _trace(at=at, sha=D)], pulls)
        assert [link.number for link in found if link.sha == D] == [number]
        assert {link.method for link in found if link.sha == D} == {Method.SHARED_SESSION}
    assert [link for link in links_of([*traces, _trace("other", sha=D)], pulls) if link.sha == D] == []
    at_once = [_trace(at=10, sha=A), _trace(at=10, sha=B), _trace(at=5, sha=D)]
    assert [link for link in links_of(at_once, pulls) if link.sha == D] == []


def test_a_branch_links_only_its_author_and_in_time() -> None:
    pull = _pull(branch="page", author="alice", began_at=20 * DAY, merged_at=30 * DAY)
    on_branch = _trace(at=25 * DAY, branch="page", author="alice")
    assert _found(on_branch, pull) == [(1, Method.BRANCH)]
    assert _found(on_branch._replace(at=6 * DAY), pull) == [(1, Method.BRANCH)]
    for other in ({"author": "bob"}, {"author": None}, {"branch": "pages"}, {"at": 31 * DAY}, {"at": 5 * DAY}):
        assert _found(on_branch._replace(**other), pull) == []
    assert _found(on_branch._replace(author=None), pull._replace(author=None)) == []


def test_a_branch_that_was_used_again_means_the_one_merged_next() -> None:
    first = _pull(1, branch="dev", author="alice", began_at=0, merged_at=10 * DAY)
    again = _pull(2, branch="dev", author="alice", began_at=11 * DAY)
    assert _found(_trace(at=9 * DAY, branch="dev", author="alice"), again, first) == [(1, Method.BRANCH)]
    assert _found(_trace(at=12 * DAY, branch="dev", author="alice"), again, first) == [(2, Method.BRANCH)]


def test_files_in_common_only_suggest() -> None:
    pull = _pull(files=frozenset("abcde"), merged_at=9)
    links = links_of([_trace(files=frozenset("abcdx"), at=1)], [pull])
    assert [(link.method, link.is_suggested) for link in links] == [(Method.FILE_OVERLAP, True)]
    assert best(links) == {}
    assert links_of([_trace(files=frozenset("abcxy"), at=1)], [pull]) == []
    assert links_of([_trace(files=frozenset("abcde"), at=10)], [pull]) == []
    assert links_of([_trace()], [pull]) == []


def test_all_evidence_is_kept_and_the_best_counts() -> None:
    pull = _pull(
        shas=frozenset([A]), commit_patch_ids=frozenset(["p"]), sessions=frozenset(["s"]), files=frozenset("a")
    )
    links = links_of([_trace(sha=A, patch_id="p", files=frozenset("a"))], [pull])
    assert [link.method for link in links] == [Method.CLIENT_SHA, Method.SESSION_MARK, Method.PATCH_ID]
    assert best(links) == {("s", 1): Link("s", 1, Method.CLIENT_SHA, A)}


def test_each_method_has_its_confidence() -> None:
    exact, strong = Confidence.EXACT, Confidence.STRONG
    expected = [exact, exact, exact, strong, strong, strong, Confidence.MEDIUM, Confidence.SUGGESTED]
    assert [method.confidence for method in Method] == expected


def test_a_squash_is_known_by_the_patch_of_the_whole_pull_request() -> None:
    pulls = [_pull(1, patch_id="p"), _pull(2, patch_id="q"), _pull(3, patch_id="q"), _pull(4)]
    assert landed_as({A: "p", B: "q", C: "r"}, pulls) == {A: 1}


NAMES = st.sampled_from("abc")
SETS = st.frozensets(NAMES)
TIMES = st.integers(0, 9)
PULLS = st.lists(
    st.builds(Pull, st.integers(1, 4), SETS, NAMES, NAMES, SETS, SETS, NAMES, NAMES, TIMES, TIMES, SETS),
    max_size=4,
    unique_by=lambda pull: pull.number,
)
TRACES = st.lists(st.builds(Trace, NAMES, st.integers(0, 9), NAMES, NAMES, NAMES, NAMES, SETS), max_size=6)


@given(TRACES, PULLS, st.randoms())
def test_the_order_in_which_things_are_told_changes_nothing(
    traces: list[Trace], pulls: list[Pull], chance: object
) -> None:
    links = links_of(traces, pulls)
    assert links_of(traces[::-1] + traces, pulls[::-1]) == links
    assert all(not link.is_suggested for link in best(links).values())
