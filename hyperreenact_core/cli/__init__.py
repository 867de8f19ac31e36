"""The command line.

Each command is a module with `register(subparsers)`, which sets `run=` on its parser: a function
of the parsed arguments that returns nothing or an exit code. torch and everything that needs it
is imported inside `run`, so that help and complaints about arguments come at once.
"""
