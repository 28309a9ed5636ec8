"""The same ETL in pandas: raw events through the same expectations to the same daily aggregates, visits and features as of a midnight."""

import glob
import resource
import time

from peer import config, serve

import numpy as np
import pandas as pd
import pyarrow

c = config()
pyarrow.set_cpu_count(c["threads"])
columns = ["request_id", "session_id", "user_id", "video_id", "day", "time_ms", "page", "position", "propensity", "click", "watch_ms", "like", "share", "hide", "follow", "campaign", "revenue_micros"]
expectations = [
    "no_missing_value", "known_user", "known_video", "day_of_partition", "time_in_day", "request_of_session", "user_has_joined", "video_is_live",
    "propensity_in_range", "flag_is_0_or_1", "no_watch_without_click", "watch_within_duration", "revenue_not_negative", "one_row_a_position", "one_video_once_a_page",
]
counts = {"impressions": ("click", "size"), "clicks": ("click", "sum"), "watch_ms": ("watch_ms", "sum")}


def checked(day, frame, users, videos):
    """Which expectation each row fails first (its place among `expectations`), -1 for none; the catalogue's columns beside."""
    joined = frame.merge(users[["user_id", "segment", "join_day"]], on="user_id", how="left").merge(videos[["video_id", "topic", "creator", "duration_bucket", "duration_ms", "upload_day"]], on="video_id", how="left")
    at = {name: joined[name].to_numpy() for name in columns}
    faults = [
        np.logical_or.reduce([joined[name].isna() for name in [*columns[:11], "campaign"]]),
        joined["segment"].isna(),
        joined["topic"].isna(),
        at["day"] != day,
        (at["time_ms"] < 0) | (at["time_ms"] > 86_399_999),
        at["request_id"] != at["session_id"] * 64 + at["page"],
        joined["join_day"] > at["day"],
        joined["upload_day"] > at["day"],
        ~((at["propensity"] > 0) & (at["propensity"] <= 1)),
        np.logical_or.reduce([at[flag] > 1 for flag in ("click", "like", "share", "hide", "follow")]),
        (at["click"] == 0) & (at["watch_ms"] != 0),
        (at["watch_ms"] < 0) | (at["watch_ms"] > joined["duration_ms"]),
        at["revenue_micros"] < 0,
        joined.duplicated(["request_id", "position"], keep=False),
        joined.duplicated(["request_id", "video_id", "campaign"], keep=False),
    ]
    joined["failed"] = np.select([np.asarray(mask) for mask in faults], np.arange(len(faults), dtype="int8"), np.int8(-1))
    return joined


def day_tables(day, frame, ads):
    clicked = frame[frame["click"] == 1]

    def sums(keys, rows=frame, **more):
        return part(keys, rows, **counts, **more)

    def part(keys, rows, **which):
        return rows.groupby(keys, sort=False).agg(**which).reset_index().assign(day=day)

    return {
        "video_days": sums(["video_id"], likes=("like", "sum"), shares=("share", "sum"), hides=("hide", "sum")),
        "user_days": sums(["user_id"], hides=("hide", "sum")),
        "user_topic_days": sums(["user_id", "topic"]),
        "user_format_days": sums(["user_id", "duration_bucket"]),
        "segment_topic_days": sums(["segment", "topic"]),
        "segment_video_days": sums(["segment", "video_id"]),
        "user_creator_days": part(["user_id", "creator"], frame[(frame["click"] == 1) | (frame["follow"] == 1)], clicks=("click", "sum"), watch_ms=("watch_ms", "sum"), follows=("follow", "sum")),
        "user_video_days": part(["user_id", "video_id"], clicked, clicks=("click", "sum")),
        "campaign_days": sums(["campaign"], rows=ads, revenue_micros=("revenue_micros", "sum")),
        "sessions": part(
            ["session_id", "user_id"], frame, start_ms=("time_ms", "min"), last_page_ms=("time_ms", "max"), pages=("request_id", "nunique"),
            impressions=("click", "size"), clicks=("click", "sum"), watch_ms=("watch_ms", "sum"), likes=("like", "sum"), hides=("hide", "sum"),
        ),
        "watches": clicked[["day", "user_id", "request_id", "position", "video_id", "time_ms", "watch_ms"]],
    }


def smoothed(total, count, prior, weight):
    return (total + weight * prior) / (count + weight)


