"""JUnit XML as real tools write it, and as nobody should."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.sources import _ci_junit
from events.sources._base import Unreadable
from events.sources._ci_junit import Counts, parse

PYTEST = """<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest" errors="1"
failures="1" skipped="1" tests="5" time="1.234" timestamp="2026-11-23T09:12:44" hostname="runner">
<testcase classname="tests.test_cart" name="test_adds" time="0.010" /><testcase classname="tests.test_cart"
name="test_takes[a&amp;b]" time="0.200"><failure message="assert 1 == 2">def test(): ...</failure></testcase>
<testcase classname="tests.test_cart" name="test_later" time="0.000"><skipped type="pytest.skip" message="later">x
</skipped></testcase><testcase classname="" name="tests.test_broken" time="0.000"><error message="collection failure">
ImportError</error></testcase><testcase classname="tests.test_cart" name="test_shows" time="0.024"><system-out>
&lt;b&gt;</system-out></testcase></testsuite></testsuites>"""
SUREFIRE = """<?xml version="1.0" encoding="UTF-8"?>
<testsuite xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" version="3.0" name="CartTest" time="1,002.5" tests="3"
 errors="0" skipped="0" failures="1"><properties><property name="java.version" value="21"/></properties>
<testcase name="adds" classname="CartTest" time="1,000"/><testcase name="flaky" classname="CartTest" time="2">
<flakyFailure message="x" type="java.lang.AssertionError"><stackTrace/></flakyFailure></testcase>
<testcase name="fails" classname="CartTest" time="0.5"><failure type="x"/><rerunFailure type="x"/></testcase>
</testsuite>"""
GRADLE = """<?xml version="1.0" encoding="UTF-8"?><testsuite name="shop.CartTest" tests="2" skipped="1" failures="0"
 errors="0" timestamp="2026-11-23T09:12:44" hostname="h" time="0.05"><properties/><testcase name="adds()" time="0.05"
 classname="shop.CartTest"/><testcase name="later()" classname="shop.CartTest" time="0.0"><skipped/></testcase>
<system-out><![CDATA[<testcase/> is no case]]></system-out><system-err><![CDATA[]]></system-err></testsuite>"""
JEST = """<?xml version="1.0" encoding="UTF-8"?><testsuites name="jest tests" tests="3" failures="1" errors="0"
 time="2"><testsuite name="cart" errors="0" failures="1" skipped="0" tests="2" time="0.9"><testcase name="a"
 time="0.4"/><testcase classname="cart takes" name="b" time="0.5"><failure>Error</failure></testcase></testsuite>
<testsuite name="broken suite" errors="1" failures="0" skipped="0" tests="0" time="0"/></testsuites>"""
GO = """<testsuites tests="3" failures="0" errors="0" time="0.3"><testsuite name="shop/cart" tests="3" failures="0"
 errors="0" id="0" time="0.300"><properties><property name="go.version" value="1.25"></property></properties>
<testcase name="TestAdds" classname="shop/cart" time="0.100"></testcase><testcase name="TestTakes" time="0.200"/>
<testcase name="TestLater" classname="shop/cart" time="0"><skipped message="short"></skipped></testcase></testsuite>
</testsuites>"""
PHPUNIT = """<?xml version="1.0" encoding="UTF-8"?><testsuites><testsuite name="all" tests="3" assertions="4" errors="1"
 failures="0" skipped="0" time="0.6"><testsuite name="CartTest" file="/app/tests/CartTest.php" tests="3" errors="1"
 failures="0" skipped="0" time="0.6"><testsuite name="CartTest::adds" tests="2" errors="0" failures="0" time="0.4">
