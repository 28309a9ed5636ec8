"""Reads every record set of a Croissant description; prints counts and sums of numbers by field as one JSON line."""

import json
import sys

import mlcroissant

dataset = mlcroissant.Dataset(sys.argv[1])
answer = {}
for record_set in dataset.metadata.record_sets:
    count, sums = 0, {}
    for record in dataset.records(record_set.name):
        count += 1
        for field, value in record.items():
            if not isinstance(value, (bytes, str)):
                name = field.split("/")[-1]
                sums[name] = sums.get(name, 0) + float(value)
    answer[record_set.name] = {"count": count, "sums": sums}
print(json.dumps(answer))