def features(t, users, videos, day):
    """All midnight features as of the midnight before `day`, one frame an entity."""
    d = t["video_days"].merge(videos[["video_id", "duration_ms"]], on="video_id")
    n, k, w = (float(d[name].sum()) for name in ("impressions", "clicks", "watch_ms"))
    g = {
        "click": smoothed(k, n, 0.1, 20), "watch": smoothed(w / 1000, n, 3, 20), "per_click": smoothed(w / 1000, k, 30, 20), "like": smoothed(d["likes"].sum(), k, 0.05, 20),
        "hide": smoothed(d["hides"].sum(), n, 0.005, 20), "completion": (w + 20 * 30000) / (float((d["clicks"] * d["duration_ms"]).sum()) + 20 * 100000),
    }
    # users
    ud = t["user_days"]
    total = ud.groupby("user_id").agg(impressions=("impressions", "sum"), clicks=("clicks", "sum"), watch_ms=("watch_ms", "sum"), hides=("hides", "sum"), last_day=("day", "max"))
    for window in (1, 7, 28):
        recent = ud[ud["day"] >= day - window].groupby("user_id")[["clicks", "watch_ms"]].sum()
        total[f"clicks_{window}d"], total[f"watch_ms_{window}d"] = recent["clicks"], recent["watch_ms"]
    u = users.set_index("user_id").join(total)
    inactive = (day - u["last_day"]).fillna(30)
    u = u.fillna(0)
    user = pd.DataFrame({
        "user_click_rate": smoothed(u["clicks"], u["impressions"], g["click"], 30), "user_watch_rate": np.log1p(smoothed(u["watch_ms"] / 1000, u["impressions"], g["watch"], 30)),
        "user_log_impressions": np.log1p(u["impressions"]), "user_inactive_days": np.log1p(inactive),
        **{f"user_clicks_{i}d": np.log1p(u[f"clicks_{i}d"]) for i in (1, 7, 28)}, **{f"user_watch_{i}d": np.log1p(u[f"watch_ms_{i}d"] / 1000) for i in (1, 7, 28)},
        "user_account_days": np.log1p((day - u["join_day"]).clip(lower=0)),
    }).astype("float32")
    # videos
    vd = t["video_days"]
    vt = vd.groupby("video_id")[["impressions", "clicks", "watch_ms", "likes", "hides"]].sum()
    recent = vd[vd["day"] >= day - 3].groupby("video_id")[["impressions", "watch_ms"]].sum()
    vt["recent_impressions"], vt["recent_watch_ms"] = recent["impressions"], recent["watch_ms"]
    v = videos.set_index("video_id").join(vt).fillna(0)
    topic = v.groupby("topic")[["impressions", "clicks", "watch_ms"]].transform("sum")
    parent = v.groupby(["creator", "topic"])[["impressions", "clicks", "watch_ms"]].transform("sum")
    topic_click = smoothed(topic["clicks"], topic["impressions"], g["click"], 200)
    topic_watch = smoothed(topic["watch_ms"] / 1000, topic["impressions"], g["watch"], 200)
    topic_per_click = smoothed(topic["watch_ms"] / 1000, topic["clicks"], g["per_click"], 50)
    parent_click = smoothed(parent["clicks"], parent["impressions"], topic_click, 60)
    parent_watch = smoothed(parent["watch_ms"] / 1000, parent["impressions"], topic_watch, 60)
    parent_per_click = smoothed(parent["watch_ms"] / 1000, parent["clicks"], topic_per_click, 15)
    rate = smoothed(v["watch_ms"] / 1000, v["impressions"], parent_watch, 40)
    video = pd.DataFrame({
        "video_click_rate": smoothed(v["clicks"], v["impressions"], parent_click, 40), "video_watch_rate": np.log1p(rate),
        "video_watch_per_click": np.log1p(smoothed(v["watch_ms"] / 1000, v["clicks"], parent_per_click, 10)),
        "video_recent_watch_lift": np.log(smoothed(v["recent_watch_ms"] / 1000, v["recent_impressions"], rate, 40) / rate),
        "video_log_impressions": np.log1p(v["impressions"]), "video_completion": smoothed(v["watch_ms"] / v["duration_ms"], v["clicks"], g["completion"], 10),
        "video_like_rate": smoothed(v["likes"], v["clicks"], g["like"], 20), "video_hide_rate": smoothed(v["hides"], v["impressions"], g["hide"], 50),
        "video_age_days": np.log1p((day - v["upload_day"]).clip(lower=0)),
    }).astype("float32")
    by_creator = v.groupby("creator")[["impressions", "clicks", "watch_ms"]].sum()
    creator = pd.DataFrame({
        "creator_click_rate": smoothed(by_creator["clicks"], by_creator["impressions"], g["click"], 100),
        "creator_watch_rate": np.log1p(smoothed(by_creator["watch_ms"] / 1000, by_creator["impressions"], g["watch"], 100)),
    }).astype("float32")
    # pairs
    own = pd.DataFrame({
        "watch_ms": total["watch_ms"], "click_rate": smoothed(total["clicks"], total["impressions"], g["click"], 30),
        "watch_rate": smoothed(total["watch_ms"] / 1000, total["impressions"], g["watch"], 30), "per_click": smoothed(total["watch_ms"] / 1000, total["clicks"], g["per_click"], 10),
    })

    def pair(table, key):
        p = t[table].groupby(["user_id", key], sort=False)[["impressions", "clicks", "watch_ms"]].sum().reset_index()
        r = own.loc[p["user_id"]].reset_index(drop=True)
        out = {"click_lift": np.log(smoothed(p["clicks"], p["impressions"], r["click_rate"], 20) / r["click_rate"]), "watch_lift": np.log(smoothed(p["watch_ms"] / 1000, p["impressions"], r["watch_rate"], 20) / r["watch_rate"])}
        if key == "topic":
            out["watch_share"] = p["watch_ms"] / 1000 / (r["watch_ms"] / 1000 + 60)
        return pd.DataFrame(out).astype("float32")

    s = t["segment_topic_days"].groupby(["segment", "topic"])[["impressions", "clicks", "watch_ms"]].sum().reset_index()
    all_topic = s.groupby("topic")[["impressions", "clicks", "watch_ms"]].transform("sum")
    prior_click, prior_watch = smoothed(all_topic["clicks"], all_topic["impressions"], g["click"], 200), smoothed(all_topic["watch_ms"] / 1000, all_topic["impressions"], g["watch"], 200)
    segment_topic = pd.DataFrame({
        "click_lift": np.log(smoothed(s["clicks"], s["impressions"], prior_click, 200) / prior_click), "watch_lift": np.log(smoothed(s["watch_ms"] / 1000, s["impressions"], prior_watch, 200) / prior_watch),
    }).astype("float32")
    uc = t["user_creator_days"].groupby(["user_id", "creator"], sort=False)[["clicks", "watch_ms", "follows"]].sum().astype("float64").reset_index()
    r = own.loc[uc["user_id"]].reset_index(drop=True)
    user_creator = pd.DataFrame({
        "log_clicks": np.log1p(uc["clicks"]), "follows": (uc["follows"] > 0).astype("float64"), "watch_lift": np.log(smoothed(uc["watch_ms"] / 1000, uc["clicks"], r["per_click"], 3) / r["per_click"]),
    }).astype("float32")
    return {"user": user, "video": video, "creator": creator, "user_topic": pair("user_topic_days", "topic"), "user_format": pair("user_format_days", "duration_bucket"), "segment_topic": segment_topic, "user_creator": user_creator}


