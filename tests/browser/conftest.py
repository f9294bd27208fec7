"""A real JupyterLab, a real Voila and a real headless Chromium; without them the tests here are skipped."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import servers


@pytest.fixture(scope="session")
def browser() -> Iterator:
    playwright = pytest.importorskip("playwright.sync_api", reason="browser tests need: pip install playwright")
    if servers.CHROMIUM is None:
        pytest.skip("browser tests need Chromium: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=servers.CHROMIUM, args=servers.FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def open_page(browser) -> Iterator:
    """``open_page(size="desktop")`` gives a page of a visitor of its own; at the end no page may have failed."""
    contexts, failures = [], []

    def open_one(size: str = "desktop", **options: object):
        context = browser.new_context(**servers.SIZES[size] | options)
        context.set_default_timeout(servers.PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: failures.append(str(error)) if str(error) not in servers.HARMLESS else None)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert not failures, failures


@pytest.fixture(scope="session")
def lab(tmp_path_factory, browser) -> Iterator[str]:
    """Address of a JupyterLab with the notebooks."""
    pytest.importorskip("jupyterlab", reason="browser tests need: pip install jupyterlab")
    with servers.jupyterlab(tmp_path_factory.mktemp("lab")) as address:
        yield address


@pytest.fixture(scope="session")
def voila(tmp_path_factory, browser) -> Iterator[str]:
    """Address of the web page that 02_app makes."""
    pytest.importorskip("voila", reason="browser tests need: pip install voila")
    with servers.voila(tmp_path_factory.mktemp("voila"), "02_app.ipynb") as address:
        yield address
