"""Settings of the site (`make docs`)."""

import os
import sys
from pathlib import Path

from sphinx.application import Sphinx

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# The package that is installed is documented, not the source folder beside it.
sys.path.insert(0, str(Path(__file__).parent))

from site_build import code_links, command_pages, docstrings, leaving_links, reference_pages

from keras_rau import __version__

project = "keras-rau"
release = version = __version__
author = "the keras-rau developers"
html_title = f"keras-rau {release}"
language = "en"
# Quotation marks and ellipses; not dashes, which options such as --debug begin with.
smartquotes_action = "qe"

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "situations", "site_build", "**/GALLERY_HEADER.rst", "sg_execution_times.rst"]

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_last_updated_fmt = None
html_theme_options = {"navigation_with_keys": True}
copybutton_exclude = ".linenos, .gp, .go"
pygments_style, pygments_dark_style = "friendly", "github-dark"

# Anchors of headings as GitHub makes them, so that links work in both places.
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence", "deflist"]

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
# Keras's machinery that every layer, model, loss and metric overrides; nobody calls it.
autodoc_default_options = {
    "members": True,
    "exclude-members": "build, call, compute_output_shape, get_config, from_config, compute_loss, compute_metrics",
}
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_rtype = False
napoleon_custom_sections = [("Call arguments", "params_style"), ("Shape", "notes_style"), ("Source", "notes_style")]

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    # They train: too long for every build. Their pictures are made by docs/pictures.py, and tests run them.
    "plot_gallery": False,
    # Pictures stand inside the notebooks, which are downloaded without the site.
    "notebook_images": True,
    "default_thumb_file": str(Path(__file__).parent / "images" / "phantoms.jpg"),
    "filename_pattern": r"$^",
    "show_memory": False,
    "show_signature": False,
    "min_reported_time": 10_000,
    "within_subsection_order": "ExampleTitleSortKey",
    "download_all_examples": False,
    "remove_config_comments": True,
}


def setup(app: Sphinx) -> None:
    """Add what is ours."""
    app.connect("builder-inited", reference_pages.write)
    app.connect("builder-inited", command_pages.write)
    docstrings.setup(app)
    leaving_links.setup(app)
    code_links.setup(app)
