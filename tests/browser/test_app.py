"""02_app as a web page, with a visitor at a desk and one with a phone, who send good and bad photos."""

from __future__ import annotations

import re

import numpy as np
import pages
import pytest
from PIL import Image
from servers import ROOT
from test_picture_decoders import HEIC

SAMPLES = ROOT / "notebooks" / "data" / "samples"
LUNGE = ROOT / "notebooks" / "data" / "photos" / "office_lunge_left.jpg"
CLIP = ROOT / "notebooks" / "data" / "clip"
# Voila's page scrolls inside the window.
_SCROLLED = "document.querySelector('#rendered_cells').scrollTop"
_WIDEST = """() => [...document.querySelectorAll('#rendered_cells *')]
    .filter(node => node.getBoundingClientRect().right > innerWidth + 1).map(node => node.className)"""


_HIPS_BETWEEN = """([left, right]) => {
    const moved = document.querySelector("[data-joint='pelvis']").getAttribute("transform");
    const [x] = moved.match(/[-0-9.]+/g).map(Number);
    return left < x && x < right;
}"""


@pytest.fixture(scope="module")
def asked():
    """Every address that a visitor's browser asked for anything."""
    return []


@pytest.fixture(scope="module")
def visitors(voila, open_page, asked):
    """Pages by size, both open at the same time."""
    both = {size: open_page(size) for size in ("desktop", "phone")}
    for page in both.values():
        page.on("request", lambda request: asked.append(request.url))
        page.goto(voila, wait_until="commit")
        page.get_by_text("Getting ready").wait_for()
    for page in both.values():
        page.locator(".fitlab-headline").first.wait_for()
    return both


@pytest.fixture
def desk(visitors):
    return visitors["desktop"]


def said(page, words: str) -> None:
    """Wait until the status line of the photo input says ``words``."""
    page.locator(".fitlab-input .fitlab-status", has_text=words).wait_for()


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_the_page_shows_an_analysis_and_fits_the_screen(visitors, size):
    page = visitors[size]
    for number in range(3):
        pages.wait_until_drawn(page.locator("canvas").nth(number))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(_WIDEST) == []
    assert "left knee" in page.locator(".fitlab-angles").inner_text()
    pages.screenshot(page, f"app-{size}")
    pages.screenshot_of_all(page, f"app-{size}-whole")


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_photo_verdict_and_the_largest_view_fit_one_screen(visitors, size):
    page = visitors[size]
    page.evaluate(f"{_SCROLLED} = 0")
    places = (".fitlab-headline", ".fitlab-stage > svg", ".fitlab-frame-0 canvas")
    boxes = [page.locator(place).first.bounding_box() for place in places]
    assert all(box["y"] >= 0 and box["y"] + box["height"] <= page.viewport_size["height"] for box in boxes)
    assert min(box["width"] for box in boxes) > 200
    assert page.locator(".fitlab-arcs text").count() >= 4


def test_every_word_of_the_page_can_be_read_under_voilas_dark_theme(voila, open_page):
    page = open_page()
    page.goto(f"{voila}?theme=dark")
    page.locator(".fitlab-headline").first.wait_for()
    contrasts = pages.contrasts(page, "#rendered_cells")
    assert "Is this exercise done well?" in str(contrasts)
    assert {words: ratio for words, ratio in contrasts if ratio < 4.5} == {}
    pages.screenshot(page, "app-dark")
    page.context.close()  # its Python leaves


def test_the_page_has_a_title_and_asks_no_other_host(visitors, voila, asked):
    assert visitors["desktop"].title() == "Is this exercise done well? - fitlab"
    assert "image/svg+xml" in visitors["desktop"].locator("link[rel=icon]").last.get_attribute("href")
    assert [url for url in asked if not url.startswith((voila, voila.replace("http", "ws"), "data:", "blob:"))] == []


