"""The project's own exceptions; every message names the file or frame and says what to do."""


class HyperReenactError(Exception):
    """Base of all errors a user is meant to read; the command line prints it in one line."""


class InputError(HyperReenactError):
    """A picture, video, folder or option given by the user cannot be used."""


class NoFaceError(InputError):
    """A picture or frame shows no face."""


class ModelError(HyperReenactError):
    """A weights file or model set is missing, damaged or belongs to another network."""


class OutputError(HyperReenactError):
    """The result cannot be written where the user asked for it."""


class TrainingError(HyperReenactError):
    """Training cannot start or go on with the data or settings given."""
