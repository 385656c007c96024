"""What builds the site beside Sphinx and its extensions: pages of the reference, and links between pages."""
