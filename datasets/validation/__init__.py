"""What a data set looks like as numbers: a table of measures, its findings, statistics, schemas, and a report.

Names load when first used; TensorFlow Data Validation and Beam are imported only by the functions that need them.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
