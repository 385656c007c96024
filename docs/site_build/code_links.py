"""Names of the library in running text lead to their page of the reference."""

import re
from functools import cache
from typing import Any

from docutils import nodes
from docutils.parsers.rst import roles
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

from site_build.public_names import paths, public_names

_CALL = re.compile(r"^(?:keras_rau\.)?([\w.]+?)(?:\(.*\))?$", re.DOTALL)


@cache
def _paths() -> dict[str, str]:
    """Return the full path of each name as people write it: `losses.DiceLoss`, or `DiceLoss` where only one is meant."""
    found, twice = {}, set()
    for package, names in public_names().items():
        for name, value in names.items():
            path = paths()[package, name]
            found[f"{package}.{name}"] = path
            if callable(value) and name[0].isupper():
                twice |= {name} if found.get(name, path) != path else set()
                found[name] = path
    return {name: path for name, path in found.items() if name not in twice}


class CodeLinks(SphinxTransform):
    """Make a link of every literal that is a public name."""

    default_priority = 5

    def apply(self, **kwargs: Any) -> None:
        """Wrap the literals of one page."""
        for node in list(self.document.findall(nodes.literal)):
            if isinstance(node.parent, (nodes.reference, nodes.title, pending_xref)):
                continue
            match = _CALL.match(node.astext())
            path = _paths().get(match[1]) if match else None
            if path is None:
                continue
            link = pending_xref(
                "",
                refdomain="py",
                reftype="obj",
                reftarget=path,
                refexplicit=True,
                refdoc=self.env.docname,
                refwarn=True,
            )
            node.replace_self(link)
            link += node


def _literal(role: str, rawtext: str, text: str, *_: Any) -> tuple[list[nodes.Node], list]:
    # Docstrings write code in single backticks, as Markdown does.
    shown = rawtext.strip("`") if rawtext.startswith("`") else text
    return [nodes.literal(rawtext, shown)], []


def setup(app: Sphinx) -> None:
    """Register the links and the meaning of single backticks."""
    roles.register_local_role("code-or-link", _literal)
    app.config.default_role = "code-or-link"
    app.add_transform(CodeLinks)
