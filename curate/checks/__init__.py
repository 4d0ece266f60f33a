"""One file a reason code. Every module in this folder is imported, so a new file is all that a new check needs."""

from importlib import import_module
from pkgutil import iter_modules

for _module in sorted(module.name for module in iter_modules(__path__)):
    import_module(f"{__name__}.{_module}")
