"""Joints that lie upon each other, with a mouse and with a finger; a photo that is magnified; degrees on the photo."""

from __future__ import annotations

import numpy as np
import pages
import pytest
from lone_widget import show_alone

from fitlab.images import read_image
from fitlab.poses import Pose2D
from fitlab.skeletons import MPII16

pytest.importorskip("pythreejs")

from fitlab_widgets import JointPicture, KeypointEditor
from servers import ROOT

PHOTO = read_image(ROOT / "notebooks" / "data" / "samples" / "squat.jpg")
SIZES = ["desktop", "phone"]


def side_view() -> Pose2D:
    """Somebody seen from the side: the hips 6 photo pixels to the left and right of the pelvis, knees likewise."""
    height, width = PHOTO.shape[:2]
    places = {
        "right_ankle": (0.5, 0.9), "right_knee": (0.6, 0.7), "right_hip": (0.4, 0.6), "left_hip": (0.4, 0.6),
        "left_knee": (0.6, 0.7), "left_ankle": (0.5, 0.9), "pelvis": (0.4, 0.6), "thorax": (0.5, 0.35),
        "upper_neck": (0.51, 0.3), "head_top": (0.53, 0.2), "right_wrist": (0.8, 0.4), "right_elbow": (0.68, 0.42),
        "right_shoulder": (0.5, 0.36), "left_shoulder": (0.5, 0.36), "left_elbow": (0.68, 0.42),
        "left_wrist": (0.8, 0.4),
    }  # fmt: skip
    points = np.array([places[name] for name in MPII16.joints]) * [width, height]
    for name, shift in (("right", -6), ("left", 6)):
        points[[MPII16.joints.index(f"{name}_{joint}") for joint in ("hip", "knee", "ankle", "shoulder")], 0] += shift
    return Pose2D(points, np.full(16, 0.9), (width, height))


@pytest.fixture(params=SIZES)
def size(request):
    return request.param


@pytest.fixture
def page(open_page, size):
    page = open_page(size)
    show_alone(page, KeypointEditor(PHOTO, side_view()))
    return page


def at(page, joint: str) -> tuple[float, float]:
    box = page.locator(f"[data-joint='{joint}'] circle").last.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def tap(page, size: str, x: float, y: float) -> None:
    (page.touchscreen.tap if size == "phone" else page.mouse.click)(x, y)


def pull(page, size: str, joint: str, right: float, down: float) -> None:
    (pages.swipe if size == "phone" else pages.drag)(page, joint, right, down)


def moved(page) -> set[str]:
    return set(page.evaluate("sent.filter(({ action }) => action === 'move').map(({ joint }) => joint)"))


def chosen(page) -> str:
    return page.locator(".fitlab-near").get_attribute("data-joint")


@pytest.mark.parametrize("joint", ["right_hip", "pelvis", "left_hip", "right_knee", "left_knee", "right_shoulder"])
def test_the_nearest_joint_is_dragged(page, size, joint):
    pull(page, size, joint, 40, -30)
    page.wait_for_function("sent.length && !sent.at(-1).more")
    assert moved(page) == {joint}


def test_a_drag_moves_the_joint_as_far_as_the_pointer(page, size):
    start = at(page, "head_top")
    pull(page, size, "head_top", 30, -20)
    page.wait_for_function("sent.length && !sent.at(-1).more")
    assert at(page, "head_top") == pytest.approx((start[0] + 30, start[1] - 20), abs=1)


def test_taps_at_one_place_choose_one_joint_after_the_other_and_a_drag_moves_the_chosen_one(page, size):
    x, y = at(page, "pelvis")
    seen = []
    for _ in range(4):
        tap(page, size, x, y)
        seen.append(chosen(page))
    assert seen[0] == seen[3] == "pelvis"
    assert set(seen) == {"pelvis", "left_hip", "right_hip"}
    tap(page, size, x, y)
    last = chosen(page)
    assert last != "pelvis"
    pages.screenshot(page, f"joints-chooser-{size}")
    pull(page, size, "pelvis", 40, 30)
    page.wait_for_function("sent.length && !sent.at(-1).more")
    assert moved(page) == {last}