def test_a_swipe_over_the_3d_view_scrolls_the_page_and_two_fingers_turn_it(visitors):
    page = visitors["phone"]
    page.evaluate(f"{_SCROLLED} = 0")
    canvas = page.locator(".fitlab-frame-0 canvas").first
    box, screen = canvas.bounding_box(), page.context.new_cdp_session(page)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for kind, up in (("touchStart", 0), *(("touchMove", up) for up in range(20, 200, 20))):
        screen.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y - up}]})
    screen.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_function(f"{_SCROLLED} > 50")
    page.wait_for_timeout(1500)  # until the page has come to rest
    page.evaluate(f"{_SCROLLED} = 0")
    page.wait_for_timeout(500)
    rest, before = page.evaluate(_SCROLLED), pages.pixels(canvas)
    for kind, far in (("touchStart", 0), *(("touchMove", far) for far in range(10, 90, 10))):
        fingers = [{"x": x - 30 + far, "y": y, "id": 0}, {"x": x + 30 + far, "y": y, "id": 1}]
        screen.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})
    screen.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    pages.wait_until_different(canvas, before)
    assert page.evaluate(_SCROLLED) == rest
    page.get_by_text("turned by hand").wait_for()


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_an_own_photo_of_another_exercise_is_judged_after_three_taps(visitors, size):
    page = visitors[size]
    press = "tap" if size == "phone" else "click"
    with page.expect_file_chooser() as chooser:
        getattr(page.get_by_role("button", name="Upload a photo or clip"), press)()
    chooser.value.set_files(LUNGE)  # the second tap
    page.locator(".fitlab-headline", has_text="this looks like a lunge").wait_for()
    pages.screenshot(page, f"app-proposal-{size}")
    getattr(page.get_by_role("button", name="Looks like a lunge"), press)()
    page.locator(".fitlab-angles", has_text="front knee").wait_for()
    assert "judged" not in pages.verdict(page)


@pytest.fixture(scope="module")
def two_people(tmp_path_factory):
    """A photo of a lunge on the left and a wide stance on the right."""
    both = Image.new("RGB", (2160, 720))
    for number, name in enumerate(("office_lunge_left", "office_warrior_right")):
        both.paste(Image.open(LUNGE.with_stem(name)), (1080 * number, 0))
    both.save(file := tmp_path_factory.mktemp("people") / "two.jpg")
    return file


def shows(page, width: int, height: int) -> None:
    """Wait until a photo of that size is shown with what was found in it."""
    page.locator(f".fitlab-stage > svg[viewBox$=' {width} {height}']").first.wait_for()
    pages.wait_until_idle(page)


def picture(page):
    """Where on the screen the photo is."""
    svg = page.locator(".fitlab-stage > svg").first
    svg.scroll_into_view_if_needed()
    return svg.bounding_box()


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_of_two_people_the_one_who_is_tapped_is_judged(visitors, two_people, size):
    page, press = visitors[size], "tap" if size == "phone" else "click"
    pages.upload(page, two_people)
    shows(page, 2160, 720)
    for share in (0.75, 0.25):
        getattr(page.get_by_role("button", name="Choose the person"), press)()
        page.get_by_text("Tap the person, or draw a box.").wait_for()
        box = picture(page)
        (page.touchscreen.tap if size == "phone" else page.mouse.click)(
            box["x"] + share * box["width"], box["y"] + 0.55 * box["height"]
        )
        page.get_by_text("Tap the person, or draw a box.").wait_for(state="hidden")
        page.wait_for_function(_HIPS_BETWEEN, arg=[2160 * share - 300, 2160 * share + 300])
        side = "left" if share > 0.5 else "right"
        page.get_by_text(f"Somebody else is in this photo, further {side}").wait_for()
    pages.wait_until_idle(page)
    pages.screenshot(page, f"app-two-people-{size}")


def test_a_photo_that_lies_is_turned_and_cropped(desk, tmp_path):
    Image.open(SAMPLES / "squat.jpg").rotate(90, expand=True).crop((0, 0, 600, 640)).save(tmp_path / "lies.jpg")
    pages.upload(desk, tmp_path / "lies.jpg")
    shows(desk, 600, 640)
    desk.get_by_role("button", name="Turn").click()
    shows(desk, 640, 600)
    pages.choose_exercise(desk, "Squat")
    desk.locator(".fitlab-headline", has_text="the knees").wait_for()
    desk.get_by_role("button", name="Crop").click()
    desk.get_by_text("Draw a box round what is to stay.").wait_for()
    box = picture(desk)
    middle, side = box["x"] + box["width"] / 2, box["height"]
    desk.mouse.move(middle - 0.4 * side, box["y"] + 0.1 * side)
    desk.mouse.down()
    for down in (0.5, 0.95):
        desk.mouse.move(middle + (down - 0.5) * side, box["y"] + down * side)
    desk.mouse.up()
    desk.locator(".fitlab-stage > svg:not([viewBox$=' 640 600'])").first.wait_for()
    pages.wait_until_idle(desk)
    width, height = map(float, desk.locator(".fitlab-stage > svg").first.get_attribute("viewBox").split()[2:])
    assert (width / 600, height / 600) == pytest.approx((0.85, 0.85), abs=0.02)
    desk.locator(".fitlab-headline", has_text="the knees").wait_for()
    pages.screenshot(desk, "app-cropped")


