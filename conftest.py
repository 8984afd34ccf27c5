"""For all of pytest: the notebook machinery, which must be loaded before any notebook is collected."""

pytest_plugins = ["tests.notebooks.nbval_plugin"]
