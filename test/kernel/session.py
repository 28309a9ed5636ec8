"""Runs cells on one real kernel, for the tests: a list of cells as JSON on stdin, what each gave as JSON on stdout.

A cell: {"name", "code", "stopOnError": bool, "queued": bool (sent at once, without waiting for the one before), "interruptAfter": seconds}.
"""
import json
import sys
import time

from jupyter_client.manager import KernelManager

TIMEOUT = 40


def gather(client, wanted):
    """All messages until each wanted request is idle and has its reply."""
    got = {m: {"stdout": "", "stderr": "", "error": None, "data": []} for m in wanted}
    idle, replied, end = set(), set(), time.time() + TIMEOUT
    while (idle != set(wanted) or replied != set(wanted)) and time.time() < end:
        for read, wait in ((client.get_iopub_msg, 0.05), (client.get_shell_msg, 0)):
            try:
                message = read(timeout=wait)
            except Exception:  # queue.Empty: nothing yet
                continue
            parent, kind, content = message["parent_header"].get("msg_id"), message["msg_type"], message["content"]
            if parent not in got:
                continue
            if kind == "stream":
                got[parent][content["name"]] += content["text"]
            elif kind in ("display_data", "update_display_data"):
                got[parent]["data"].append(content["data"])
            elif kind == "error":
                got[parent]["error"] = content
            elif kind == "status" and content["execution_state"] == "idle":
                idle.add(parent)
            elif kind == "execute_reply":
                replied.add(parent)
                got[parent]["status"] = content["status"]
    for m in wanted:
        if m not in idle or m not in replied:
            got[m]["status"] = "hangs"
    return [got[m] for m in wanted]


def main():
    cells = json.load(sys.stdin)
    manager = KernelManager(kernel_name="tslab")
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    results = {}
    try:
        client.wait_for_ready(timeout=60)
        batch = []
        for i, cell in enumerate(cells):
            request = client.execute(cell["code"], stop_on_error=cell.get("stopOnError", True))
            batch.append((cell["name"], request))
            if i + 1 < len(cells) and cells[i + 1].get("queued"):
                continue
            if "interruptAfter" in cell:
                time.sleep(cell["interruptAfter"])
                manager.interrupt_kernel()
            for (name, _), result in zip(batch, gather(client, [r for _, r in batch])):
                results[name] = result
                if result["status"] == "hangs":
                    print(json.dumps(results))
                    return
            if any(r["status"] == "error" for r in results.values()) and cell.get("stopOnError", True):
                time.sleep(0.25)  # the kernel drops what comes within 200 ms of an error
            batch = []
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    print(json.dumps(results))


main()