def test_a_phones_heic_is_shown_upright(visitors, tmp_path):
    (tmp_path / "IMG_0001.HEIC").write_bytes(HEIC)
    pages.upload(visitors["phone"], tmp_path / "IMG_0001.HEIC")
    shows(visitors["phone"], 64, 96)
    said(visitors["phone"], "Nobody was found")  # in a picture of colours alone


def test_a_photo_of_108_megapixels_is_judged_at_half_its_sides(desk, tmp_path):
    Image.open(LUNGE).resize((12000, 9000)).save(tmp_path / "108.jpg", quality=80)
    pages.upload(desk, tmp_path / "108.jpg")
    shows(desk, 6000, 4500)
    assert "knee" in desk.locator(".fitlab-angles").inner_text()


def test_of_several_photos_in_a_row_one_is_judged(desk):
    desk.locator("input.fitlab-file").first.set_input_files([CLIP / f"{frame:03d}.jpg" for frame in (0, 8, 16, 24)])
    shows(desk, 256, 256)
    said(desk, "Of the 4 photos, number")
    desk.locator(".fitlab-headline", has_not_text="No verdict").wait_for()
    pages.screenshot_of_all(desk, "app-photos-in-a-row")


def test_visitors_see_only_their_own_photos(visitors):
    pages.upload(visitors["desktop"], SAMPLES / "plank.jpg")
    pages.upload(visitors["phone"], SAMPLES / "lunge.jpg")
    for page in visitors.values():
        pages.wait_until_analysed(page)
    names = {size: pages.picture_size(page) for size, page in visitors.items()}
    assert names["desktop"] != names["phone"]
    for size, page in visitors.items():
        pages.screenshot(page, f"visitor-{size}")


def test_a_joint_follows_a_finger(visitors):
    page = visitors["phone"]
    pages.choose_exercise(page, "Squat")
    before = pages.degrees(page, "knee_difference")
    pages.swipe(page, "left_ankle", 40, -30)
    pages.wait_for_degrees(page, "knee_difference", before, same=False)
    page.get_by_role("button", name="Reset").click()
    pages.wait_for_degrees(page, "knee_difference", before)


def test_a_report_can_be_saved(desk):
    for name, ending in (
        ("Save the report", ".html"),
        ("Sheet (PDF)", ".pdf"),
        ("Table (CSV)", ".csv"),
        ("Everything (JSON)", ".json"),
    ):
        with desk.expect_download() as saved:
            desk.get_by_role("button", name=name).click()
        assert saved.value.suggested_filename.endswith(ending)
        assert saved.value.path().stat().st_size > 200


def test_a_saved_report_opens_as_a_file(visitors, open_page, tmp_path):
    with visitors["desktop"].expect_download() as saved:
        visitors["desktop"].get_by_role("button", name="Save the report").click()
    saved.value.save_as(tmp_path / "report.html")
    page, asked = open_page("phone"), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((tmp_path / "report.html").as_uri())
    assert {address.split(":")[0] for address in asked} <= {"file", "data"}
    assert "left knee" in page.locator("body").inner_text()
    assert page.locator("img").first.evaluate("picture => picture.naturalWidth") > 50
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    pages.screenshot(page, "app-report")


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(desk, tmp_path):
    large = tmp_path / "large.jpg"
    large.write_bytes(b"\xff\xd8" + bytes(60_000_000))
    pages.upload(desk, large)
    said(desk, "large.jpg has 60 MB; photos of up to 50 MB are taken")


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_a_pdf_with_the_name_of_a_photo_is_refused_and_no_sentence_about_the_photo_before_stays(
    visitors, size, tmp_path
):
    page, trick = visitors[size], tmp_path / "trick.jpg"
    pages.upload(page, SAMPLES / "squat.jpg")
    pages.wait_until_analysed(page)
    before = [pages.verdict(page), *page.locator(".fitlab-app .fitlab-feedback li").all_inner_texts()]
    trick.write_bytes(b"%PDF-1.7 not a photo")
    pages.upload(page, trick)
    said(page, "trick.jpg is not an image")
    page.locator(".fitlab-headline", has_text="No verdict").wait_for()
    page.wait_for_function(
        "() => !document.querySelector('.fitlab-app :is(.fitlab-feedback li, .fitlab-angles td)')", timeout=5_000
    )
    shown = page.locator(".fitlab-app").inner_text()
    assert [sentence for sentence in before if sentence in shown] == []
    page.get_by_role("button", name="Save the report").wait_for(state="hidden")
    page.wait_for_function("() => getComputedStyle(document.querySelector('.fitlab-stale')).opacity < 0.5")
    pages.screenshot(page, f"app-refused-{size}")


