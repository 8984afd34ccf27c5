"""The browsable reference: `python -m docs.site` (or `make docs`) writes it to `build/site`.

`catalogue.py` what is public and on which page it stands · `docstring.py` and `formula.py` how a docstring is read ·
`entries.py` and `listings.py` how it is shown · `sources.py` the pages of source · `sidebar.py` the sidebar ·
`mathml.py` formulas for browsers · `stage.py` the pages' texts, before Sphinx sees them · `conf.py` Sphinx's settings ·
`links.py` the check of what came out.
"""
