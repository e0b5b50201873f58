"""
The page in headless Chromium, as a person uses it: mouse, keys, a phone, the dark, paper, a screen reader's rules.

Skipped, with the reason, where there is no Chromium or Playwright; `.ci/run` installs both.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from conformance.contract.loading import load_contract
from conformance.reporting.page import draw_page
from conformance.results.outcome import Target
from tests.reporting.pages import HOSTILE, hostile_result
from tests.reporting.results import AIGPTIMAGE, GPTIMAGE2API, creation, result_of, with_verdicts

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

CHROMIUM = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
    pytest.mark.xdist_group("browser"),
]

VIOLATED = "aigptimage.create.input.prompt.maxLength"
VERDICTS = ("conforms", "violates", "inconclusive", "untested")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The addresses of a page about three vendors, one of them observed, and of one about a hostile server."""
    folder = tmp_path_factory.mktemp("pages")
    contracts = [load_contract(name) for name in (AIGPTIMAGE, GPTIMAGE2API, "toapis")]
    live = Target(kind="live", base_url="https://aigptimage.com", loopback=False)
    seen = hostile_result(live)
    simulated = with_verdicts(result_of(GPTIMAGE2API, exchanges=[creation()]), VERDICTS)
    drawn = {
        "three": draw_page(contracts, [seen, simulated]),
        "hostile": draw_page([seen.contract], [seen]),
    }
    for name, text in drawn.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: (folder / f"{name}.html").as_uri() for name in drawn}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as player:
        chromium = player.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield chromium
        chromium.close()


@contextmanager
def opened(browser: Any, address: str, **options: Any) -> Iterator[Any]:
    """The page, which must not complain on the console, and asks for nothing but itself."""
    context = browser.new_context(**options)
    page = context.new_page()
    page.set_default_timeout(5_000)
    told: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    context.route("**/*", lambda route: (asked.append(route.request.url), route.continue_()))
    page.goto(address)
    page.wait_for_selector("html[data-ready]")
    yield page
    assert told == []
    assert {url.partition("#")[0] for url in asked} == {address.partition("#")[0]}
    context.close()


@pytest.fixture
def three(browser: Any, pages: dict[str, str]) -> Iterator[Any]:
    with opened(browser, pages["three"], viewport={"width": 1280, "height": 900}) as page:
        yield page


# --- finding ---


def test_a_word_leaves_the_questions_that_it_stands_in(three: Any) -> None:
    three.get_by_label("Find").fill("idempotency")
    shown = three.locator("tr.asked:visible")
    assert 0 < shown.count() < 8
    assert "of" in three.locator("#said").inner_text()
    three.get_by_label("Find").fill("")
    assert three.locator("tr.asked:not([hidden])").count() == three.locator("tr.asked").count()


def test_rows_that_are_the_same_for_all_can_be_left_out(three: Any) -> None:
    every = three.locator("tr.asked:not([hidden])").count()
    three.get_by_label("only where they differ").check()
    assert 0 < three.locator("tr.asked:not([hidden])").count() < every


def test_vendors_can_be_hidden_and_put_in_order(three: Any) -> None:
    three.get_by_label("Order vendors by").select_option("open")
    heads = three.locator("#row-models").locator("xpath=ancestor::table").locator("thead th")
    order = [name for name in heads.all_inner_texts() if name != "Question"]
    assert order == [GPTIMAGE2API, AIGPTIMAGE, "toapis"]
    cells = three.locator("#row-models td").evaluate_all("all => all.map(e => e.dataset.vendor)")
    assert cells == order
    three.locator("details.pick summary").click()
    three.locator(".shown[value=toapis]").uncheck()
    assert three.locator("[data-vendor=toapis]:visible").count() == 0


def test_what_is_simulated_can_be_left_out(three: Any) -> None:
    assert three.locator(".truth.simulated:visible").count() > 0
    three.locator("#truth-simulated").uncheck()
    assert three.locator(".truth.simulated:visible").count() == 0
    assert three.locator(".truth.observed:visible").count() > 0


