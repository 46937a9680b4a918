#!/usr/bin/env python3
"""Makes network_orders.csv: what five shops would have ordered in a year from a warehouse that always has stock.

usage: network_orders.py FOLDER_OF_SIM > network_orders.csv    (numpy 1.26, scipy 1.13; sim.py of the network design)

One line a shop and item: cost and margin of the item, variance / mean of its demand, pack, demand a day, way, days between
departures, weekdays of departure, the levels that sim.py finds, and sales of 364 days, the first a Monday, as characters:
0-9, then a-z for 10 to 35. Then one line an item: variance of weekly orders over that of weekly sales, 56 days left out.
"""
import sys

import numpy as np

sys.path.insert(0, sys.argv[1])
import sim

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
inst = sim.instance("shops5", 1)
plan = sim.Plan(inst, inst, local=True)
weeks = sim.order_stream(inst, plan)
sold = inst.past[:, :, 56:].sum(1).reshape(len(weeks), -1, 7).sum(2)
ratio = weeks.var(1, ddof=1) / np.maximum(sold.var(1, ddof=1), 1e-9)
print("# all 200 items: quartiles", *np.round(np.quantile(ratio, [0.25, 0.5, 0.75]), 2))
print("kind,item,cost,margin,dispersion,pack,per_day,way,review,weekdays,reorder_point,order_up_to,sales")
chosen = [j for j in range(len(weeks)) if inst.past[j].max() < len(DIGITS)][:12]
for j in chosen:
    for i in range(1, 6):
        sales = "".join(DIGITS[q] for q in inst.past[j, i])
        days = "".join(str(d) for d in inst.leaves[i])
        print("shop", j, inst.cost[j], inst.margin[j], inst.phi[j], inst.pack[j], inst.mean[j, i], inst.lead[i], inst.review()[i], days, plan.reorder[j, i], plan.up_to[j, i], sales, sep=",")
    print("item", j, *[""] * 8, "", ratio[j], "", sep=",")
