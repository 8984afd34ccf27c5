"""The reference as its readers meet it: opened from the disk, searched, read in the dark and on a telephone.

`make docs` makes it.
"""

import pytest

from tests.browser.server import ROOT

SITE = ROOT / "build" / "site"
PAGES = (
    "index.html",
    "reference/torch.tanh.html",
    "reference/torch.conv2d.html",
    "reference/torch.nn.LSTM.html",
    "reference/area/torch.html",
    "lessons/04_cnn.html",
    "exercises/ch05_rnn.html",
)


@pytest.fixture
def page(browser):
    """A page that notes what it complains of, and whom it asks."""
    assert (SITE / "index.html").exists(), "there is no site yet: make docs"
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.complaints = []
    page.on("console", lambda m: m.type in ("error", "warning") and page.complaints.append(m.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("request", lambda r: r.url.startswith("http") and page.complaints.append(r.url))
    yield page
    context.close()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("conv2d", "reference/torch.conv2d.html"),
        ("bptt", "exercises/ch05_rnn.html"),
        ("LSTM", "reference/torch.nn.LSTM.html"),
    ],
)
def test_search_finds(page, words, found):
    page.goto(f"{SITE.as_uri()}/index.html")
    page.fill("input[name=q]", words)
    page.press("input[name=q]", "Enter")
    page.wait_for_selector("#search-results li a")
    page.wait_for_function("() => /finished|found/i.test(document.querySelector('#search-results').textContent)")
    links = page.eval_on_selector_all("#search-results li a", "all => all.map(a => a.href)")
    assert any(found in link for link in links[:10])
    assert page.complaints == []


@pytest.mark.parametrize("path", PAGES)
def test_page_asks_nobody_and_fits_a_telephone(page, path):
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{SITE.as_uri()}/{path}")
    page.wait_for_load_state("networkidle")
    assert page.complaints == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_formulas_are_set(page):
    page.goto(f"{SITE.as_uri()}/reference/torch.tanh.html")
    fraction = page.locator(".formulas mfrac").first.bounding_box()
    line = page.locator(".formulas mfrac > *").first.bounding_box()
    assert fraction["height"] > 1.5 * line["height"]  # one above the other


def test_source_unfolds_and_leads_to_its_line(page):
    page.goto(f"{SITE.as_uri()}/reference/torch.tanh.html")
    page.click("details.source summary")
    assert "tanh.grad(" in page.inner_text("details.source")
    page.click("details.source .place a")
    page.wait_for_url("**/source/edutorch/ops/exponential.html#line-*")
    line = page.url.rpartition("#")[2]
    assert page.locator(f"#{line}").count() == 1
    assert page.complaints == []