def test_clauses_are_filtered_and_sorted_and_a_tally_lists_its_own(three: Any) -> None:
    three.locator("#c-vendor").select_option(GPTIMAGE2API)
    three.locator("#c-verdict").select_option("violates")
    ids = three.locator("#c-list code").all_inner_texts()
    assert ids
    assert all(name.startswith(f"{GPTIMAGE2API}.") for name in ids)
    three.locator("#c-sort").select_option("id")
    ids = three.locator("#c-list code").all_inner_texts()
    assert ids == sorted(ids)
    tally = three.locator(f"button.tally[data-vendor-of={AIGPTIMAGE}][data-kind=auth]")
    tally.click()
    assert three.locator("#c-kind").input_value() == "auth"
    assert f"{tally.get_attribute('data-all')} of" in three.locator("#c-said").inner_text()


# --- links and keys ---


def test_a_permanent_link_opens_its_clause_with_the_evidence(
    browser: Any, pages: dict[str, str]
) -> None:
    with opened(browser, f"{pages['three']}#{VIOLATED}") as page:
        panel = page.get_by_role("dialog", name=VIOLATED)
        assert panel.is_visible()
        text = panel.inner_text()
        assert "observed" in text
        assert "violates" in text
        page.locator("#panel details summary").first.click()
        again = page.locator("#panel h4:has-text('Send it again') + pre").first
        assert again.inner_text().startswith("curl ")
        links = panel.locator("a[target=_blank]")
        assert links.first.get_attribute("rel") == "noopener noreferrer"
        page.keyboard.press("Escape")
        assert not panel.is_visible()
        assert "#" not in page.url


def test_a_link_to_a_row_opens_what_it_is_folded_into(browser: Any, pages: dict[str, str]) -> None:
    with opened(browser, f"{pages['three']}#row-error-body") as page:
        assert page.locator("#row-error-body").is_visible()
        box = page.locator("#row-error-body").bounding_box()
        assert 0 <= box["y"] < 900


def test_every_cell_opens_and_closes_by_key_and_gives_the_focus_back(three: Any) -> None:
    why = three.locator("#row-models .why").first
    why.focus()
    three.keyboard.press("Enter")
    panel = three.get_by_role("dialog")
    assert panel.is_visible()
    assert panel.evaluate("panel => panel.contains(document.activeElement)")
    fold = panel.locator("summary").first
    fold.focus()
    three.keyboard.press("Space")
    assert panel.locator("details[open]").count() == 1
    for _ in range(40):
        three.keyboard.press("Tab")
        inside = "() => document.activeElement === document.body || document.querySelector('#panel').contains(document.activeElement)"
        assert three.evaluate(inside)
    three.keyboard.press("Escape")
    assert not panel.is_visible()
    assert why.evaluate("why => why === document.activeElement")
    three.keyboard.press("Space")
    assert panel.is_visible()


def test_the_first_tab_skips_to_the_comparison_and_order_follows_the_page(three: Any) -> None:
    three.keyboard.press("Tab")
    assert three.evaluate("() => document.activeElement.className") == "skip"
    for _ in range(12):
        three.evaluate("() => { window.last = document.activeElement; }")
        three.keyboard.press("Tab")
        after = "() => last.compareDocumentPosition(document.activeElement) & Node.DOCUMENT_POSITION_FOLLOWING"
        assert three.evaluate(after)
    three.keyboard.press("Shift+Tab")
    three.locator(".skip").focus()
    three.keyboard.press("Enter")
    assert three.evaluate("() => document.activeElement.id") == "main"


def test_moving_names_what_is_lost_and_can_be_swapped(three: Any) -> None:
    three.locator("#m-from").select_option("toapis")
    three.locator("#m-to").select_option(AIGPTIMAGE)
    text = three.locator("#m-out").inner_text()
    assert "callback_url" in text
    assert "lost" in text
    three.get_by_role("button", name="Swap").click()
    assert three.locator("#m-from").input_value() == AIGPTIMAGE
    assert three.locator("#m-out").inner_text() != text


# --- every screen, paper, and everybody ---


