"""A web page that outlines lesions in the browser: nothing leaves it."""
