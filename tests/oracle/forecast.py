#!/usr/bin/env python3
"""Writes tests/oracle/forecast.csv: fits of statsforecast that the kernels are held against.

usage: python3 tests/oracle/forecast.py > tests/oracle/forecast.csv

Columns: case, method, season_length, loglik (`nan` where the method has none), params, values, forecast; the last three
are numbers joined by `;`. `params` are
  ets_fixed   alpha beta gamma phi, sum of squared errors, then the given start: level trend season (oldest first);
              `forecast` is the state at the end in the same order
  ets         sum of squared errors, alpha, beta (the fit is free); loglik is Gaussian with every constant
  ces_fixed   alpha0 alpha1, sum of squared errors, level and potential at the start (statsforecast casts back to it);
              `forecast` is level and potential at the end
  ces         alpha0 alpha1, sum of squared errors (the fit is free)
  theta       alpha theta, initial level, mean of squared errors from the fourth on
  croston     smoothing parameters
Series are seeded arithmetic, no data of anybody's. Versions stand in the header of the file.
"""
import sys

import numpy as np
import statsforecast
from statsforecast import models
from statsforecast.ces import pegelsresid_ces
from statsforecast.ets import ets_f, pegelsresid_C
from statsforecast.theta import forecast_theta, thetamodel

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
    alpha, beta, gamma, phi = smoothing
    trend, season = ([0.1] if beta else []), (list(y[:m] - y[:m].mean()) if gamma else [])
    state = np.array([y[:m].mean(), *trend, *season[::-1]])
    form = ("A", "A" if trend else "N", "A" if season else "N", bool(trend))
    _, errors, states, _ = pegelsresid_C(y, m, state, *form, alpha, beta, gamma, phi, 3)
    start = [alpha, beta, gamma, phi, float(np.sum(errors**2)), state[0], *(trend or [0.0]), *season]
    last = states[-1]
    end = [last[0], last[1] if trend else 0.0, *last[1 + len(trend):][::-1]]
    line(name, f"ets_fixed {spec}", m, float("nan"), start, y, end)


def ets(name, m, y, spec):
    fit = ets_f(y, m=m, model=spec.replace("Ad", "A"), damped="Ad" in spec)
    residuals = np.asarray(fit["residuals"])
    n, sse = len(residuals), float(np.sum(residuals**2))
    loglik = -0.5 * n * (np.log(2 * np.pi * sse / n) + 1)
    model = models.AutoETS(season_length=m, model="".join(c for c in spec if c != "d"), damped="Ad" in spec)
    alpha, beta = fit["par"][:2]
    line(name, f"ets {spec}", m, loglik, [sse, alpha, 0.0 if np.isnan(beta) else beta], y, model.forecast(y=y, h=H)["mean"])


def ces_fixed(name, y, alpha):
    states = np.array([[y[:10].mean(), y[:10].mean() / 1.1]])
    _, errors, states, _ = pegelsresid_ces(y, 1, states, 2, "N", *alpha, np.nan, np.nan, 3)
    line(name, "ces_fixed", 1, float("nan"), [*alpha, float(np.sum(errors**2)), *states[0]], y, states[len(y)])


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
    sigma2 = float(np.mean(np.asarray(fit["residuals"])[3:] ** 2))
    par = fit["par"]
    mean = forecast_theta(fit, H)["mean"]
    line(name, f"theta {form}", 1, float("nan"), [par["alpha"], par["theta"], par["initial_smoothed"], sigma2], y, mean)


def main():
    print(f"# statsforecast {statsforecast.__version__}, numpy {np.__version__}, python {sys.version.split()[0]}; by forecast.py")
    print("case,method,season_length,loglik,params,values,forecast")
    for name, m, y in series():
        y = y.round(3)
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