def test_it_fits_every_screen_in_the_light_and_in_the_dark(
    browser: Any, pages: dict[str, str]
) -> None:
    with opened(browser, pages["three"], viewport={"width": 360, "height": 800}) as page:
        assert page.locator("details.group[open]").count() == 0  # no wall of text on a phone
        page.evaluate(
            "() => document.querySelectorAll('details').forEach(fold => fold.open = true)"
        )
        for width in (360, 820, 1440):
            page.set_viewport_size({"width": width, "height": 800})
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                assert page.evaluate("() => document.documentElement.scrollWidth") == width
                paper = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
                assert (sum(map(int, paper[4:-1].split(","))) < 200) is (scheme == "dark")


def test_it_prints_with_everything_open_and_nothing_that_only_a_screen_needs(three: Any) -> None:
    three.emulate_media(media="print", color_scheme="dark")
    three.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    assert three.locator("#row-error-body").is_visible()
    assert three.locator("nav, .filters, .why, dialog").locator("visible=true").count() == 0
    ink = three.evaluate("() => getComputedStyle(document.body).color")
    assert ink == "rgb(0, 0, 0)"
    assert three.evaluate("() => document.documentElement.scrollWidth") <= 1280


def test_axe_finds_nothing_serious(three: Any) -> None:
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe is not installed"
    )
    assert serious(axe, three, "light") == []
    three.emulate_media(color_scheme="dark")
    assert serious(axe, three, "dark") == []
    three.locator("#row-models .why").first.click()
    three.locator("#panel summary").first.click()
    for scheme in ("dark", "light"):
        three.emulate_media(color_scheme=scheme)
        assert serious(axe, three, scheme, within="#panel") == []


def serious(
    axe: Any, page: Any, scheme: str, *, within: str | None = None
) -> list[tuple[str, str]]:
    """What axe calls serious or worse; in the dark only colours can differ."""
    told: dict[str, Any] = {"resultTypes": ["violations"]}
    if scheme == "dark":
        told["runOnly"] = ["color-contrast"]
    found = axe.Axe().run(page, within, told).response["violations"]
    return [
        (each["id"], each["nodes"][0]["html"][:200])
        for each in found
        if each["impact"] in ("serious", "critical")
    ]


def test_the_published_page_can_be_used_within_a_second(browser: Any) -> None:
    address = (Path(__file__).parents[2] / "reports/comparison/index.html").as_uri()
    ready = []
    for _ in range(2):
        with opened(browser, address, viewport={"width": 1440, "height": 900}) as page:
            ready.append(page.evaluate("() => +document.documentElement.dataset.ready"))
    assert min(ready) < 1_000


# --- what a server sends does nothing ---


def test_a_hostile_reply_is_inert(browser: Any, pages: dict[str, str]) -> None:
    with opened(browser, pages["hostile"]) as page:
        title = page.title()
        for clause in page.locator("#c-list a").evaluate_all("all => all.map(a => a.hash)"):
            if any(part in clause for part in ("prompt", "resolution", "create.path")):
                page.evaluate("hash => { location.hash = hash; }", clause)
                page.wait_for_function("() => document.querySelector('#panel').open")
                page.evaluate(
                    "() => document.querySelectorAll('#panel details').forEach(fold => fold.open = true)"
                )
        assert page.title() == title
        assert "owned" not in title
        assert page.locator("img, iframe, svg[onload]").count() == 0
        assert page.locator("script").count() == 2
        shown = page.locator("body").inner_text()
        assert shown  # no style of theirs hides the page
        assert (
            page.evaluate("() => document.querySelectorAll('a[href^=\"javascript\" i]').length")
            == 0
        )
        texts = page.evaluate("() => document.body.textContent")
        assert any(attack in texts for attack in HOSTILE[:2])


def test_the_policy_stops_what_would_get_in_nevertheless(
    browser: Any, pages: dict[str, str]
) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(pages["hostile"])
    page.evaluate(
        """() => {
            document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="document.title = 1">');
            const script = document.createElement('script');
            script.textContent = 'document.title = 2';
            document.body.append(script);
            const frame = document.createElement('iframe');
            frame.src = 'https://example.com/';
            document.body.append(frame);
        }"""
    )
    page.wait_for_timeout(100)
    assert page.title() not in ("1", "2")
    context.close()