def run():
    began, cpu = time.perf_counter(), time.process_time()
    users, videos = (pd.read_parquet(f"{c['catalogue']}/{name}.parquet") for name in ("users", "videos"))
    parts, quarantined, rows, bad = [], [], 0, {}
    for day, path in enumerate(sorted(glob.glob(f"{c['log']}/day=*/impressions.parquet"))):
        frame = checked(day, pd.read_parquet(path, columns=columns), users, videos)
        rows += len(frame)
        faulty = frame[frame["failed"] >= 0]
        for place, n in faulty["failed"].value_counts().items():
            bad[expectations[place]] = bad.get(expectations[place], 0) + int(n)
        quarantined.append(faulty)
        clean = frame[frame["failed"] < 0]
        parts.append(day_tables(day, clean[clean["campaign"] == 0], clean[clean["campaign"] > 0]))
    tables = {name: pd.concat([part[name] for part in parts], ignore_index=True) for name in parts[0]}
    pd.concat(quarantined, ignore_index=True)
    made = features(tables, users, videos, len(parts))
    seconds, used = time.perf_counter() - began, time.process_time() - cpu
    integers = {name: [len(table), *(int(table[column].astype("int64").sum()) for column in ("impressions", "clicks", "watch_ms") if column in table)] for name, table in tables.items()}
    reals = {name: [len(table), float(table.to_numpy("float64").sum())] for name, table in made.items()}
    return {"work": rows, "seconds": seconds, "cpuSeconds": used, "integers": integers, "reals": reals, "failed": bad, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}


serve(["pandas", "numpy", "pyarrow"], {"run": run})
