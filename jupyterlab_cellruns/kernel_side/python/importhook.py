"""Be told when a module is imported, without importing it and without a frame of ours in any traceback."""

from __future__ import annotations

import ast
import sys


class _Watcher:
    """A finder that finds nothing itself: it lets the others find the module and adds a last line to its code."""

    def __init__(self, name, before, after):
        self.name = name
        self.before = before
        self.after = after
        self.busy = False

    def find_spec(self, name, path=None, target=None):
        if name != self.name or self.busy:
            return None
        self.busy = True
        try:
            spec = None
            for finder in sys.meta_path:
                find = getattr(finder, "find_spec", None)
                if finder is self or find is None:
                    continue
                spec = find(name, path, target)
                if spec is not None:
                    break
            if spec is not None and spec.loader is not None:
                self._prepare(spec.loader)
                self.before()
            return spec
        finally:
            self.busy = False

    def _prepare(self, loader):
        # Not a wrapper of exec_module: its frame would show in the traceback of an mlflow that fails to import.
        # get_code has returned by the time the module's code runs.
        original = getattr(loader, "get_code", None)
        get_source = getattr(loader, "get_source", None)
        if original is None or get_source is None:
            return
        def get_code(fullname):
            code = original(fullname)
            try:
                if fullname == self.name and code is not None:
                    return self._with_call(code, get_source(fullname))
            except Exception:
                pass
            return code

        try:
            loader.get_code = get_code
        except AttributeError:
            pass

    def _with_call(self, code, source):
        tree = ast.parse(source, code.co_filename)
        call = ast.parse("__import__('_cellruns.importhook').importhook.done(%r)" % self.name).body[0]
        line = tree.body[-1].lineno if tree.body else 1
        for node in ast.walk(call):
            if hasattr(node, "lineno"):
                node.lineno = node.end_lineno = line
        tree.body.append(call)
        return compile(tree, code.co_filename, "exec", dont_inherit=True)


def watch(name, before, after):
    """Call `before()` when the import of `name` begins and `after()` when its module has run to the end."""
    sys.meta_path.insert(0, _Watcher(name, before, after))


def done(name):
    """Called by the added last line of the watched module."""
    for finder in list(sys.meta_path):
        if isinstance(finder, _Watcher) and finder.name == name:
            sys.meta_path.remove(finder)
            finder.after()
