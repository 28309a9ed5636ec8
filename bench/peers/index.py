"""HNSW of faiss and hnswlib over the vectors and queries that Stagecraft wrote, one thread, the same links and candidates while adding;
each engine's candidates while searching are the least of a ladder whose recall is that asked for."""

import time

import numpy
import peer

given = peer.config()
dims, k, links, adding, target = (given[name] for name in ("dims", "k", "links", "adding", "target"))
vectors = numpy.fromfile(given["vectors"], dtype=numpy.float32).reshape(-1, dims)
queries = numpy.fromfile(given["queries"], dtype=numpy.float32).reshape(-1, dims)
exact = numpy.fromfile(given["exact"], dtype=numpy.int32).reshape(len(queries), k)


def open_faiss():
    import faiss

    faiss.omp_set_num_threads(1)
    index = faiss.IndexHNSWFlat(dims, links, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = adding

    def search(query, width):
        index.hnsw.efSearch = width
        return index.search(query, k)[1]

    return lambda: index.add(vectors), search


def open_hnswlib():
    import hnswlib

    index = hnswlib.Index(space="ip", dim=dims)
    index.init_index(max_elements=len(vectors), M=links, ef_construction=adding, random_seed=42)
    index.set_num_threads(1)

    def search(query, width):
        index.set_ef(width)
        return index.knn_query(query, k=k, num_threads=1)[0]

    return lambda: index.add_items(vectors, numpy.arange(len(vectors)), num_threads=1), search


build, search = {"faiss": open_faiss, "hnswlib": open_hnswlib}[given["engine"]]()
began, cpu = time.perf_counter(), time.process_time()
build()
built = {"buildSeconds": time.perf_counter() - began, "buildCpuSeconds": time.process_time() - cpu}


def recall_at(width):
    found = [len(set(search(query[None], width)[0]) & set(truth)) for query, truth in zip(queries, exact)]
    return sum(found) / (k * len(queries))


def calibrate():
    for width in given["widths"]:
        recall = recall_at(width)
        if recall >= target:
            break
    calibrate.width = width
    return {**built, "width": width, "recall": recall}


def repeat():
    times = []
    cpu = time.process_time()
    for query in queries:
        began = time.perf_counter()
        search(query[None], calibrate.width)
        times.append(time.perf_counter() - began)
    times.sort()
    return {
        "work": len(times),
        "seconds": sum(times),
        "cpuSeconds": time.process_time() - cpu,
        "p50Ms": 1000 * times[len(times) // 2],
        "p99Ms": 1000 * times[min(len(times) - 1, int(0.99 * len(times)))],
    }


peer.serve({"faiss": ["faiss-cpu"], "hnswlib": ["chroma-hnswlib"]}[given["engine"]], {"check": calibrate, "run": repeat})
