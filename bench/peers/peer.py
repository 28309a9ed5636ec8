"""What all peers share: the config is the argument, one line in is one repetition, one JSON line out is its result."""

import importlib.metadata
import importlib.util
import json
import sys
import types


def config():
    return json.loads(sys.argv[1])


def serve(packages, modes):
    """Says which versions are here, then runs `modes[line]()` for each line read, until the input ends."""
    out = sys.stdout
    sys.stdout = sys.stderr  # what libraries print must not stand among the answers

    def say(record):
        out.write(json.dumps(record) + "\n")
        out.flush()

    say({"versions": {name: importlib.metadata.version(name) for name in packages}})
    for line in sys.stdin:
        say(modes[line.strip()]())


def bare(*names):
    """Lets a package's submodules be imported without its __init__, which would pull in what is not measured (torch, dopamine, plots)."""
    for name in names:
        spec = importlib.util.find_spec(name)
        if spec is None:
            raise ImportError(f"{name} is not installed")
        module = types.ModuleType(name)
        module.__path__ = list(spec.submodule_search_locations)
        sys.modules[name] = module
