"""Texts beside the lessons, and `site/`, which makes pages of them, of the lessons and of the docstrings."""