def test_a_chooser_names_every_joint_within_a_finger(page, size):
    tap(page, size, *at(page, "right_knee"))
    chooser = page.locator(".fitlab-chooser")
    assert set(chooser.locator("button").all_inner_texts()) == {"left knee", "right knee"}
    inside, stage = chooser.bounding_box(), page.locator(".fitlab-stage").bounding_box()
    assert inside["y"] >= stage["y"]
    assert inside["y"] + inside["height"] <= stage["y"] + stage["height"]
    chooser.get_by_role("button", name="left knee").click()
    assert chooser.is_hidden()
    assert chosen(page) == "left_knee"


def test_a_joint_can_be_chosen_from_the_list(page, size):
    page.get_by_label("Joint to move").select_option("left hip")
    assert chosen(page) == "left_hip"
    pull(page, size, "pelvis", 30, 30)
    page.wait_for_function("sent.length && !sent.at(-1).more")
    assert moved(page) == {"left_hip"}


def test_after_a_drag_the_other_joint_can_be_moved_instead(page, size):
    pull(page, size, "pelvis", 50, 30)
    page.wait_for_function("sent.length && !sent.at(-1).more")
    target = page.evaluate("[sent.at(-1).x, sent.at(-1).y]")
    page.locator(".fitlab-picture button", has_text="right hip").click()
    page.wait_for_function("sent.at(-1).joint === 'right_hip'")
    assert page.evaluate("sent.at(-2).action") == "undo"
    assert page.evaluate("[sent.at(-1).x, sent.at(-1).y]") == pytest.approx(target)


def test_undo_and_reset_are_there_when_there_is_something_to_undo(page, size):
    undo, reset = (page.get_by_role("button", name=name) for name in ("Undo", "Reset"))
    assert undo.is_hidden()
    assert reset.is_hidden()
    pull(page, size, "left_wrist", 30, 0)
    undo.wait_for()


def test_picked_joints_are_told_apart_by_a_second_tap(open_page, size):
    page = open_page(size)
    show_alone(page, JointPicture(photo=PHOTO, pose2d=side_view(), mode="pick"))
    x, y = at(page, "right_hip")
    tap(page, size, x, y)
    assert page.evaluate("model.get('picked')") == ["right_hip"]
    tap(page, size, x, y)
    second = page.evaluate("model.get('picked')")
    assert len(second) == 1
    assert second != ["right_hip"]
    page.locator(".fitlab-chooser").get_by_role("button", name="left hip").click()
    tap(page, size, *at(page, "head_top"))
    assert page.evaluate("model.get('picked')") == ["left_hip", "head_top"]


def radius(page) -> float:
    return page.locator("[data-joint='head_top'] circle").last.bounding_box()["width"] / 2


def test_dots_shrink_with_the_person(page, size):
    large = radius(page)
    page.evaluate("model.set('_points', model.get('_points').map(([x, y, score]) => [x / 5, y / 5, score]))")
    assert radius(page) < 0.6 * large


def pinch(page, apart: tuple[float, ...]) -> None:
    box = page.locator(".fitlab-stage > svg").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 4
    screen = page.context.new_cdp_session(page)
    for kind, far in (("touchStart", apart[0]), *(("touchMove", far) for far in apart[1:])):
        points = [{"x": x - far / 2, "y": y, "id": 0}, {"x": x + far / 2, "y": y, "id": 1}]
        screen.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    screen.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def shown_width(page) -> float:
    return float(page.locator(".fitlab-stage > svg").get_attribute("viewBox").split()[2])


def test_two_fingers_magnify_the_photo(open_page):
    page = open_page("phone")
    show_alone(page, KeypointEditor(PHOTO, side_view()))
    whole = shown_width(page)
    pinch(page, (60, 100, 180))
    assert shown_width(page) == pytest.approx(whole / 3, rel=0.02)
    assert moved(page) == set()
    # One finger then moves the photo, not the page, and joints stay where they are.
    before = page.locator(".fitlab-stage > svg").get_attribute("viewBox")
    box = page.locator(".fitlab-stage > svg").bounding_box()
    screen = page.context.new_cdp_session(page)
    for kind, down in (("touchStart", 0), ("touchMove", 20), ("touchMove", 40)):
        touch = {"x": box["x"] + 8, "y": box["y"] + 8 + down}
        screen.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [touch]})
    screen.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert page.locator(".fitlab-stage > svg").get_attribute("viewBox") != before
    assert page.evaluate("scrollY") == 0
    pages.screenshot(page, "joints-magnified-phone")


