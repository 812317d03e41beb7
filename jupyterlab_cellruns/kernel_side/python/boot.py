# Run by IPython as PYTHONSTARTUP in the user's namespace, so it may bind no name: expressions only.
(lambda scope: exec(scope["code"], scope))({
    "__name__": "_cellruns_boot",
    "code": """
import os, sys
original = os.environ.pop("CELLRUNS_PYTHONSTARTUP", None)
here = os.environ.pop("PYTHONSTARTUP", "")
if original:
    os.environ["PYTHONSTARTUP"] = original
try:
    if "_cellruns" not in sys.modules and os.environ.get("CELLRUNS_KERNEL"):
        from importlib import util
        folder = os.path.dirname(here)
        spec = util.spec_from_file_location(
            "_cellruns", os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
        )
        module = util.module_from_spec(spec)
        sys.modules["_cellruns"] = module
        spec.loader.exec_module(module)
        module.attach()
except Exception:
    sys.modules.pop("_cellruns", None)
if original and os.path.isfile(original):
    get = sys.modules["IPython"].get_ipython
    get().safe_execfile(original, get().user_ns)
""",
})
