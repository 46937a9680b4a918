#!/usr/bin/env python3
"""statsforecast beside Orderpoint: accuracy and CPU time of one thread on one file of series.

usage: forecast_peers.py FILE [--models AutoETS,AutoCES,DOT] [--limit N] [--out FORECASTS.csv]

A line of FILE is `id,season_length,horizon,v1,v2,...`; its last `horizon` values are the test part.
Prints one JSON line a model: mean sMAPE (%), mean MASE, OWA against the seasonal naive, CPU ms a series.
Measured with statsforecast 2.1.1, numpy 2.4.6. Models are called one series at a time, without the
data-frame layer, so that their cost is the fit alone.
"""
import argparse, json, os, time

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
import warnings

import numpy as np
import statsforecast.models as models

warnings.filterwarnings("ignore")

MAKERS = {
    "SeasonalNaive": lambda m: models.SeasonalNaive(season_length=m),
    "AutoETS": lambda m: models.AutoETS(season_length=m),
    "ETS_ANA": lambda m: models.AutoETS(season_length=m, model="ANA"),
    "AutoCES": lambda m: models.AutoCES(season_length=m),
    "DOT": lambda m: models.DynamicOptimizedTheta(season_length=m),
    "AutoTheta": lambda m: models.AutoTheta(season_length=m),
}


def read(path, limit):
    for line in list(open(path))[:limit]:
        name, season_length, horizon, *values = line.rstrip("\n").split(",")
        values = np.array([float(v) if v else np.nan for v in values])
        yield name, int(season_length), int(horizon), values


def smape(actual, forecast):
    scale = np.abs(actual) + np.abs(forecast)
    return float(np.mean(np.where(scale > 0, 200 * np.abs(actual - forecast) / np.where(scale > 0, scale, 1), 0)))


def mase(actual, forecast, history, season_length):
    lag = season_length if len(history) > season_length else 1
    scale = np.nanmean(np.abs(history[lag:] - history[:-lag]))
    return float(np.mean(np.abs(actual - forecast)) / scale) if scale > 0 else float("nan")


def evaluate(model, series):
    forecasts, scores, used = [], [], 0.0
    for name, m, h, values in series:
        history, actual = values[:-h], values[-h:]
        start = time.process_time()
        mean = np.asarray(model(m).forecast(y=history, h=h)["mean"], dtype=float)
        used += time.process_time() - start
        forecasts.append((name, mean))
        scores.append((smape(actual, mean), mase(actual, mean, history, m)))
    return forecasts, np.nanmean(np.array(scores), axis=0), 1000 * used / len(series)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("file")
    arguments.add_argument("--models", default="AutoETS,AutoCES,DOT")
    arguments.add_argument("--limit", type=int)
    arguments.add_argument("--out")
    arguments = arguments.parse_args()
    series = list(read(arguments.file, arguments.limit))
    base = None
    for name in ["SeasonalNaive", *arguments.models.split(",")]:
        forecasts, score, ms = evaluate(MAKERS[name], series)
        base = score if base is None else base
        owa = float(np.mean(score / base))
        print(json.dumps({"model": f"statsforecast {name}", "series": len(series), "smape": round(float(score[0]), 4),
                          "mase": round(float(score[1]), 4), "owa": round(owa, 4), "cpu_ms": round(ms, 4)}), flush=True)
        if arguments.out:
            with open(arguments.out, "a") as out:
                for key, mean in forecasts:
                    out.write(f"{name},{key}," + ",".join(f"{v:.10g}" for v in mean) + "\n")


if __name__ == "__main__":
    main()
