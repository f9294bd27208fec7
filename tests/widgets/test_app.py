"""The app's server without a browser: what it prints, and whom it serves."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("voila")
pytest.importorskip("segno")

from fitlab_widgets.app import invitation, main, pairing_code


def test_a_pairing_code_cannot_be_guessed_and_can_be_typed():
    codes = {pairing_code() for _ in range(50)}
    assert len(codes) == 50
    assert all(re.fullmatch("[a-z2-9]{10}", code) and not set(code) & set("lio01") for code in codes)


def test_the_invitation_says_where_and_what_the_browser_will_ask():
    words = invitation("https://192.168.1.20:8866/abcdefghjk/", "AA:BB")
    assert "https://192.168.1.20:8866/abcdefghjk/" in words
    assert "AA:BB" in words
    assert "\u2588" in words or "\u2584" in words or "\u2580" in words


def test_a_notebook_that_is_not_there_is_named(capsys):
    with pytest.raises(SystemExit):
        main(["nowhere.ipynb"])
    assert "there is no notebook nowhere.ipynb" in capsys.readouterr().err
