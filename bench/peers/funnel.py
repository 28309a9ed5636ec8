"""One page request at a time through retrieve, rank and re-rank, in numpy with onnxruntime and usearch, on the files of Stagecraft's funnel.

Vectorised as one would write it for speed in Python. Features are gathered from tables by video, request, topic, format, creator and
language and encoded (vocabulary, standardise, clip), so that the ranker reads the same rows as in Stagecraft.
"""

import json
import os
import time

from peer import config, serve

import numpy as np
import onnxruntime
from usearch.index import Index

c = config()
live, wide, deep, requests = c["live"], c["wide"], c["deep"], c["requests"]


def load(name, dtype, *shape):
    return np.fromfile(os.path.join(c["folder"], name), dtype=dtype).reshape(shape)


def session(directory, name):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(os.path.join(directory, name), options, providers=["CPUExecutionProvider"])


class Encoder:
    """Raw rows to table rows and standardised numbers."""

    def __init__(self, directory, card, name):
        with open(os.path.join(directory, card)) as file:
            encoding = json.load(file)["encodings"][name]
        self.names = [column["name"] for column in encoding["schema"]["categories"]]
        sizes = [column["cardinality"] for column in encoding["schema"]["categories"]]
        self.rows = []
        for size, ids in zip(sizes, encoding["vocabularies"]):
            table = np.zeros(size, np.int32)
            table[np.asarray(ids, np.int64)] = np.arange(1, len(ids) + 1)
            self.rows.append(table)
        self.means = np.asarray(encoding["means"])
        deviations = np.asarray(encoding["deviations"])
        self.inverse = np.divide(1.0, deviations, out=np.zeros_like(deviations), where=deviations > 0)
        self.clip = encoding["config"]["clip"]

    def __call__(self, categories, numbers):
        encoded = np.empty_like(categories)
        for k, table in enumerate(self.rows):
            encoded[:, k] = table[categories[:, k]]
        scaled = np.clip((numbers - self.means) * self.inverse, -self.clip, self.clip).astype(np.float32)
        return encoded, scaled


def feeds(model, categories, numbers):
    names = {i.name: i.type for i in model.get_inputs()}
    out = {"numbers": numbers}
    if "categories" in names:
        out["categories"] = categories.astype(np.int64) if "int64" in names["categories"] else categories
    return {name: value for name, value in out.items() if name in names}


video_categories = load("video.categories", np.int32, live, wide)
video_numbers = load("video.numbers", np.float32, live, deep)
request_categories = load("request.categories", np.int32, requests, wide)
request_numbers = load("request.numbers", np.float32, requests, deep)
category_of = {key: [k for k, of in enumerate(c["keys"]["categories"]) if of == key] for key in ("video", "request")}
number_of = {key: np.array([k for k, of in enumerate(c["keys"]["numbers"]) if of == key], np.int64) for key in ("video", "request", *c["tables"])}
crossed = []
for key, table in c["tables"].items():
    columns = number_of[key]
    if len(columns):
        crossed.append((columns, video_categories[:, table["place"]].copy(), load(f"{key}.numbers", np.float32, requests, table["size"], len(columns))))

ranker, rank_encoder = session(c["rankerDir"], "ranker.onnx"), Encoder(c["rankerDir"], "ranker.json", "ranker")
query_tower, query_encoder = session(c["twoTowerDir"], "query-tower.onnx"), Encoder(c["twoTowerDir"], "two-tower.json", "query")
candidate_tower, candidate_encoder = session(c["twoTowerDir"], "candidate-tower.onnx"), Encoder(c["twoTowerDir"], "two-tower.json", "candidate")
query_categories, query_numbers = load("query.categories", np.int32, requests, c["queryWide"]), load("query.numbers", np.float32, requests, c["queryDeep"])
seen = load("seen", np.uint8, requests, live).astype(bool)
rows = candidate_encoder(load("candidate.categories", np.int32, live, c["candidateWide"]), load("candidate.numbers", np.float32, live, c["candidateDeep"]))
vectors = candidate_tower.run(["embedding"], feeds(candidate_tower, *rows))[0]
index = Index.restore(c["indexPath"])
if len(index) < live:
    index.add(np.arange(len(index), live), vectors[len(index):live], threads=1)
