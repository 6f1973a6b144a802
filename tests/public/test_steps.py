"""The drawing of four steps: its boxes hold their words, and it is left out where they do not fit."""

import pytest
from hypothesis import given, strategies as st

from leaflets.templatetags.steps import arrange

# Widths of bold letters in DejaVu Sans, in thousandths of an em: the widest font that draws them.
DEJAVU = {
    "A": 774, "D": 830, "P": 733, "R": 770, "a": 675, "e": 678, "i": 343, "l": 343, "n": 712, "o": 687, "s": 595,
    "W": 1103, "v": 652, "w": 924, "m": 1042, "1": 696, "2": 696, "3": 696, "4": 696, " ": 348,
}  # fmt: skip


@pytest.mark.parametrize(
    "steps",
    [["Assess", "Plan", "Do", "Review"], ["Plan", "Do", "Review", "Assess"], ["Do", "Woman", "Pie", "Pan"]],
)
def test_each_box_is_wider_than_its_words_in_the_widest_font(steps):
    for box in arrange(steps):
        assert sum(DEJAVU[letter] for letter in box.words) * 16 / 1000 < box.width - 4


@given(st.lists(st.text(min_size=1, max_size=14), min_size=4, max_size=4))
def test_boxes_stand_inside_the_drawing_and_leave_room_for_the_arrows(steps):
    boxes = arrange(steps)

    if boxes:
        top, right, bottom, left = boxes
        assert all(box.x >= 0 and box.x + box.width <= 200 for box in boxes)
        assert left.x + left.width < right.x
        assert left.x < 38 < left.x + left.width
        assert right.x < 166 < right.x + right.width
        for box in (top, bottom):
            assert 38 < box.before < box.after < 166


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param(["Assess", "Evaluate", "Do", "Consider"], id="side by side"),
        pytest.param(["Investigations", "Plan", "Do", "Review"], id="above"),
        pytest.param(["Assess", "Plan", "W" * 8, "Review"], id="below"),
    ],
)
def test_words_that_do_not_fit_are_not_drawn(steps):
    assert arrange(steps) == []
