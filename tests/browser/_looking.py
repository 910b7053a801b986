"""What is wrong with a page that a browser has open: it overflows, the console complains, or axe finds something.

Each page is loaded once and looked at in two windows and both themes.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.browser._chromium import Page

VENDOR = Path(__file__).parent / "vendor"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
# A theme changes colours and nothing else: what a page is made of is looked at once.
OF_COLOURS = ["color-contrast", "link-in-text-block"]
# A moment first, for scripts that wait for the page as well; and no colour on its way to another.
LOOK = """new Promise(go => setTimeout(go, 50))
    .then(() => document.getAnimations().forEach(one => one.finish()))
    .then(() => axe.run(document, {{runOnly: {rules}, resultTypes: ["violations"]}}))
    .then(found => found.violations.flatMap(rule => rule.nodes.map(
        node => `${{rule.id}}: ${{node.html.slice(0, 160)}} ${{node.failureSummary.slice(0, 200)}}`
    )))"""
# What axe leaves to taste.
ONCE = """(() => {
    const ids = [...document.querySelectorAll("[id]")].map(e => e.id);
    return [
        ...ids.filter((id, i) => ids.indexOf(id) !== i).map(id => "twice: #" + id),
        ...(document.querySelectorAll("h1").length === 1 ? [] : ["not one h1"]),
    ];
})()"""
REFUSED = ("/o/nobody/", "/join/x/")
"""Their answer is a 404, which the console tells."""


def faults(page: Page, urls: Iterable[str], *, is_fitting: bool = True) -> list[str]:
    """:param is_fitting: whether a page must be as wide as its window"""
    # From the debugger's side, whose scripts no policy of the page concerns.
    page.call("Page.addScriptToEvaluateOnNewDocument", source=(VENDOR / "axe.min.js").read_text())
    found = []
    for url in urls:
        page.look(width=1440, dark=False)
        page.open(url)
        found += [f"{url} {fault}" for fault in _faults_of(page, url, is_fitting)]
    return found


def _faults_of(page: Page, url: str, is_fitting: bool) -> Iterator[str]:
    is_refused = url.endswith(REFUSED)
    yield from (text for text in page.complaints() if not (is_refused and "404" in text))
    yield from page.evaluate(LOOK.format(rules=TAGS))
    if is_fitting:
        yield from page.evaluate(ONCE)
        yield from _overflow(page)
    page.look(width=390, height=844, dark=True)
    if is_fitting:
        yield from _overflow(page)
    yield from page.evaluate(LOOK.format(rules=OF_COLOURS))
    # axe itself reads sheets and images again, of which a strict policy complains.
    page.complaints()


def _overflow(page: Page) -> Iterator[str]:
    if page.overflow:
        yield f"{page.overflow} px wider than its window"
