"""Helpers around modules: gradient clipping, flat parameter vectors, parametrizations."""
