"""Studies: grids of trainings, scored, compared and written down beside what publications print."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
