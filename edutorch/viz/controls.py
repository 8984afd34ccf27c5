"""Controls with names: what an explorer puts before its picture can be found and told apart without seeing it.

ipywidgets 8.1 writes a description beside a slider and ties it to nothing: a screen reader says "slider, 0", and of
the buttons of a player just "button". Here a few lines of JavaScript, which JupyterLab runs where the controls
appear, give each its name, let a logarithmic slider say its value instead of its exponent, and keep the keys for it.
"""

from __future__ import annotations

from typing import Any

_NAMES = """\
const name = () => {
    const box = element.closest(".widget-vbox");
    if (!box) {
        requestAnimationFrame(name);  // what shows this is not on the page yet
        return;
    }
    // JupyterLab reads the keys first: an arrow would select the next cell instead of the next entry of a list.
    for (const control of box.querySelectorAll("select, input, button, .noUi-handle"))
        control.dataset.lmSuppressShortcuts = "true";
    for (const slider of box.querySelectorAll(".widget-slider")) {
        const label = slider.querySelector(".widget-label").textContent;
        const handles = slider.querySelectorAll(".noUi-handle");
        const ends = handles.length > 1 ? [", from", ", to"] : [""];
        handles.forEach((handle, i) => handle.setAttribute("aria-label", label + ends[i]));
        const value = slider.querySelector(".widget-readout");
        value.setAttribute("role", "textbox");
        value.setAttribute("aria-label", label + ", typed in");
        const say = () => handles[0].setAttribute("aria-valuetext", value.textContent);
        if (handles.length === 1) {
            new MutationObserver(say).observe(value, {childList: true, characterData: true, subtree: true});
            say();
        }
    }
    for (const play of box.querySelectorAll(".widget-play")) {
        const names = ["Play or pause", "Stop", "Repeat"];
        play.querySelectorAll("button").forEach((button, i) => button.setAttribute("aria-label", names[i]));
    }
};
requestAnimationFrame(name);
"""


def panel(*parts: Any) -> Any:
    """Put controls and their picture under each other (an `ipywidgets.VBox`) and name what has no name."""
    import ipywidgets

    script = {"output_type": "display_data", "data": {"application/javascript": _NAMES}, "metadata": {}}
    names = ipywidgets.Output(outputs=(script,), layout={"display": "none"})
    return ipywidgets.VBox([*parts, names])
