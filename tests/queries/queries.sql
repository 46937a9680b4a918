-- Ten questions a data team asks of Orderpoint's files, for DuckDB 0.10 or newer. Run from the output folder (OUT): every table
-- begins with run_id and as_of, so that a star over runs/ reads all nights, and history/ has what a prune took away.
-- `run.py` runs them on the sample shop and compares the answers with expected.txt.

-- 1. How right was the earlier night's forecast? Its mean against the demand that the newest night knows, by channel.
with newest as (select max(as_of) as as_of from 'runs/*/tables/demand.parquet'),
     forecast_then as (
         select f.sku, f.channel, f.location, f.period_start, f.mean
         from 'runs/*/tables/forecast.parquet' f, newest
         where f.as_of < newest.as_of and f.period_start < newest.as_of
     ),
     demand_now as (
         select d.sku, d.channel, d.location, d.period_start, d.cleaned
         from 'runs/*/tables/demand.parquet' d join newest using (as_of)
     )
select channel, count(*) as days, round(sum(mean), 0) as forecast, round(sum(cleaned), 0) as demand,
       round(sum(abs(mean - cleaned)) / sum(cleaned), 3) as wape, round(sum(mean - cleaned) / sum(cleaned), 3) as bias
from forecast_then join demand_now using (sku, channel, location, period_start)
group by channel order by channel;

-- 2. How did the figures of the business move from night to night?
select i.as_of, r.became_current, i.indicator, round(i.value, 3) as value, i.unit
from 'history/indicators.parquet' i join 'history/runs.parquet' r using (run_id)
where i.scope_kind = 'all' and i.indicator in ('turnover', 'dio', 'stockout_rate', 'fill_rate', 'forecast_accuracy')
order by i.indicator, i.as_of;

-- 3. When does tonight's buying have to be paid? By week and currency, at the suppliers' terms.
select date_trunc('week', o.expected_arrival + cast(coalesce(s.payment_days, 0) as integer))::date as week,
       o.supplier_currency, count(*) as orders, sum(o.supplier_value) as to_pay, sum(o.value) as in_reporting_currency
from 'current/tables/orders.parquet' o join 'current/tables/suppliers.parquet' s using (supplier)
group by week, o.supplier_currency order by week, o.supplier_currency;

-- 4. Which items run out in the next four weeks though everything recommended is ordered?
with days as (
    select sku, location, min(period_start) filter (stock_without_orders <= 0 and demand > 0) as empty_without,
           min(period_start) filter (stock_with_orders <= 0 and demand > 0) as empty_with
    from 'current/tables/projection.parquet'
    where period_start < as_of + 28 group by sku, location
)
select d.sku, d.location, d.empty_without, d.empty_with, r.status, r.expected_arrival, r.value_at_risk
from days d join 'current/tables/recommendations.parquet' r on r.sku = d.sku and r.location = d.location and r.line = 1
where d.empty_with is not null
order by r.value_at_risk desc, d.sku, d.location limit 10;

-- 5. What did people make of the proposals?
select d.author, d.decision, count(*) as lines, sum(d.recommended) as proposed, sum(d.quantity) as decided,
       sum((d.quantity - d.recommended) * coalesce(p.unit_cost, 0)) as cost_of_the_change
from 'history/decisions.parquet' d left join 'current/tables/products.parquet' p using (sku)
group by d.author, d.decision order by d.author, d.decision;

-- 6. What is to be ordered, by supplier, and what would it cost not to?
select s.supplier, s.name, s.next_order_day, count(*) as lines, sum(r.quantity) as units, sum(r.supplier_value) as amount,
       r.supplier_currency, sum(r.value_at_risk) as value_at_risk
from 'current/tables/recommendations.parquet' r join 'current/tables/suppliers.parquet' s using (supplier)
where r.quantity > 0
group by s.supplier, s.name, s.next_order_day, r.supplier_currency order by value_at_risk desc, s.supplier;

-- 7. Which suppliers were late, and how long did they take?
select supplier, count(*) as receipts, round(avg(lead_time_days), 1) as lead_time_days,
       round(100.0 * count(*) filter (late_days > 0) / count(*), 0) as late_percent, max(late_days) as worst_days
from 'history/receipts.parquet' group by supplier order by supplier;

-- 8. What is forecasting worth? Errors of what was chosen against the naive forecasts on the same periods.
select as_of, case when chosen then 'chosen' else method end as forecast,
       round(sum(absolute_error) / sum(actual), 3) as wape, round(sum(error) / sum(actual), 3) as bias
from 'history/accuracy.parquet'
where chosen or method ilike '%naive%'
group by as_of, forecast order by as_of, wape;

-- 9. What do the channels show, and where may they oversell?
select channel, count(*) as listings, sum(published) as units, count(*) filter (action = 'pause') as paused,
       round(max(oversell_risk), 3) as worst_risk
from 'current/tables/allocation.parquet' group by channel order by channel;

-- 10. What did the night have to tell, and how much of it is there?
select severity, kind, count(*) as told, round(sum(effect) filter (effect_unit = 'units'), 0) as units,
       round(sum(effect) filter (effect_unit = 'currency'), 0) as money
from 'current/tables/exceptions.parquet' group by severity, kind
order by severity, kind;
