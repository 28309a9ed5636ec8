"""Executes a plan of notebooks with papermill on the tslab kernel: JSON on stdin, one JSON line a finished notebook on stdout.

The plan: {"jobs", "timeout" (seconds a cell), "notebooks": [{"src", "dst", "parameters"}]}; run.mjs makes it and prints the results.
"""
import json
import logging
import os
import resource
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path


def register_typescript() -> None:
    from papermill.translators import Translator, papermill_translators

    class TypeScript(Translator):
        """Assigns to the `let`s of the cell tagged `parameters`, so that tslab type-checks every value and name."""

        @classmethod
        def translate(cls, val):
            return json.dumps(val)

        @classmethod
        def comment(cls, text):
            return f"// {text}"

        @classmethod
        def assign(cls, name, value):
            return f"{name} = {value};"

        @classmethod
        def codify(cls, parameters, comment="Parameters"):
            return super().codify(parameters, comment) + "void 0;\n"  # or tslab prints the last assigned value

    papermill_translators.register("typescript", TypeScript)


def socket_folder():
    """Where Unix sockets may stand: their paths hold about 100 bytes, which a temporary folder's own path can use up. None: no Unix sockets here."""
    if not hasattr(socket, "AF_UNIX"):
        return None
    return next((folder for folder in (tempfile.gettempdir(), "/tmp") if len(folder.encode()) < 60 and os.access(folder, os.W_OK)), None)


def last_started(path: Path):
    """Index of the cell that was running when the kernel died or timed out."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError):
        return None
    return max((i for i, c in enumerate(cells) if c["metadata"].get("papermill", {}).get("start_time")), default=None)


def run_one(src: Path, dst: Path, parameters: dict, timeout: int) -> dict:
    import papermill
    from nbclient.exceptions import CellTimeoutError
    from traitlets.config import Config

    logging.getLogger("papermill").setLevel(logging.ERROR)
    register_typescript()
    beside = dst.with_name(f".{dst.stem}.{os.getpid()}.tmp.ipynb")  # papermill writes after each cell
    start, cpu, result = time.time(), cpu_of_children(), {"src": str(src), "ok": False}
    sockets = Path(tempfile.mkdtemp(prefix="stagecraft-", dir=socket_folder()))
    for attempt in (1, 2, 3):
        # Unix sockets: TCP ports are chosen by binding and letting go, and two kernels that start together may then share one.
        config = Config(KernelManager={"transport": "ipc", "connection_file": str(sockets / f"{attempt}.json")}) if socket_folder() else Config()
        try:
            papermill.execute_notebook(src, beside, parameters=parameters, kernel_name="tslab", language="typescript", cwd=str(src.parent),
                                       progress_bar=False, start_timeout=90, execution_timeout=timeout, iopub_timeout=60, config=config)
            result["ok"] = True
        except papermill.PapermillExecutionError as e:
            result |= {"cell": e.cell_index, "exec": e.exec_count, "source": e.source, "error": f"{e.ename}: {e.evalue}", "traceback": e.traceback}
        except CellTimeoutError:
            result |= {"cell": last_started(beside), "error": f"a cell took longer than {timeout} s"}
        except RuntimeError as e:  # DeadKernelError and "Kernel died before replying to kernel_info" (a port was taken meanwhile)
            if attempt < 3 and ("before replying to kernel_info" in str(e) or last_started(beside) is None):
                continue  # no cell had begun: nothing is hidden by a second start
            result |= {"cell": last_started(beside), "error": f"{type(e).__name__}: {e}"}
        except Exception as e:  # an unreadable notebook, a full disk
            result |= {"error": f"{type(e).__name__}: {e}"}
        break
    shutil.rmtree(sockets, ignore_errors=True)
    if beside.exists():
        os.replace(beside, dst if result["ok"] else dst.with_suffix(".failed.ipynb"))
    return result | {"seconds": round(time.time() - start, 1), "cpu": round(cpu_of_children() - cpu, 1)}


def cpu_of_children() -> float:
    """Seconds of CPU that kernels which have ended used: of this worker, which runs one notebook at a time."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def end_with_parent() -> None:
    """Ends this process group (workers, and by them their kernels) when the command that started it was killed outright."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os.killpg(0, signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def main() -> int:
    end_with_parent()
    plan = json.load(sys.stdin)
    failed = 0
    with ProcessPoolExecutor(plan["jobs"]) as pool:
        jobs = {pool.submit(run_one, Path(b["src"]), Path(b["dst"]), b["parameters"], plan["timeout"]): b["src"] for b in plan["notebooks"]}
        for job in as_completed(jobs):
            try:
                result = job.result()
            except Exception as e:  # a worker was killed
                result = {"src": jobs[job], "ok": False, "error": f"{type(e).__name__}: {e}", "seconds": 0}
            failed += not result["ok"]
            print(json.dumps(result), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
