"""The two packages that edutorch stands on, imported before all else: what is wrong with them is said in a sentence.

`edutorch doctor` begins by importing edutorch, as any command does, and must not end there: it is called from here.
"""

import os
import sys
from importlib import import_module

for _name in ("numpy", "ml_dtypes"):
    try:
        import_module(_name)
    except Exception as error:
        *_, program, command = ["", *sys.orig_argv]
        if command == "doctor" and os.path.splitext(os.path.basename(program))[0] == "edutorch":
            sys.exit(import_module("edutorch.doctor").main())  # by its name: it stands on a much higher floor
        raise ImportError(
            f"edutorch needs {_name}, which cannot be imported: {error}\n"
            "`python -m edutorch doctor` says what is missing, and the command that mends it.",
            name=getattr(error, "name", None),
        ) from error