def test_the_photo_can_be_magnified_by_buttons_and_brought_back(page, size):
    whole = shown_width(page)
    page.get_by_title("Magnify the photo").click()
    assert shown_width(page) < 0.7 * whole
    page.get_by_title("Show more of the photo").click()
    assert shown_width(page) == whole


def test_a_loupe_shows_what_lies_under_a_finger(open_page):
    page = open_page("phone")
    show_alone(page, KeypointEditor(PHOTO, side_view()))
    x, y = at(page, "left_wrist")
    screen = page.context.new_cdp_session(page)
    for kind, far in (("touchStart", 0), ("touchMove", 15), ("touchMove", 30)):
        touches = [{"x": x - far, "y": y + far}]
        screen.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})
    loupe = page.locator(".fitlab-loupe")
    loupe.wait_for()
    pages.screenshot(page, "joints-loupe-phone")
    box = loupe.bounding_box()
    assert not (box["x"] <= x - 30 <= box["x"] + box["width"] and box["y"] <= y + 30 <= box["y"] + box["height"])
    screen.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    loupe.wait_for(state="hidden")


def test_a_swipe_beside_the_joints_scrolls_the_page(open_page):
    page = open_page("phone")
    show_alone(page, KeypointEditor(PHOTO, side_view()))
    box = page.locator(".fitlab-stage > svg").bounding_box()
    screen = page.context.new_cdp_session(page)
    start = box["y"] + box["height"] - 20
    for kind, up in (("touchStart", 0), *(("touchMove", up) for up in range(20, 220, 20))):
        touch = {"x": box["x"] + 12, "y": start - up}
        screen.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [touch]})
    screen.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_function("scrollY > 50")


def test_degrees_are_written_at_their_joints_and_do_not_cover_each_other(open_page, size):
    page = open_page(size)
    words = [
        (("right_hip", "right_knee", "right_ankle"), "98°", "wrong"),
        (("left_hip", "left_knee", "left_ankle"), "101°", "good"),
        (("thorax", "pelvis", "mid_knees"), "75°", "unsure"),
        (("spine", "pelvis", "left_knee"), "75°", "good"),
    ]
    show_alone(page, KeypointEditor(PHOTO, side_view(), angles=tuple(words)))
    assert page.locator(".fitlab-arcs text").all_text_contents() == ["98°", "101°", "75°"]
    boxes = [box.bounding_box() for box in page.locator(".fitlab-arcs rect").all()]
    boxes.append(page.locator(".fitlab-zoom").bounding_box())  # the buttons on the photo
    assert page.locator(".fitlab-arcs line").count() == 2 * 3  # from the joint to its words, in two colours
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            apart = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
            assert apart or one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"]
    pages.screenshot(page, f"joints-degrees-{size}")


def test_a_box_is_drawn_and_a_tap_is_a_box_without_size(open_page, size):
    page = open_page(size)
    show_alone(page, JointPicture(photo=PHOTO, pose2d=side_view(), mode="box"))
    pull(page, size, "left_wrist", -60, 80)
    page.wait_for_function("model.get('box').length === 4")
    left, top, right, bottom = page.evaluate("model.get('box')")
    shown = page.locator(".fitlab-stage > svg").bounding_box()
    scale = max(PHOTO.shape[1] / shown["width"], PHOTO.shape[0] / shown["height"])
    assert right - left == pytest.approx(60 * scale, rel=0.05)
    assert bottom - top == pytest.approx(80 * scale, rel=0.05)
    assert page.evaluate("scrollY") == 0
    tap(page, size, *at(page, "head_top"))
    page.wait_for_function("model.get('box')[0] === model.get('box')[2]")
