"""A widget's controls as a hand meets them: what there is, and how mouse and keys move it.

A way to move a control is a list of steps; each step is tried until one changes what is shown, since a step alone
may rightly change nothing: an example may be the one that is shown already.
"""

from collections.abc import Callable

from playwright.sync_api import Locator

KINDS = {
    "slider": ".widget-slider .noUi-handle",  # each handle of a range is one
    "dropdown": ".widget-dropdown select",
    "switch": ".widget-checkbox input, button.widget-toggle-button",
    "choice": ".widget-toggle-buttons",
    "button": "button.widget-button",
    "player": ".widget-play",
    "text": ".widget-text input",
}
# All that a hand could move. A kind that is not known here is an error, or nobody would ever move it.
ANY = "input, select, textarea, button, [tabindex], .jupyter-widget-Collapse-header"
KNOWN = ".widget-readout, " + ", ".join(f"{selector}, {selector} *" for selector in KINDS.values())

Steps = list[Callable[[], object]]


def controls(figure: Locator) -> list["Control"]:
    """All controls of a figure, in the order of the page."""
    unknown = figure.locator(".jupyter-widgets").locator(ANY).evaluate_all(
        "(all, known) => all.filter(e => !e.matches(known)).map(e => e.outerHTML.slice(0, 200))", KNOWN
    )  # fmt: skip
    assert not unknown, f"nobody knows how to move {unknown}"
    places = figure.locator(", ".join(KINDS.values()))
    kinds = places.evaluate_all("(all, kinds) => all.map(e => kinds.findIndex(k => e.matches(k)))", [*KINDS.values()])
    return [_CLASSES[[*KINDS][kind]](places.nth(i)) for i, kind in enumerate(kinds)]


class Control:
    """One control: `by_mouse` and `by_keyboard` are steps that move it, `back` puts it as it was.

    `remember` is called before it is moved.
    """

    lasting = False  # whether it goes on by itself after a step

    def __init__(self, place: Locator):
        self.place = place
        self.page = place.page

    def __str__(self) -> str:
        return self.place.evaluate(
            """e => e.getAttribute('aria-label')
                || (e.closest('.jupyter-widgets').querySelector('.widget-label') || e).textContent || e.className"""
        )

    def enabled(self) -> bool:
        return self.place.is_enabled()

    def remember(self) -> None:
        """Note how it stands."""

    def by_mouse(self) -> Steps:
        return [self.place.click]

    def by_keyboard(self) -> Steps:
        return [lambda: self.press("Enter")]

    def back(self) -> None:
        """Put it as it stood."""

    def press(self, *keys: str) -> None:
        """Press keys on the control, which must be in the tab order and take the focus."""
        self.place.focus()
        focused = self.place.evaluate("e => e === document.activeElement && e.tabIndex >= 0")
        assert focused, f"{self} cannot be reached by keyboard"
        for key in keys:
            self.page.keyboard.press(key)


class Slider(Control):
    """A handle on its rail. What it shows beside it can be typed as well: that puts it back."""

    def __init__(self, place: Locator):
        super().__init__(place)
        self.widget = place.locator("xpath=ancestor::*[contains(@class, 'widget-slider')][1]")
        self.readout = self.widget.locator(".widget-readout")

    def enabled(self) -> bool:
        return self.widget.locator(".noUi-target[disabled]").count() == 0

    def remember(self) -> None:
        self.value = self.readout.inner_text()
        self.in_left_half = self._rail()[2] < 0.5

    def by_mouse(self) -> Steps:
        near, far = (0.7, 1.0) if self.in_left_half else (0.3, 0.0)
        return [lambda: self.drag(near), lambda: self.drag(far)]

    def by_keyboard(self) -> Steps:
        towards, end = ("ArrowRight", "End") if self.in_left_half else ("ArrowLeft", "Home")
        return [lambda: self.press(towards), lambda: self.press(*3 * [towards]), lambda: self.press(end)]

    def drag(self, share: float) -> None:
        """Drag the handle to a place on the rail: 0 is its left end, 1 its right."""
        self.place.hover()
        self.page.mouse.down()
        left, width, _ = self._rail()
        handle = self.place.bounding_box()
        self.page.mouse.move(left + share * width, handle["y"] + handle["height"] / 2, steps=4)
        self.page.mouse.up()

    def back(self) -> None:
        self.readout.click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.type(self.value)
        self.page.keyboard.press("Enter")

    def _rail(self) -> tuple[float, float, float]:
        """Left end, width, and the share of it at which the handle stands."""
        rail, handle = self.widget.locator(".noUi-base").bounding_box(), self.place.bounding_box()
        at = handle["x"] + handle["width"] / 2 - rail["x"]
        return rail["x"], rail["width"], at / rail["width"]


class Dropdown(Control):
    def remember(self) -> None:
        self.index, self.count = self.place.evaluate("e => [e.selectedIndex, e.options.length]")

    def by_mouse(self) -> Steps:
        # The open list is a window of the system, which no page sees: Playwright chooses from it.
        others = [(self.index + k) % self.count for k in range(1, self.count)]
        return [lambda i=i: self.place.select_option(index=i) for i in others]

    def by_keyboard(self) -> Steps:
        down, up = self.count - 1 - self.index, self.index
        return [lambda key=key: self.press(key) for key in down * ["ArrowDown"] + (down + up) * ["ArrowUp"]]

    def back(self) -> None:
        self.place.select_option(index=self.index)


class Switch(Control):
    """A box to tick, or a button that stays pressed."""

    def by_keyboard(self) -> Steps:
        return [lambda: self.press("Space")]

    def back(self) -> None:
        self.place.click()


class Choice(Control):
    """Buttons of which one is pressed."""

    def remember(self) -> None:
        self.buttons = [Control(button) for button in self.place.locator("button").all()]
        self.pressed = next(b for b in self.buttons if "mod-active" in b.place.get_attribute("class"))

    def enabled(self) -> bool:
        return self.place.locator("button").first.is_enabled()

    def by_mouse(self) -> Steps:
        return [button.place.click for button in self.buttons if button is not self.pressed]

    def by_keyboard(self) -> Steps:
        return [lambda b=button: b.press("Enter") for button in self.buttons if button is not self.pressed]

    def back(self) -> None:
        self.pressed.place.click()


class Player(Control):
    """Play or pause, stop, repeat."""

    lasting = True

    def __init__(self, place: Locator):
        super().__init__(place)
        self.play, self.stop = (Control(place.locator("button").nth(i)) for i in range(2))

    def enabled(self) -> bool:
        return self.play.enabled()

    def by_mouse(self) -> Steps:
        return [self.play.place.click]

    def by_keyboard(self) -> Steps:
        return [lambda: self.play.press("Enter")]

    def back(self) -> None:
        self.stop.place.click()


class Text(Control):
    def remember(self) -> None:
        self.value = self.place.input_value()

    def by_mouse(self) -> Steps:
        # Marked with the mouse and typed over, as there is no other way to write.
        return [lambda: (self.place.click(click_count=3), self.type("2, 1"))]

    def by_keyboard(self) -> Steps:
        return [lambda: (self.press("ControlOrMeta+a"), self.type("7, 5, 1"))]

    def back(self) -> None:
        self.place.fill(self.value)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")


_CLASSES = {
    "slider": Slider,
    "dropdown": Dropdown,
    "switch": Switch,
    "choice": Choice,
    "button": Control,
    "player": Player,
    "text": Text,
}