<testcase name="adds #0" time="0.2"/><testcase name="adds #1" time="0.2"/></testsuite><testcase name="breaks"
 time="0.2"><error type="Error">Error</error></testcase></testsuite></testsuite></testsuites>"""
ONLY_COUNTS = '<testsuites><testsuite tests="9" failures="2" errors="1" skipped="3" time="4.5"/></testsuites>'
REAL = {
    "pytest": (PYTEST, Counts(2, 1, 1, 1, 0.234)),
    "surefire": (SUREFIRE, Counts(1, 2, 0, 0, 1002.5)),
    "gradle": (GRADLE, Counts(1, 0, 0, 1, 0.05)),
    "jest-junit, a suite of which couldn't be loaded": (JEST, Counts(1, 1, 1, 0, 0.9)),
    "go-junit-report": (GO, Counts(2, 0, 0, 1, 0.3)),
    "phpunit, suites in suites": (PHPUNIT, Counts(2, 0, 1, 0, 0.6)),
    "counts without cases": (ONLY_COUNTS, Counts(3, 2, 1, 3, 4.5)),
    "no tests": ('<testsuites tests="0"/>', Counts()),
    "two reports in one body": (PYTEST + "\n" + GRADLE, Counts(3, 1, 1, 2, 0.284)),
}


@pytest.mark.parametrize(("body", "counts"), REAL.values(), ids=REAL)
def test_reads_what_tools_write(body: str, counts: Counts) -> None:
    assert parse(body.encode()) == counts


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1"])
def test_reads_other_encodings(encoding: str) -> None:
    body = PYTEST.replace("utf-8", encoding.removesuffix("-sig")).replace("test_adds", "zählt")
    assert parse(body.encode(encoding)) == REAL["pytest"][1]


def test_a_byte_order_mark_may_stand_before_each_report() -> None:
    assert parse(2 * GRADLE.encode("utf-8-sig")) == Counts(2, 0, 0, 2, 0.1)


_BOMB = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10 if i else "lol"}">' for i in range(10))
REFUSED = {
    "nothing": b" \n",
    "no XML": b"ok: 12 passed",
    "JSON": b'{"tests": 3}',
    "HTML": b"<html><body/></html>",
    "cut off": PYTEST[:400].encode(),
    "an entity bomb": f"<!DOCTYPE t [{_BOMB}]><testsuite><testcase name='&e9;'/></testsuite>".encode(),
    "a quadratic bomb": f'<!DOCTYPE t [<!ENTITY a "{"x" * 9999}">]><testsuite name="{"&a;" * 999}"/>'.encode(),
    "an external entity": b'<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]><testsuite>&x;</testsuite>',
    "a document type elsewhere": b'<!DOCTYPE t SYSTEM "http://example.com/t.dtd"><testsuite/>',
    "a document type in the second report": b"<testsuite/><!DOCTYPE t []><testsuite/>",
    "an entity that nobody declared": b"<testsuite>&nbsp;</testsuite>",
    "deep": b"<testsuite>" * 65 + b"</testsuite>" * 65,
    "an encoding that isn't one": b'<?xml version="1.0" encoding="rot13"?><testsuite/>',
    "bytes in another encoding than they say": b"<testsuite name='z\xe4hlt'/>",
    "text after the end": b"<testsuite/> passed",
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_refuses_what_no_report_needs(body: bytes) -> None:
    with pytest.raises(Unreadable):
        parse(body)


def test_refuses_more_than_it_would_ever_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_ci_junit, "MOST_ELEMENTS", 10)
    monkeypatch.setattr(_ci_junit, "MOST_DOCUMENTS", 10)
    parse(b"<testsuite>" + b"<testcase/>" * 9 + b"</testsuite>")
    for body in (b"<testsuite>" + b"<testcase/>" * 10 + b"</testsuite>", b"<testsuite/>" * 11):
        with pytest.raises(Unreadable, match="send one report a job"):
            parse(body)


@pytest.mark.parametrize("told", ["-5", "1e9", "99999999999", "٣", "NaN", ""])
def test_counts_that_are_none_count_as_nothing(told: str) -> None:
    assert parse(f'<testsuite tests="{told}" failures="{told}" time="{told}"/>'.encode()).ran == 0


@pytest.mark.parametrize(("told", "seconds"), [("inf", 0.0), ("nan", 0.0), ("-1", 0.0), ("1e300", 1e7), ("x", 0.0)])
def test_times_that_are_none_count_as_nothing(told: str, seconds: float) -> None:
    assert parse(f'<testsuite><testcase time="{told}"/></testsuite>'.encode()).seconds == seconds


@given(st.binary(max_size=200) | st.text(alphabet="<>/&;!?[]\"'= aestuicyx-", max_size=80).map(str.encode))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    for one in (body, b"<testsuite>" + body + b"</testsuite>"):
        with suppress(Unreadable):
            assert min(parse(one)) >= 0
