"""Charts as SVG text, drawn with the colours of the page."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
from markupsafe import Markup

_WIDTH, _HEIGHT = 330, 120
_BINS = 24


def histogram(title: str, values: Mapping[str, Sequence[float]], log: bool = False) -> Markup:
    """Histograms of several sets over one another, each as shares of its own set.

    Args:
        title: what a screen reader says.
        values: numbers by set, at least one set with at least one number.
        log: on a log scale, for skewed columns.
    """
    together = np.concatenate([np.asarray(part, float) for part in values.values()])
    scale = (lambda part: np.log1p(part)) if log else (lambda part: np.asarray(part, float))
    low, high = float(scale(together.min())), float(scale(together.max()))
    edges = np.linspace(low, high if high > low else low + 1, _BINS + 1)
    shares = {name: np.histogram(scale(np.asarray(part, float)), edges)[0] / len(part) for name, part in values.items()}
    top = max(float(part.max()) for part in shares.values())
    lines = [
        f'<path class="l{number % 4}" d="{_steps(part / top)}"/>'
        for number, part in enumerate(shares.values())
        if top > 0
    ]
    ends = [_number(together.min()), f"median {_number(np.median(together))}", _number(together.max())]
    labels = "".join(
        f'<text x="{x}" y="{_HEIGHT + 14}" text-anchor="{anchor}">{escape(text)}</text>'
        for x, anchor, text in zip((0, _WIDTH / 2, _WIDTH), ("start", "middle", "end"), ends, strict=True)
    )
    peak = f'<text x="{_WIDTH}" y="10" text-anchor="end">{top:.0%}</text>'
    axis = f'<line class="axis" x1="0" y1="{_HEIGHT}" x2="{_WIDTH}" y2="{_HEIGHT}"/>'
    return _svg(title, axis + "".join(lines) + labels + peak, _HEIGHT + 20)


def _steps(shares: np.ndarray) -> str:
    step = _WIDTH / len(shares)
    points = [f"M0 {_HEIGHT}"]
    for number, share in enumerate(shares):
        y = _HEIGHT - share * (_HEIGHT - 16)
        points.append(f"L{number * step:.1f} {y:.1f}L{(number + 1) * step:.1f} {y:.1f}")
    return "".join([*points, f"L{_WIDTH} {_HEIGHT}"])


def bars(title: str, shares: Mapping[str, Mapping[str, float]], most: int = 10) -> Markup:
    """Bars of the shares of text values, a group for each value with a bar for each set.

    Args:
        title: what a screen reader says.
        shares: by set, the share of each value.
        most: the values shown, the most frequent first; the others are counted.
    """
    total: dict[str, float] = {}
    for part in shares.values():
        for value, share in part.items():
            total[value] = total.get(value, 0) + share
    ranked = sorted(total, key=lambda value: -total[value])
    parts, y, height = [], 0, 11
    for value in ranked[:most]:
        for number, part in enumerate(shares.values()):
            share = part.get(value, 0.0)
            parts.append(
                f'<rect class="b{number % 4}" x="120" y="{y}" width="{share * 165:.1f}" height="{height - 2}"/>'
            )
            if share:
                parts.append(f'<text x="{125 + share * 165:.1f}" y="{y + 9}">{share:.1%}</text>')
            y += height
        middle = y - height * len(shares) / 2 + 4
        parts.append(f'<text x="115" y="{middle:.0f}" text-anchor="end">{escape(_short(value))}</text>')
        y += 5
    if len(ranked) > most:
        parts.append(f'<text x="120" y="{y + 10}">and {len(ranked) - most} more values</text>')
        y += 14
    return _svg(title, "".join(parts), max(y, 14))


def _svg(title: str, content: str, height: float) -> Markup:
    label = escape(title, quote=True)
    return Markup(f'<svg viewBox="0 0 {_WIDTH} {height:.0f}" role="img" aria-label="{label}">{content}</svg>')


def _short(text: str) -> str:
    return text if len(text) <= 20 else f"{text[:19]}…"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
