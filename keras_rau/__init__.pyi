from . import (
    datasets as datasets,
)
from . import (
    evaluation as evaluation,
)
from . import (
    export as export,
)
from . import (
    layers as layers,
)
from . import (
    losses as losses,
)
from . import (
    metrics as metrics,
)
from . import (
    models as models,
)
from . import (
    pretrained as pretrained,
)
from . import (
    study as study,
)
from . import (
    training as training,
)
from ._version import __version__ as __version__

__all__ = [
    "__version__",
    "datasets",
    "evaluation",
    "export",
    "layers",
    "losses",
    "metrics",
    "models",
    "pretrained",
    "study",
    "training",
]
