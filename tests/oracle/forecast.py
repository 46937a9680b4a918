#!/usr/bin/env python3
"""Writes tests/oracle/forecast.csv: fits of statsforecast that the kernels are held against.

usage: python3 tests/oracle/forecast.py > tests/oracle/forecast.csv

Columns: case, method, season_length, loglik (`nan` where the method has none), params, values, forecast; the last three
are numbers joined by `;`. `params` are
  ets_fixed   alpha beta gamma phi | level trend | season (oldest first): the recursion from a given start
  ets         sum of squares of the residuals, number of them (the fit itself is free)
  ces_fixed   alpha0 alpha1: the form without season from statsforecast's own start
  theta       alpha theta initial level sigma2 (mean of squared errors from the fourth on)
  croston     smoothing parameters
Series are seeded arithmetic, no data of anybody's. Versions stand in the header of the file.
"""
import sys

import numpy as np
import statsforecast
from statsforecast import models
from statsforecast.ces import auto_ces
from statsforecast.ets import ets_f
from statsforecast.theta import thetamodel

rng = np.random.default_rng(20260101)
H = 12


def series():
    t = np.arange(120)
    week = np.array([8, 9, 9.5, 10, 12, 14, 7.5])
    year = np.array([0.8, 0.85, 0.95, 1, 1.05, 1.1, 1.15, 1.1, 1, 0.95, 1, 1.05])
    noise = lambda n, sd: rng.normal(0, sd, n)
    yield "weekly", 7, week[t % 7] * 3 + noise(120, 2)
    yield "weekly_drift", 7, week[t % 7] * 3 + np.cumsum(noise(120, 0.6)) + 20 + noise(120, 1)
    yield "monthly", 12, (200 + 1.5 * t[:96]) * year[t[:96] % 12] * np.exp(noise(96, 0.05))
    yield "quarterly", 4, (50 + t[:44]) * np.array([0.9, 1.0, 1.2, 0.9])[t[:44] % 4] + noise(44, 3)
    yield "yearly", 1, 1000 + np.cumsum(30 + noise(22, 25))
    yield "level", 1, 40 + np.cumsum(noise(80, 1)) + noise(80, 4)


def line(case, method, m, loglik, params, values, forecast):
    join = lambda x: ";".join(repr(float(v)) for v in x)
    print(f"{case},{method},{m},{float(loglik)!r},{join(params)},{join(values)},{join(forecast)}")


def ets_fixed(name, m, y, spec, smoothing):
    """The recursion by hand, in plain Python: Hyndman et al. (2008), table 2.2."""
    alpha, beta, gamma, phi = smoothing
    level, trend = y[:m].mean(), 0.1 if beta else 0.0
    season = list(y[:m] - y[:m].mean()) if gamma else []
    start = [level, trend, *season]
    for value in y:
        base = level + phi * trend
        error = value - base - (season[0] if season else 0)
        level, trend = base + alpha * error, phi * trend + beta * error
        if season:
            season = season[1:] + [season[0] + gamma * error]
    path = []
    for h in range(H):
        trend *= phi
        level += trend
        path.append(level + (season[h % m] if season else 0))
    line(name, f"ets_fixed {spec}", m, float("nan"), [alpha, beta, gamma, phi, *start], y, path)


def ets(name, m, y, spec):
    fit = ets_f(y, m=m, model=spec.replace("Ad", "A"), damped="Ad" in spec)
    residuals = np.asarray(fit["residuals"])
    n, sse = len(residuals), float(np.sum(residuals**2))
    loglik = -0.5 * n * (np.log(2 * np.pi * sse / n) + 1)
    model = models.AutoETS(season_length=m, model="".join(c for c in spec if c != "d"), damped="Ad" in spec)
    line(name, f"ets {spec}", m, loglik, [sse, n], y, model.forecast(y=y, h=H)["mean"])


def ces_fixed(name, y, alpha):
    """From statsforecast's start (mean of the first ten, potential a tenth lower), its own recursion."""
    fit = auto_ces(y, m=1, model="N", alpha_0=alpha[0], alpha_1=alpha[1]) if False else None
    level = y[:10].mean()
    potential = level / 1.1
    sse = 0.0
    for value in y:
        error = value - level
        sse += error**2
        level, potential = (level - (1 - alpha[1]) * potential + (alpha[0] - alpha[1]) * error,
                            level + (1 - alpha[0]) * potential + (alpha[0] + alpha[1]) * error)
    line(name, "ces_fixed", 1, float("nan"), [*alpha, sse], y, [level, potential])


def ces(name, m, y, form):
    model = models.AutoCES(season_length=m, model=form)
    model.fit(y)
    fit = model.model_
    residuals = np.asarray(fit["residuals"])
    n, sse = len(residuals), float(np.sum(residuals**2))
    loglik = -0.5 * n * (np.log(2 * np.pi * sse / n) + 1)
    line(name, f"ces {form}", m, loglik, [fit["par"]["alpha_0"], fit["par"]["alpha_1"], sse], y, model.predict(1)["mean"])


def theta(name, y, form):
    fit = thetamodel(y=y, m=1, modeltype=form, initial_smoothed=np.nan, alpha=np.nan, theta=np.nan, nmse=3)
    from statsforecast.theta import forecast_theta
    sigma2 = float(np.mean(np.asarray(fit["residuals"])[3:] ** 2))
    par = fit["par"]
    mean = forecast_theta(fit, H)["mean"]
    line(name, f"theta {form}", 1, float("nan"), [par["alpha"], par["theta"], par["initial_smoothed"], sigma2], y, mean)


def main():
    print(f"# statsforecast {statsforecast.__version__}, numpy {np.__version__}, python {sys.version.split()[0]}; by forecast.py")
    print("case,method,season_length,loglik,params,values,forecast")
    for name, m, y in series():
        ets_fixed(name, m, y, "AAdN", (0.3, 0.05, 0.0, 0.95))
        if m > 1:
            ets_fixed(name, m, y, "ANA", (0.2, 0.0, 0.1, 0.0))
            ets_fixed(name, m, y, "AAdA", (0.25, 0.02, 0.05, 0.9))
        for spec in ["ANN", "AAdN"] + (["ANA", "AAdA"] if m > 1 else []):
            ets(name, m, y, spec)
        ces_fixed(name, y, (1.3, 1.01))
        ces(name, m, y, "N")
        for form in ["STM", "OTM", "DSTM", "DOTM"]:
            theta(name, y, form)
    for name, size, chance in [("intermittent", 3.0, 0.3), ("lumpy", 8.0, 0.15), ("rare", 1.5, 0.06)]:
        y = np.where(rng.random(104) < chance, 1.0 + rng.poisson(size, 104), 0.0)
        for method, model, params in [
            ("croston", models.CrostonClassic(), [0.1, 0.1]),
            ("sba", models.CrostonSBA(), [0.1, 0.1]),
            ("tsb", models.TSB(alpha_d=0.2, alpha_p=0.1), [0.2, 0.1]),
        ]:
            line(name, method, 1, float("nan"), params, y, model.forecast(y=y, h=1)["mean"])


main()