popular = np.argsort(-load("popularity", np.float64, live), kind="stable")[: c["candidates"] + 300]
topic, creator = video_categories[:, c["tables"]["topic"]["place"]], video_categories[:, c["tables"]["creator"]["place"]]
luck = np.random.default_rng(c["seed"])
quota = {name: int(share * c["candidates"] + 1e-9) for name, share in c["shares"].items()}
spare = 64


def retrieve(r):
    query = query_tower.run(["embedding"], feeds(query_tower, *query_encoder(query_categories[r : r + 1], query_numbers[r : r + 1])))[0][0]
    nearest = index.search(query, min(quota["twoTower"] + spare, live), threads=1).keys.astype(np.int64)
    scores = vectors[c["firstFresh"] : live] @ query
    k = min(quota["fresh"] + spare, len(scores))
    best = np.argpartition(-scores, k - 1)[:k] if k else np.empty(0, np.int64)
    fresh = c["firstFresh"] + best[np.argsort(-scores[best], kind="stable")]
    offers = [(nearest, quota["twoTower"]), (popular, quota["popular"]), (fresh, quota["fresh"])]
    taken = seen[r].copy()
    picked, left = [], []
    for ids, places in offers:
        free = ids[~taken[ids]]
        picked.append(free[:places])
        taken[free[:places]] = True
        left.append(free[places:])
    room = c["candidates"] - sum(map(len, picked))
    for free in left:
        more = free[~taken[free]][:room]
        picked.append(more)
        taken[more] = True
        room -= len(more)
    return np.concatenate(picked)


def score(r, videos):
    categories = video_categories[videos]
    categories[:, category_of["request"]] = request_categories[r, category_of["request"]]
    numbers = video_numbers[videos]
    numbers[:, number_of["request"]] = request_numbers[r, number_of["request"]]
    for columns, key, table in crossed:
        numbers[:, columns] = table[r][key[videos]]
    click, watch = ranker.run(["click_probability", "watch_ms"], feeds(ranker, *rank_encoder(categories, numbers)))
    return click.reshape(-1), watch.reshape(-1)


def rerank(videos, scores):
    config = c["rerank"]
    depth = min(config["depth"], len(videos))
    best = np.argpartition(-scores, depth - 1)[:depth]
    best = best[np.argsort(-scores[best], kind="stable")]
    ids, relevance = videos[best], scores[best].astype(np.float64)
    span = relevance[0] - relevance[-1]
    relevance = (relevance - relevance[-1]) / span if span > 0 else np.ones(depth)
    weights, weight = config["similarity"], config["mmrLambda"]
    topics, creators = topic[ids], creator[ids]
    nearest, gains, pool = np.zeros(depth), [], []
    closed = np.zeros(depth, bool)
    while len(pool) < config["pool"]:
        gain = np.where(closed, -np.inf, weight * relevance - (1 - weight) * nearest)
        at = int(np.argmax(gain))
        if gain[at] == -np.inf:
            break
        pool.append(at)
        gains.append(gain[at])
        closed[at] = True
        same = creators == creators[at]
        if sum(creators[p] == creators[at] for p in pool) >= config["creatorCap"]:
            closed |= same
        np.maximum(nearest, weights["topic"] * (topics == topics[at]) + weights["creator"] * same, out=nearest)
    score_of = np.asarray(gains) / config["temperature"]
    drawn = np.argsort(-(score_of + luck.gumbel(size=len(pool))))[: config["slots"]]
    left = np.exp(score_of - score_of.max())
    total = left.sum()
    propensities = []
    for at in drawn:
        propensities.append(left[at] / total)
        total -= left[at]
    return ids[np.asarray(pool)[drawn]], propensities


def recommend(r):
    videos = retrieve(r)
    click, watch = score(r, videos)
    return rerank(videos, click * watch)


def run():
    times = np.empty(requests)
    for r in range(requests):
        began = time.perf_counter()
        recommend(r)
        times[r] = time.perf_counter() - began
    return {"work": requests, "seconds": float(times.sum()), "p50Ms": float(np.quantile(times, 0.5) * 1e3), "p99Ms": float(np.quantile(times, 0.99) * 1e3)}


def check():
    videos = np.arange(c["checked"])
    expected = load("expected", np.float32, c["checks"], c["checked"])
    return {"worst": max(float(np.abs(score(r, videos)[0] - expected[r]).max()) for r in range(c["checks"]))}


serve(["onnxruntime", "usearch", "numpy"], {"run": run, "check": check})
