"""The errors that the command line turns into one line."""


class RauError(ValueError):
    """Something the user can put right; the message names the file or argument and what to do."""


class DataError(RauError):
    """A folder, image or mask cannot be used as it is."""


class ExportError(RauError):
    """A model cannot be exported, or the exported file differs from the model."""


class OutputError(ExportError, DataError):
    """What a model gives for an image is not a probability; other images may be segmented all the same."""


class ModelFileError(ExportError, DataError):
    """A model file is damaged, hostile or of another form than expected, and was not opened."""


class UsageError(RauError):
    """What is wrong can be seen from the words of the call alone, such as an unknown name."""
