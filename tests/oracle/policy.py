"""Makes policy.csv: published textbook instances (Snyder & Shen 2019, as shipped with stockpyl 1.0.2) and their values.

    pip install stockpyl==1.0.2 && python tests/oracle/policy.py > tests/oracle/policy.csv

One row an instance: kind, instance, inputs and expected values as `name=value` joined by spaces.
"""

from scipy import stats
from stockpyl import eoq, newsvendor
from stockpyl.instances import load_instance


def row(kind, instance, inputs, expected):
    join = lambda d: " ".join(f"{k}={';'.join(repr(float(x)) for x in (v if isinstance(v, list) else [v]))}" for k, v in d.items())
    print(f"{kind},{instance},{join(inputs)},{join(expected)}")


print("kind,instance,inputs,expected")
for name in ["example_3_1", "problem_3_1"]:
    i = load_instance(name)
    quantity, cost = eoq.economic_order_quantity(**i)
    row("eoq", name, i, {"quantity": quantity, "cost": cost})
for name in ["example_4_1", "problem_4_1"]:
    i = load_instance(name)
    level, cost = newsvendor.newsvendor_normal(**i)
    row("newsvendor_normal", name, i, {"level": level, "cost": cost})
i = load_instance("example_4_4")
level, cost = newsvendor.newsvendor_normal(**i)
row("base_stock_normal", "example_4_4", i, {"level": level, "cost": cost})
for name, i in [
    ("problem_4_8a", load_instance("problem_4_8a")),
    ("mean_50", {"holding_cost": 0.18, "stockout_cost": 0.7, "demand_mean": 50}),
]:
    level, cost = newsvendor.newsvendor_poisson(**i)
    row("newsvendor_poisson", name, i, {"level": level, "cost": cost})
i = load_instance("problem_4_7b")
pmf = {float(k): v for k, v in i.pop("demand_pmf").items()}
level, cost = newsvendor.newsvendor_discrete(**i, demand_pmf=pmf)
outcomes = [d for d, p in sorted(pmf.items()) for _ in range(round(p * 100))]
row("newsvendor_empirical", "problem_4_7b", i | {"outcomes": outcomes}, {"level": level, "cost": cost})
for mean, sd, p, x in [(17.0, 12.0, 0.95, 20.0), (3.0, 2.5, 0.8333, 4.0), (400.0, 60.0, 0.99, 420.0)]:
    r = mean**2 / (sd**2 - mean)
    d = stats.nbinom(r, r / (r + mean))
    shortfall = sum((k - x) * d.pmf(k) for k in range(int(x), 3000))
    row("negative_binomial", f"mean_{mean:g}", {"mean": mean, "sd": sd, "p": p, "x": x},
        {"quantile": d.ppf(p), "shortfall": shortfall})