def test_a_photo_without_a_person_gets_no_verdict(desk, tmp_path):
    wall = tmp_path / "wall.png"
    Image.fromarray(np.full((300, 400, 3), 180, np.uint8)).save(wall)
    pages.upload(desk, wall)
    said(desk, "Nobody was found")
    assert "Nobody was found" in pages.verdict(desk)


def test_of_two_uploads_in_a_row_the_last_one_wins(desk):
    pages.upload(desk, SAMPLES / "squat.jpg")
    pages.upload(desk, SAMPLES / "overhead_press.jpg")
    pages.wait_until_analysed(desk)
    last = pages.picture_size(desk)
    pages.upload(desk, SAMPLES / "overhead_press.jpg")
    pages.wait_until_analysed(desk)
    assert pages.picture_size(desk) == last


def test_a_camera_that_the_browser_refuses_is_explained_and_the_verdict_stays(desk):
    before = pages.verdict(desk)
    desk.get_by_role("button", name="Use the camera").click()
    said(desk, "The browser did not allow the camera")
    assert pages.verdict(desk) == before


def test_a_camera_that_is_refused_when_counting_begins_is_explained(visitors):
    phone = visitors["phone"]
    before = pages.verdict(phone)
    phone.context.grant_permissions(["camera"])
    phone.get_by_role("button", name="Use the camera").tap()
    phone.get_by_role("button", name="Count live").wait_for()
    phone.context.clear_permissions()
    phone.get_by_role("button", name="Count live").tap()
    said(phone, "The browser did not allow the camera")
    phone.locator(".fitlab-headline").first.wait_for()
    assert pages.verdict(phone) == before
    pages.screenshot(phone, "app-live-refused")


def test_a_snapshot_is_taken_after_a_countdown(visitors):
    phone = visitors["phone"]
    phone.context.grant_permissions(["camera"])
    phone.get_by_role("button", name="Use the camera").click()
    phone.get_by_role("button", name="Take the photo").click()
    phone.locator(".fitlab-count", has_text=re.compile("[123]")).wait_for()
    pages.screenshot(phone, "app-countdown")
    said(phone, "Nobody was found")


def test_a_click_on_nothing_is_answered(desk):
    desk.get_by_role("button", name="Measure another angle").click()
    desk.get_by_label("Vertex").first.wait_for()  # from now on clicks choose joints
    box = desk.locator(".fitlab-picture svg").first.bounding_box()
    desk.mouse.click(box["x"] + 6, box["y"] + 6)
    desk.get_by_text("There is no joint at that place").first.wait_for()
    pages.screenshot(desk, "app-measuring")
    desk.get_by_role("button", name="Measure another angle").click()


def test_every_control_has_a_name_and_can_be_reached_by_keyboard(desk):
    nameless = desk.evaluate("""() => [...document.querySelectorAll('.fitlab :is(button, select, input)')]
        .filter(node => node.offsetParent && !(node.innerText || node.ariaLabel || node.title || node.labels?.length))
        .map(node => node.outerHTML.slice(0, 80))""")
    assert nameless == []
    desk.locator("[data-joint='left_knee']").focus()
    before = desk.locator("[data-joint='left_knee']").get_attribute("transform")
    for _ in range(3):
        desk.keyboard.press("Shift+ArrowRight")
    moved = "before => document.querySelector(\"[data-joint='left_knee']\").getAttribute('transform') !== before"
    desk.wait_for_function(moved, arg=before)
    # However quickly the keys follow each other, each one counts.
    heights = [_height_at_rest(desk)]
    for presses in (1, 6):
        for _ in range(presses):
            desk.keyboard.press("ArrowDown")
        desk.wait_for_timeout(1000)
        heights.append(_height_at_rest(desk))
    first, second, last = heights
    assert second > first
    assert last - second == pytest.approx(6 * (second - first), abs=0.5 * (second - first))


def _height_at_rest(page) -> float:
    """Where the left knee is in the picture, from its top, once it has not moved for half a second."""
    read = """() => Number(document.querySelector("[data-joint='left_knee']")
        .getAttribute("transform").match(/[-0-9.]+/g)[1])"""
    height = page.evaluate(read)
    for _ in range(60):
        page.wait_for_timeout(500)
        before, height = height, page.evaluate(read)
        if before == height:
            return height
    raise AssertionError("the knee does not come to rest")
