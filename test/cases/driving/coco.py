"""Records what pycocotools gives on random boxes, for coco.test.ts: `python coco.py > coco.json`. Needs pycocotools from PyPI."""

import contextlib
import importlib.metadata
import io
import json

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

random = np.random.default_rng(1)
IGNORED = 5e6  # an area beyond every range: how a truth that is no crowd is ignored


def boxes(count, pictures, kinds):
    corner = random.integers(0, 240, (count, 2)) / 4
    size = random.integers(8, 120, (count, 2)) / 4
    return [
        {"picture": int(random.integers(pictures)), "kind": int(random.integers(kinds)), "box": [*map(float, c), *map(float, s)]}
        for c, s in zip(corner, size)
    ]


def near(one):
    """A truth's box, moved and stretched a little."""
    box = np.array(one["box"]) + random.integers(-12, 13, 4) / 4
    return {**one, "box": [*map(float, box[:2]), *map(float, np.maximum(box[2:], 1))]}


def judged(name, truths, found, kinds, pictures, most=100, area=None):
    data = {
        "images": [{"id": i + 1} for i in range(pictures)],
        "categories": [{"id": k + 1} for k in range(kinds)],
        "annotations": [
            {
                "id": i + 1, "image_id": t["picture"] + 1, "category_id": t["kind"] + 1, "bbox": t["box"], "iscrowd": 0,
                "area": IGNORED if t["ignored"] else t["box"][2] * t["box"][3],
            }
            for i, t in enumerate(truths)
        ],
    }
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = data
        coco.createIndex()
        results = coco.loadRes(
            [{"image_id": f["picture"] + 1, "category_id": f["kind"] + 1, "bbox": f["box"], "score": f["score"]} for f in found]
        )
        run = COCOeval(coco, results, "bbox")
        run.params.maxDets = [most]
        run.params.areaRng = [area or [0, 1e6]]
        run.params.areaRngLbl = ["all"]
        run.evaluate()
        run.accumulate()
    precision, recall = run.eval["precision"][:, :, :, 0, 0], run.eval["recall"][:, :, 0, 0]
    there = precision[0, 0] > -1
    flat = lambda all: {
        "picture": [one["picture"] for one in all], "kind": [one["kind"] for one in all],
        "box": [x for one in all for x in one["box"]],
    }
    return {
        "name": name, "kinds": kinds, "most": most, "area": area,
        "truths": {**flat(truths), "ignored": [int(t["ignored"]) for t in truths]},
        "found": {**flat(found), "score": [f["score"] for f in found]},
        "ap": float(precision[:, :, there].mean()), "ap50": float(precision[0][:, there].mean()),
        "byKind": [float(precision[:, :, k].mean()) if there[k] else None for k in range(kinds)],
        "recall": float(recall[:, there].mean()),
    }


def case(name, count, pictures, kinds, ties=False, ignored=0.0, spare=0.5, empty=None, **how):
    truths = [{**b, "ignored": bool(random.random() < ignored)} for b in boxes(count, pictures, kinds)]
    truths = [t for t in truths if t["kind"] != empty]
    found = [near(t) for t in truths for _ in range(random.integers(0, 3))] + boxes(int(spare * count), pictures, kinds)
    for f in found:
        f["score"] = float(random.integers(1, 5) / 8 if ties else random.integers(1, 2**20) / 2**20)
    return judged(name, truths, found, kinds, pictures, **how)


print(json.dumps({
    "pycocotools": importlib.metadata.version("pycocotools"),
    "cases": [
        case("distinct scores", 40, 8, 3),
        case("ties within and across pictures", 40, 6, 2, ties=True),
        case("ignored truths", 40, 5, 2, ignored=0.4),
        case("a kind without a truth", 20, 4, 3, empty=1),
        case("two detections of a picture and kind at most", 30, 3, 2, most=2),
        case("a range of areas", 50, 6, 2, area=[150, 500]),
        case("a range of areas, ignored truths and ties", 50, 5, 2, ties=True, ignored=0.3, area=[100, 600]),
    ],
}))
