"""Write the table of conventions into docs/reference/systems.md, from the one table in the code.

python benchmarks/conventions_table.py
"""

from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs/reference/systems.md"
BEGIN, END = "<!-- conventions: benchmarks/conventions_table.py writes this -->", "<!-- end of conventions -->"
_PIXELS = {
    "imagenet": "as for ImageNet",
    "signed": "[−1, 1]",
    "unit": "[0, 1]",
    "stretched": "each image to [0, 255]",
    "plain": "none",
}


def table() -> str:
    """Return the table as Markdown."""
    from keras_rau.models.conventions import PUBLISHED
    from keras_rau.models.published.tables import NETWORKS

    lines = [
        "| class | public code | aligned corners in | batch-norm epsilon | pixels | two classes |",
        "|---|---|---|---|---|---|",
    ]
    for name, one in PUBLISHED.items():
        network = NETWORKS[name]
        aligned = "all" if one.aligned == ("*",) else ", ".join(f"`{call}`" for call in one.aligned) or "none"
        epsilons = ", ".join(f"{value:g} in `{call}`" for call, value in one.epsilons.items()) or "1e-05"
        commit = (
            f"[{network.repository}](https://github.com/{network.repository}), `{network.commit[:7]}`, {network.file}"
        )
        lines.append(f"| `{name}` | {commit} | {aligned} | {epsilons} | {_PIXELS[one.pixels]} | {one.several} |")
    return "\n".join(lines)


def page() -> str:
    """Return the page with the table in it."""
    text = PAGE.read_text()
    start, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    return f"{text[:start]}\n\n{table()}\n\n{text[end:]}"


if __name__ == "__main__":
    PAGE.write_text(page())
