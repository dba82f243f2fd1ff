"""The report of :func:`lossbook.watch` from a trainer that has the loop: two lines for the reader.

Each module here needs a library that lossbook does not install; without it, its callback says which.
"""

__all__ = ["huggingface", "lightning"]


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name in __all__:
        return import_module(f"lossbook.integrations.{name}")
    raise AttributeError(f"module 'lossbook.integrations' has no attribute {name!r}; it has {', '.join(__all__)}")
