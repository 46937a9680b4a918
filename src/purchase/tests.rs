use crate::domain::exceptions::Exception;
use crate::domain::inputs::{Names, PriceBreak, Role, Supplier, Supply};
use crate::domain::outcome::{Status, recommendation_id};
use crate::domain::sorted::Sorted;
use crate::domain::units::{LeadTime, LocationId, Money, SkuId, SupplierId, Units};
use crate::explain::arithmetic::Recomputer;
use crate::explain::{Step, Unit};
use crate::purchase::market::Approved;
use crate::purchase::open_to_buy::{Commitment, Envelope, OpenToBuy, envelopes};
use crate::purchase::rules::by_hand::set_by_hand;
use crate::purchase::usual::UsualDemand;
use crate::purchase::*;
use chrono::NaiveDate;
use proptest::prelude::*;

fn day(n: i64) -> NaiveDate {
    "2024-04-01".parse::<NaiveDate>().unwrap() + chrono::Duration::days(n)
}

/// Whether every step recomputes.
fn verify(steps: &[Step]) -> Result<(), String> {
    Recomputer::default().check(&[], steps)
}

/// Tables of a small market; rows are added by the tests.
#[derive(Debug)]
struct Tables {
    names: Names,
    supply: Sorted<Supply>,
    breaks: Sorted<PriceBreak>,
    suppliers: Vec<Supplier>,
    settings: Settings,
    approved: Approved,
    open_to_buy: Vec<Envelope>,
}

impl Tables {
    fn new(skus: u32, suppliers: u32) -> Self {
        Self {
            names: Names {
                skus: (0..skus).map(|i| format!("SKU{i}")).collect(),
                locations: vec!["L0".to_owned(), "L1".to_owned()],
                suppliers: (0..suppliers).map(|i| format!("S{i}")).collect(),
                ..Names::default()
            },
            supply: (0..skus).map(|sku| supply(sku, 0, 10.0, 7.0)).collect(),
            breaks: Sorted::empty(),
            suppliers: (0..suppliers).map(|_| Supplier::default()).collect(),
            settings: Settings::default(),
            approved: Approved::new(),
            open_to_buy: Vec::new(),
        }
    }

    fn market(&self) -> Market<'_> {
        Market {
            supply: &self.supply,
            price_breaks: &self.breaks,
            suppliers: &self.suppliers,
            names: &self.names,
            settings: &self.settings,
            as_of: day(0),
            approved: &self.approved,
            open_to_buy: &self.open_to_buy,
        }
    }

    fn run(&self, pools: &[PoolNeed]) -> Settled {
        let market = self.market();
        let mut exceptions = Vec::new();
        let mut lines = Vec::new();
        for pool in pools {
            lines.extend(market.propose(pool.clone(), |s| s.lead_time_days, &mut exceptions));
        }
        let mut settled = settle(lines, &market);
        settled.exceptions.extend(exceptions);
        settled
    }

    fn quantities(&self, pools: &[PoolNeed]) -> Vec<i64> {
        quantities(&self.run(pools))
    }
}

fn quantities(settled: &Settled) -> Vec<i64> {
    settled.recommendations.iter().map(|r| r.quantity.count()).collect()
}

fn supply(sku: u32, supplier: u32, unit_cost: f64, lead_time_days: f64) -> Supply {
    Supply {
        role: [Role::Primary, Role::Secondary, Role::Backup][supplier.min(2) as usize],
        unit_cost: Some(Money::from_f64(unit_cost)),
        ..Supply::by(SupplierId(supplier), SkuId(sku), lead_time_days)
    }
}

/// A pool that sells ten a day, with `stock` units on hand.
fn pool(sku: u32, need: f64, stock: i64) -> PoolNeed {
    PoolNeed {
        status: Status::OrderNow,
        urgency: 50.0,
        order_by: Some(day(0)),
        stockout_probability: 0.5,
        need,
        margin: Money::from_f64(5.0),
        reason: "the position is below the reorder point".to_owned(),
        ..PoolNeed::unknown(SkuId(sku), LocationId(0)).selling(10.0, Units(stock), day(0), 180)
    }
}

fn kinds(exceptions: &[Exception]) -> Vec<&str> {
    exceptions.iter().map(|e| e.kind.name()).collect()
}

#[test]
fn f1_draft_orders_by_supplier_and_ship_to() {
    let mut tables = Tables::new(3, 2);
    tables.supply.edit(|rows| rows[2].supplier = SupplierId(1));
    tables.suppliers[0].order_weekdays = vec![2];
    tables.suppliers[0].freight_per_order = Some(Money::from_f64(100.0));
    let elsewhere = PoolNeed { location: LocationId(1), ..pool(0, 5.0, 0) };
    let settled =
        tables.run(&[pool(0, 30.0, 100), elsewhere, pool(1, 10.0, 100), pool(2, 7.0, 100)]);
    let orders: Vec<_> = settled
        .orders
        .iter()
        .map(|o| (o.supplier.code(), o.location.code(), o.lines.len(), o.value))
        .collect();
    let money = Money::from_f64;
    assert_eq!(orders, [(0, 0, 2, money(400.0)), (0, 1, 1, money(50.0)), (1, 0, 1, money(70.0))]);
    // 1 April 2024 is a Monday; the supplier takes orders on Wednesdays.
    assert_eq!(
        (settled.orders[0].order_date, settled.orders[0].expected_arrival),
        (day(2), day(9))
    );
    assert_eq!(settled.orders[0].landed_value, money(500.0));
    let landed: Vec<_> = settled.recommendations.iter().map(|r| r.landed_unit_cost).collect();
    assert_eq!(landed, [money(12.5), money(30.0), money(12.5), money(10.0)]);
}

#[test]
fn f2_the_unrounded_need_is_shown_beside_the_quantity() {
    let mut tables = Tables::new(1, 1);
    tables.supply.edit(|rows| {
        rows[0].minimum_order = Units(48);
        rows[0].pack_size = Units(24);
    });
    let row = tables.run(&[pool(0, 50.25, 100)]).recommendations.remove(0);
    assert_eq!((row.need, row.quantity, row.binding.as_str()), (50.25, Units(72), "pack"));
    let last = row.steps.last().unwrap();
    assert_eq!((last.name, last.value), ("quantity", 72.0));
    assert_eq!(
        row.reason,
        "the position is below the reorder point; 50.2 needed, rounded up to 72 in packs of 24"
    );
    tables.supply.edit(|rows| rows[0].maximum_order = Some(Units(40)));
    let settled = tables.run(&[pool(0, 50.25, 100)]);
    assert_eq!(settled.recommendations[0].quantity, Units(0));
    assert_eq!(kinds(&settled.exceptions), ["minimum-above-maximum"]);
}

#[test]
fn p2_nothing_half_and_twice_stand_beside_the_quantities_a_planner_rounds_to() {
    let mut tables = Tables::new(1, 1);
    tables.supply.edit(|rows| {
        rows[0].minimum_order = Units(30);
        rows[0].pack_size = Units(10);
    });
    let row = tables.run(&[pool(0, 100.0, 100)]).recommendations.remove(0);
    let quantities: Vec<i64> = row.choices.iter().map(|c| c.quantity.count()).collect();
    assert_eq!(quantities, [0, 50, 80, 90, 100, 110, 120, 130, 200]);
    assert!(row.choices.windows(2).all(|c| c[0].value < c[1].value && c[0].risk >= c[1].risk));
    // Half of 40 is below the supplier's minimum of 30.
    let small = tables.run(&[pool(0, 40.0, 100)]).recommendations.remove(0);
    assert!(small.choices.iter().all(|c| c.quantity != Units(20)));
}

#[test]
fn a_need_a_hair_above_whole_units_is_whole_and_still_recomputes() {
    let step = |value| Step {
        name: "need",
        formula: "a - b".to_owned(),
        inputs: vec![("a", value), ("b", 0.0)],
        value,
        unit: Unit::Units,
        note: String::new(),
    };
    let noisy =
        PoolNeed { steps: vec![step(600.000_000_000_1)], ..pool(0, 600.000_000_000_1, 100) };
    let row = Tables::new(1, 1).run(&[noisy]).recommendations.remove(0);
    assert_eq!((row.quantity, row.need, verify(&row.steps)), (Units(600), 600.0, Ok(())));
}

#[test]
fn f3_an_order_below_the_minimum_is_topped_up_by_earliest_need() {
    let mut tables = Tables::new(3, 1);
    tables.suppliers[0].min_order_value = Some(Money::from_f64(1200.0));
    // Covers after the order: 4, 6 and 30 days. Seven more days of ten units bring the first two to
    // nine and eight.
    let pools = [pool(0, 30.0, 10), pool(1, 20.0, 40), pool(2, 0.0, 300)];
    let settled = tables.run(&pools);
    assert_eq!(quantities(&settled), [80, 40, 0]);
    assert_eq!(settled.orders[0].value, Money::from_f64(1200.0));
    assert_eq!(settled.recommendations[0].binding, "order-minimum");
}

#[test]
fn f3_a_minimum_out_of_reach_is_told_and_free_freight_is_weighed() {
    let mut tables = Tables::new(1, 1);
    tables.suppliers[0].min_order_value = Some(Money::from_f64(1e6));
    let settled = tables.run(&[pool(0, 30.0, 10)]);
    assert_eq!(
        (settled.recommendations[0].quantity, kinds(&settled.exceptions)),
        (Units(30), vec!["below-order-minimum"])
    );
    tables.suppliers[0] = Supplier {
        free_freight_value: Some(Money::from_f64(500.0)),
        freight_per_order: Some(Money::from_f64(50.0)),
        ..Supplier::default()
    };
    let settled = tables.run(&[pool(0, 30.0, 10)]);
    assert_eq!(
        (settled.recommendations[0].quantity, settled.orders[0].freight),
        (Units(50), Money::ZERO)
    );
    let perishable = PoolNeed { sells_in_time: Some(35.0), ..pool(0, 30.0, 10) };
    assert_eq!(tables.quantities(&[perishable]), [30]);
    // Carrying 20 units for four to six days costs more than a freight of 0.01.
    tables.suppliers[0].freight_per_order = Some(Money::from_f64(0.01));
    assert_eq!(tables.quantities(&[pool(0, 30.0, 10)]), [30]);
}

#[test]
fn f4_container_1000_for_needs_400_200_100_is_571_286_143() {
    let mut tables = Tables::new(3, 1);
    let basis = Basis::Quantity;
    tables.settings.containers = [("S0".to_owned(), Container::of(1000.0, basis))].into();
    let pools = [pool(0, 400.0, 0), pool(1, 200.0, 0), pool(2, 100.0, 0)];
    let settled = tables.run(&pools);
    assert_eq!(quantities(&settled), [571, 286, 143]);
    assert!(settled.exceptions.is_empty() && settled.recommendations[1].binding == "container");
    // 1400 needed is nearest to one container: the same proportions, cut.
    let twice: Vec<PoolNeed> =
        pools.iter().map(|p| PoolNeed { need: 2.0 * p.need, ..p.clone() }).collect();
    assert_eq!(tables.quantities(&twice), [571, 286, 143]);
    let tenth: Vec<PoolNeed> =
        pools.iter().map(|p| PoolNeed { need: 0.1 * p.need, ..p.clone() }).collect();
    assert_eq!(kinds(&tables.run(&tenth).exceptions), ["container-not-filled"]);
}

#[test]
fn l8_a_container_for_networks_is_topped_up_by_equal_cover() {
    // Example 12: after the needs 1000, 260 and 60 are there for 20, 4 and 1 a day.
    let mut tables = Tables::new(3, 1);
    let basis = Basis::Quantity;
    tables.settings.containers = [("S0".to_owned(), Container::of(1000.0, basis))].into();
    let network = |sku, need, position, per_day| PoolNeed {
        echelon: true,
        need,
        inventory_position: Units(position),
        ..PoolNeed::unknown(SkuId(sku), LocationId(0)).selling(per_day, Units(0), day(0), 90)
    };
    let pools =
        [network(0, 400.0, 600, 20.0), network(1, 200.0, 60, 4.0), network(2, 100.0, -40, 1.0)];
    // 64.76 days for the first and the last; the second has 65 days already.
    assert_eq!(tables.quantities(&pools), [695, 200, 105]);
}

#[test]
fn f4_container_by_volume_in_whole_packs_stays_within_it() {
    let mut tables = Tables::new(2, 1);
    let basis = Basis::Volume;
    tables.settings.containers = [("S0".to_owned(), Container::of(60.0, basis))].into();
    tables.supply.edit(|rows| rows[0].pack_size = Units(12));
    let pools = [
        PoolNeed { volume: Some(0.1), ..pool(0, 200.0, 0) },
        PoolNeed { volume: Some(0.5), ..pool(1, 60.0, 0) },
    ];
    // Volumes 20 and 30 become 24 and 36: 240 units in packs of 12, and 72.
    assert_eq!(tables.quantities(&pools), [240, 72]);
    let unknown = [pools[0].clone(), pool(1, 60.0, 0)];
    assert_eq!(kinds(&tables.run(&unknown).exceptions), ["container-not-filled"]);
}

#[test]
fn f4_a_container_is_bound_by_weight_and_volume_together() {
    let mut tables = Tables::new(2, 1);
    let container = Container {
        capacity: None,
        weight: Some(500.0),
        volume: Some(30.0),
        ..Container::of(1.0, Basis::Quantity)
    };
    tables.settings.containers = [("S0".to_owned(), container)].into();
    let heavy = PoolNeed { weight: Some(10.0), volume: Some(0.1), ..pool(0, 100.0, 0) };
    let bulky = PoolNeed { weight: Some(1.0), volume: Some(1.0), ..pool(1, 60.0, 0) };
    // 1060 of weight are 2.1 containers, 70 of volume 2.3: two, filled to 60 of volume: 6/7 of
    // both.
    assert_eq!(tables.quantities(&[heavy.clone(), bulky.clone()]), [86, 51]);
    // Half the volume each: now the weight binds, 1000 of 1060.
    let flat = PoolNeed { volume: Some(0.5), ..bulky };
    assert_eq!(tables.quantities(&[heavy.clone(), flat]), [94, 57]);
    let unknown = [heavy, pool(1, 60.0, 0)];
    assert_eq!(kinds(&tables.run(&unknown).exceptions), ["container-not-filled"]);
}

#[test]
fn f7_what_is_open_to_buy_of_a_category_in_a_month_binds_its_lines_alone() {
    let mut tables = Tables::new(3, 1);
    let month = Some("2024-04".to_owned());
    let toys = OpenToBuy { category: Some("Toys".to_owned()), month, amount: 1200.0 };
    let on_order = Commitment { sku: SkuId(1), arrives: day(3), value: Money::from_f64(700.0) };
    let settings = [("toys".to_owned(), toys)].into();
    tables.open_to_buy = envelopes(&settings, &["Home", "Toys", "Toys > Wood"], &[on_order]);
    let pools = [pool(0, 100.0, 70), pool(1, 100.0, 70), pool(2, 100.0, 70)];
    let settled = tables.run(&pools);
    let bought = quantities(&settled);
    assert_eq!((bought[0], bought[1] + bought[2]), (100, 50), "{bought:?}");
    assert_eq!(kinds(&settled.exceptions), ["budget-cut", "budget-cut", "budget"]);
    let whole = &settled.exceptions[2].what;
    assert!(whole.contains("Toys in 2024-04") && whole.contains("700.00 on order"), "{whole}");
    // The budget of the run and the envelope bind together.
    tables.settings.budget = Some(1000.0);
    let bought = tables.quantities(&pools);
    assert!(bought.iter().sum::<i64>() == 100 && bought[1] + bought[2] <= 50, "{bought:?}");
    // Goods of another month are not paid from it.
    tables.supply.edit(|rows| rows.iter_mut().for_each(|row| row.lead_time_days = 40.0));
    tables.settings.budget = None;
    assert_eq!(tables.quantities(&pools), [100, 100, 100]);
}

#[test]
fn f6_a_lot_of_years_is_no_reason_to_order_nothing_where_another_sends_less() {
    let mut tables = Tables::new(1, 2);
    let lot = |units| move |rows: &mut Vec<Supply>| rows[0].minimum_order = Units(units);
    tables.supply.edit(|rows| rows.push(supply(0, 1, 11.0, 7.0)));
    tables.supply.edit(lot(20_000));
    let settled = tables.run(&[pool(0, 100.0, 70)]);
    assert_eq!(settled.recommendations[0].supplier, Some(SupplierId(1)));
    assert_eq!(quantities(&settled), [100]);
    let reason = &settled.recommendations[0].reason;
    assert!(reason.contains("the smallest lot of 20000 lasts 2007 days"), "{reason}");
    assert!(settled.exceptions.is_empty(), "{:?}", settled.exceptions);
    // A lot that is somewhat large stays with the primary: carrying it costs less than the price.
    tables.supply.edit(lot(150));
    assert_eq!(tables.run(&[pool(0, 100.0, 70)]).recommendations[0].supplier, Some(SupplierId(0)));
}

#[test]
fn f6_the_usual_supplier_is_not_one_whose_smallest_lot_lasts_years() {
    let mut tables = Tables::new(1, 2);
    let peer = Supply { role: Role::Primary, ..supply(0, 1, 9.9, 7.0) };
    tables.supply.edit(|rows| rows.push(peer));
    let demand = UsualDemand {
        sku: SkuId(0),
        location: LocationId(0),
        per_day: 2.0,
        daily_sd: 1.0,
        review_days: 7.0,
        unit_cost: None,
    };
    let usual = |tables: &Tables| {
        let lead_time = |row: &Supply| LeadTime::new(row.lead_time_days, 0.0, 7.0).unwrap();
        tables.market().usual_supply(&demand, lead_time).map(|row| row.supplier)
    };
    assert_eq!(usual(&tables), Some(SupplierId(1)), "a cent less a unit");
    tables.supply.edit(|rows| rows[1].minimum_order = Units(2000));
    assert_eq!(usual(&tables), Some(SupplierId(0)), "and a thousand days of stock");
}

#[test]
fn f2_a_most_stock_below_the_smallest_lot_is_told() {
    let mut tables = Tables::new(1, 1);
    tables.supply.edit(|rows| rows[0].pack_size = Units(48));
    let held = PoolNeed { max_stock: Some(Units(30)), room: Some(Units(28)), ..pool(0, 21.0, 2) };
    let settled = tables.run(&[held]);
    assert_eq!(quantities(&settled), [0]);
    assert_eq!(kinds(&settled.exceptions), ["minimum-above-maximum"]);
    // A room that today's stock leaves too small for a lot is no conflict.
    let full = PoolNeed { max_stock: Some(Units(60)), room: Some(Units(20)), ..pool(0, 15.0, 40) };
    assert!(tables.run(&[full]).exceptions.is_empty());
}

#[test]
fn f5_a_price_break_is_reached_for_when_the_year_gets_cheaper() {
    let mut tables = Tables::new(1, 1);
    let break_at = |from, price| PriceBreak {
        sku: SkuId(0),
        supplier: SupplierId(0),
        location: None,
        from_quantity: Units(from),
        unit_cost: Money::from_f64(price),
    };
    tables.breaks = Sorted::new(vec![break_at(500, 9.0), break_at(5000, 8.0)]);
    let row = tables.run(&[pool(0, 300.0, 100)]).recommendations.remove(0);
    assert_eq!(
        (row.quantity, row.unit_cost, row.binding.as_str()),
        (Units(500), Money::from_f64(9.0), "price-break")
    );
    tables.breaks = Sorted::new(vec![break_at(500, 9.999)]);
    assert_eq!(tables.quantities(&[pool(0, 300.0, 100)]), [300]);
}

#[test]
fn f6_a_late_primary_keeps_the_order_while_the_stock_outlasts_it() {
    let mut tables = Tables::new(1, 2);
    tables.settings.split_orders = false;
    tables.supply.edit(|rows| rows[0].lead_time_days = 7.0 + 21.0);
    tables.supply.edit(|rows| rows.push(supply(0, 1, 10.01, 3.0)));
    // At ten a day 420 in stock leave 140 on receipt: a faster supplier, a cent dearer, prevents
    // nothing.
    let enough = pool(0, 600.0, 420);
    assert_eq!((enough.short_within(28.0), enough.short_within(43.0)), (0.0, 10.0));
    let rows = tables.run(&[enough]).recommendations;
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].supplier, rows[0].expected_arrival), (Some(SupplierId(0)), Some(day(28))));
    // With 270 the last ten before the primary arrives would be lost.
    let row = tables.run(&[pool(0, 600.0, 270)]).recommendations.remove(0);
    assert_eq!((row.supplier, row.expected_arrival), (Some(SupplierId(1)), Some(day(3))));
}

#[test]
fn f6_switch_when_the_extra_landed_cost_is_below_the_loss() {
    let mut tables = Tables::new(1, 2);
    tables.settings.split_orders = false;
    tables.supply.edit(|rows| rows[0].lead_time_days = 28.0);
    tables.supply.edit(|rows| rows.push(supply(0, 1, 11.0, 3.0)));
    // 100 in stock are gone on day 10: 180 lost until day 28, 900 of margin; 300 units cost 300
    // more.
    let row = tables.run(&[pool(0, 300.0, 100)]).recommendations.remove(0);
    assert_eq!((row.supplier, row.value), (Some(SupplierId(1)), Money::from_f64(3300.0)));
    assert!(
        row.reason.contains("costs 300.00 more and prevents a loss of 900.00"),
        "{}",
        row.reason
    );
    tables.supply.edit(|rows| rows[1].unit_cost = Some(Money::from_f64(14.0)));
    assert_eq!(tables.run(&[pool(0, 300.0, 100)]).recommendations[0].supplier, Some(SupplierId(0)));
}

#[test]
fn f6_a_split_order_bridges_the_gap_where_that_is_cheaper() {
    let mut tables = Tables::new(1, 2);
    tables.supply.edit(|rows| rows[0].lead_time_days = 28.0);
    tables.supply.edit(|rows| rows.push(supply(0, 1, 14.0, 3.0)));
    // 180 units bridge the gap for 720 more and save 900; all 300 would cost 1200 more.
    let rows = tables.run(&[pool(0, 300.0, 100)]).recommendations;
    let lines: Vec<_> =
        rows.iter().map(|r| (r.supplier.map(SupplierId::code), r.quantity.count())).collect();
    assert_eq!(lines, [(Some(0), 120), (Some(1), 180)]);
    assert_eq!(rows[1].value_at_risk, Money::from_f64(900.0));
    assert_ne!(rows[0].id, rows[1].id);
    assert!(rows.iter().all(|r| verify(&r.steps) == Ok(())));
    tables.supply.edit(|rows| rows[1].pack_size = Units(50));
    let tight = PoolNeed { room: Some(Units(310)), ..pool(0, 300.0, 100) };
    // What the pack sends beyond the bridge is taken off the rest.
    assert_eq!(tables.quantities(&[tight]), [100, 200]);
}

#[test]
fn f6_the_rest_of_a_split_order_grows_to_its_suppliers_minimum() {
    let mut tables = Tables::new(1, 2);
    tables.supply.edit(|rows| rows[0].lead_time_days = 28.0);
    tables.supply.edit(|rows| rows.push(supply(0, 1, 14.0, 3.0)));
    // 120 and 180 without it; the bridge stays as it is.
    tables.suppliers[0].min_order_value = Some(Money::from_f64(1500.0));
    assert_eq!(tables.quantities(&[pool(0, 300.0, 100)]), [150, 180]);
    let tight = PoolNeed { room: Some(Units(310)), ..pool(0, 300.0, 100) };
    assert_eq!(tables.quantities(&[tight]), [120, 180], "no room for thirty more");
}

#[test]
fn f6_what_a_bridges_minimum_sends_is_not_asked_of_the_primary_again() {
    // Ten a day, 100 in stock: five days before the usual supplier comes, 50 are lost and are no
    // part of its need of 245. The fast one sends 200 or nothing.
    let mut tables = Tables::new(1, 2);
    tables.supply = [supply(0, 0, 4.0, 15.0), supply(0, 1, 4.4, 3.0)].into_iter().collect();
    tables.supply.edit(|rows| {
        rows[1].role = Role::Secondary;
        rows[1].minimum_order = Units(200);
    });
    let lamp = PoolNeed {
        unserved: 50.0,
        steps: vec![Step {
            name: "need",
            formula: "units".to_owned(),
            inputs: vec![("units", 245.0)],
            value: 245.0,
            unit: Unit::Units,
            note: String::new(),
        }],
        margin: Money::from_f64(4.0),
        ..pool(0, 245.0, 100)
    };
    let settled = tables.run(&[lamp]);
    assert_eq!(quantities(&settled), [95, 200]);
    // What each half would mean counts on the other: the proposed ones mean the same.
    let proposed: Vec<_> = settled
        .recommendations
        .iter()
        .filter_map(|r| r.choices.iter().find(|c| c.quantity == r.quantity))
        .map(|c| (c.lasts_until, c.risk))
        .collect();
    assert_eq!((proposed.len(), proposed[0]), (2, proposed[1]));
    // 100 in stock, 295 ordered, at ten a day.
    assert_eq!(proposed[0].0, Some(day(39)));
    for row in &settled.recommendations {
        verify(&row.steps).unwrap();
    }
}

#[test]
fn p2_another_quantity_counts_on_what_is_moved_in() {
    let tables = Tables::new(1, 1);
    let mut fed = pool(0, 100.0, 20);
    fed.move_in(Units(40), "elsewhere");
    let row = tables.run(&[fed]).recommendations.remove(0);
    let proposed = row.choices.iter().find(|c| c.quantity == row.quantity).unwrap();
    // 20 here, 40 moved and 60 ordered, at ten a day.
    assert_eq!((row.quantity, proposed.lasts_until), (Units(60), Some(day(12))));
}

#[test]
fn f2_a_lot_of_years_is_weighed_against_going_without_and_marked() {
    let mut tables = Tables::new(1, 1);
    tables.supply.edit(|rows| rows[0].pack_size = Units(1000));
    let need = |margin: f64| PoolNeed {
        margin: Money::from_f64(margin),
        ..PoolNeed { need: 25.0, ..PoolNeed::unknown(SkuId(0), LocationId(0)) }.selling(
            1.0,
            Units(10),
            day(0),
            90,
        )
    };
    // A thousand at 10.00 for a thousand days: some 3,500 of carrying; 110 units in 120 days.
    let dear = tables.run(&[need(20.0)]);
    assert_eq!((quantities(&dear), kinds(&dear.exceptions)), (vec![0], vec!["long-lot"]));
    assert_eq!(dear.recommendations[0].binding, "uneconomic-lot");
    let worth = tables.run(&[need(50.0)]);
    assert_eq!((quantities(&worth), kinds(&worth.exceptions)), (vec![1000], vec!["long-lot"]));
    assert!(
        worth.recommendations[0].reason.contains("1010 days"),
        "{}",
        worth.recommendations[0].reason
    );
}

#[test]
fn d14_packs_are_rounded_down_to_what_sells_before_it_spoils() {
    let mut tables = Tables::new(1, 1);
    let fresh = PoolNeed { sells_in_time: Some(70.0), ..pool(0, 70.0, 0) };
    tables.supply.edit(|rows| rows[0].pack_size = Units(25));
    let settled = tables.run(std::slice::from_ref(&fresh));
    assert_eq!(
        (quantities(&settled), settled.recommendations[0].binding.as_str()),
        (vec![50], "shelf-life")
    );
    verify(&settled.recommendations[0].steps).unwrap();
    // A minimum of which a third spoils: 3.00 of margin on 70 do not pay for 30 at 10.00.
    tables
        .supply
        .edit(|rows| rows[0] = Supply { minimum_order: Units(100), ..supply(0, 0, 10.0, 7.0) });
    let settled = tables.run(&[PoolNeed { margin: Money::from_f64(3.0), ..fresh }]);
    assert_eq!((quantities(&settled), kinds(&settled.exceptions)), (vec![0], vec!["long-lot"]));
}

#[test]
fn f7_the_budget_buys_the_most_gain_for_the_money_and_shows_what_was_cut() {
    let mut tables = Tables::new(3, 1);
    tables.settings.budget = Some(2500.0);
    let dear = PoolNeed { margin: Money::from_f64(20.0), ..pool(2, 100.0, 70) };
    let idle = pool(1, 100.0, 500);
    let settled = tables.run(&[pool(0, 100.0, 70), idle, dear]);
    // The third saves most, the first next; the second, in stock for 50 days, gets what is left.
    assert_eq!(quantities(&settled), [100, 50, 100]);
    assert_eq!(kinds(&settled.exceptions), ["budget-cut", "budget"]);
    assert!(
        settled.exceptions[0].what.contains("cut from 100 to 50"),
        "{:?}",
        settled.exceptions[0]
    );
    assert_eq!(settled.recommendations[1].binding, "budget");
    assert!(settled.exceptions[1].what.contains("2500.00 of 2500.00 spent"));
}

#[test]
fn f7_the_budget_is_spent_unit_by_unit_at_landed_cost() {
    let mut tables = Tables::new(2, 1);
    tables.supply.edit(|rows| rows[1].duty_rate = 1.0);
    tables.settings.budget = Some(1500.0);
    // The same but for a duty of 100 %: 1,000 and 2,000 landed; the cheaper one first, both some.
    let settled = tables.run(&[pool(0, 100.0, 70), pool(1, 100.0, 70)]);
    let spent: f64 = settled
        .recommendations
        .iter()
        .map(|r| r.landed_unit_cost.as_f64() * r.quantity.as_f64())
        .sum();
    assert!(spent <= 1500.0 && spent > 1480.0, "{spent}");
    assert_eq!(settled.recommendations[0].quantity, Units(100));
    let even = Tables {
        settings: Settings { budget: Some(1000.0), ..Settings::default() },
        ..Tables::new(2, 1)
    };
    let halves = even.quantities(&[pool(0, 100.0, 70), pool(1, 100.0, 70)]);
    assert!(halves.iter().all(|units| (48..=52).contains(units)), "{halves:?}");
}

#[test]
fn f7_no_budget_leaves_an_order_that_its_supplier_refuses() {
    let mut tables = Tables::new(2, 2);
    tables.supply.edit(|rows| rows[1].supplier = SupplierId(1));
    for supplier in &mut tables.suppliers {
        supplier.min_order_value = Some(Money::from_f64(900.0));
    }
    tables.settings.budget = Some(1200.0);
    let worth_more = PoolNeed { margin: Money::from_f64(8.0), ..pool(1, 98.0, 0) };
    let settled = tables.run(&[pool(0, 98.0, 0), worth_more]);
    assert_eq!(quantities(&settled), [0, 98]);
    assert_eq!(kinds(&settled.exceptions), ["budget-cut", "budget"]);
    assert!(settled.exceptions[0].why.contains("least value"), "{:?}", settled.exceptions[0]);
    // Nothing at all, where the budget does not reach the least value of either.
    tables.settings.budget = Some(800.0);
    assert_eq!(tables.quantities(&[pool(0, 98.0, 0), pool(1, 98.0, 0)]), [0, 0]);
}

/// The tables's orders after a planner has set the first pool to `wanted`.
#[test]
fn f7_money_that_pays_the_freight_of_a_second_order_buys_more_of_the_first() {
    let mut tables = Tables::new(2, 2);
    tables.supply.edit(|rows| rows[1].supplier = SupplierId(1));
    for supplier in &mut tables.suppliers {
        supplier.freight_per_order = Some(Money::from_f64(100.0));
        supplier.free_freight_value = Some(Money::from_f64(800.0));
    }
    tables.settings.budget = Some(1000.0);
    // Two orders of 40 units would pay 200 for freight; one of 100 goes free.
    let settled = tables.run(&[pool(0, 250.0, 0), pool(1, 250.0, 0)]);
    let mut bought = quantities(&settled);
    bought.sort_unstable();
    assert_eq!(bought, [0, 100]);
    let why = settled.exceptions.iter().filter(|e| e.why.contains("freight of its order"));
    assert_eq!(why.count(), 1);
}

fn set_first(tables: &Tables, pools: &[PoolNeed], wanted: f64) -> Settled {
    let (market, mut told) = (tables.market(), Vec::new());
    let mut lines: Vec<Vec<Line>> =
        pools.iter().map(|p| market.propose(p.clone(), |s| s.lead_time_days, &mut told)).collect();
    set_by_hand(&mut lines[0], wanted);
    settle(lines.into_iter().flatten().collect(), &market)
}

#[test]
fn g1_a_quantity_set_by_hand_outlives_container_budget_and_split() {
    let mut tables = Tables::new(3, 1);
    let container = Container::of(1000.0, Basis::Quantity);
    tables.settings.containers = [("S0".to_owned(), container)].into();
    let settled =
        set_first(&tables, &[pool(0, 400.0, 0), pool(1, 200.0, 0), pool(2, 100.0, 0)], 700.0);
    assert_eq!(quantities(&settled), [700, 200, 100]);
    tables.settings.containers.clear();
    tables.settings.budget = Some(1500.0);
    let worth_more = PoolNeed { margin: Money::from_f64(20.0), ..pool(1, 100.0, 70) };
    let settled = set_first(&tables, &[pool(0, 100.0, 500), worth_more], 100.0);
    assert_eq!(quantities(&settled), [100, 50]);
    let settled = set_first(&tables, &[pool(0, 100.0, 500)], 200.0);
    assert_eq!(quantities(&settled), [150]);
    assert!(settled.exceptions[0].why.contains("set by hand"), "{:?}", settled.exceptions[0]);
    let mut tables = Tables::new(1, 2);
    tables.supply.edit(|rows| rows[0].lead_time_days = 28.0);
    tables.supply.edit(|rows| rows.push(supply(0, 1, 14.0, 3.0)));
    let settled =
        set_first(&tables, &[PoolNeed { room: Some(Units(310)), ..pool(0, 300.0, 100) }], 250.0);
    assert_eq!(quantities(&settled), [250]);
    assert!(
        settled.recommendations[0].binding == "decision"
            && verify(&settled.recommendations[0].steps) == Ok(())
    );
}

#[test]
fn f8_landed_cost_with_duty_freight_and_currency() {
    let mut tables = Tables::new(1, 1);
    tables.settings.rates = [("EUR".to_owned(), 1.1)].into();
    tables.suppliers[0] = Supplier {
        currency: "EUR".to_owned(),
        freight_per_order: Some(Money::from_f64(1000.0)),
        ..Supplier::default()
    };
    tables.supply.edit(|rows| {
        rows[0].duty_rate = 0.1;
        rows[0].freight_per_unit = Money::from_f64(0.5);
    });
    let row = tables.run(&[pool(0, 100.0, 70)]).recommendations.remove(0);
    assert_eq!(row.unit_cost, Money::from_f64(11.0));
    assert_eq!(row.landed_unit_cost, Money::from_f64(11.0 + 1.1 + 0.55 + 11.0));
    tables.settings.rates.clear();
    let settled = tables.run(&[pool(0, 100.0, 70)]);
    assert_eq!(settled.recommendations[0].supplier, None);
    assert_eq!(kinds(&settled.exceptions), ["unknown-currency", "no-supplier", "no-price"]);
}

#[test]
fn g5_ids_are_stable_and_distinct() {
    let id = recommendation_id(day(0), "SKU0", "L0", "S0");
    assert_eq!(id, "R20240401-".to_owned() + &id[10..]);
    assert_eq!(id.len(), 22);
    assert_ne!(id, recommendation_id(day(0), "SKU", "0L0", "S0"));
    assert_ne!(id, recommendation_id(day(1), "SKU0", "L0", "S0"));
}

#[test]
fn g8_small_changes_are_damped_and_say_so() {
    let tables = Tables::new(1, 1);
    let last = |need, quantity| PoolNeed {
        previous: vec![PreviousQuantity { supplier: SupplierId(0), quantity: Units(quantity) }],
        ..pool(0, need, 100)
    };
    let row = tables.run(&[last(572.0, 560)]).recommendations.remove(0);
    assert_eq!((row.quantity, row.binding.as_str()), (Units(560), "damping"));
    assert!(
        row.reason.ends_with("the last run's 560 kept: 572 differs by only 2.1 %"),
        "{}",
        row.reason
    );
    assert_eq!(tables.quantities(&[last(700.0, 560)]), [700]);
    assert_eq!(tables.quantities(&[last(0.0, 560)]), [0]);
}

#[test]
fn a_row_for_the_location_replaces_the_suppliers_row_for_everywhere() {
    let mut tables = Tables::new(1, 1);
    tables
        .supply
        .edit(|rows| rows.push(Supply { location: Some(LocationId(0)), ..supply(0, 0, 4.0, 2.0) }));
    let row = tables.run(&[pool(0, 10.0, 100)]).recommendations.remove(0);
    assert_eq!((row.unit_cost, row.expected_arrival), (Money::from_f64(4.0), Some(day(2))));
    let nobody = Tables { supply: Sorted::empty(), ..Tables::new(1, 1) };
    let settled =
        nobody.run(&[PoolNeed { unit_cost: Some(Money::from_f64(3.0)), ..pool(0, 9.5, 100) }]);
    assert_eq!(
        (settled.recommendations[0].quantity, settled.recommendations[0].value),
        (Units(10), Money::from_f64(30.0))
    );
    assert_eq!(kinds(&settled.exceptions), ["no-supplier"]);
}

/// What a random item needs, and what its supplier asks of a line.
#[derive(Debug, Clone)]
struct Item {
    need: f64,
    stock: i64,
    minimum: i64,
    pack: i64,
    maximum: Option<i64>,
    cents: i64,
}

prop_compose! {
    fn any_item()(
        need in 0.0f64..400.0, stock in 0i64..300, minimum in 0i64..60, pack in 1i64..25,
        maximum in prop::option::of(0i64..500), cents in 1i64..3000,
    ) -> Item {
        Item { need, stock, minimum, pack, maximum, cents }
    }
}

prop_compose! {
    fn any_market()(
        items in prop::collection::vec(any_item(), 1..8),
        minimum_value in prop::option::of(0.0f64..20_000.0),
        free_freight in prop::option::of(0.0f64..10_000.0),
        capacity in prop::option::of(1.0f64..3000.0),
        budget in prop::option::of(0.0f64..30_000.0),
    ) -> (Tables, Vec<PoolNeed>) {
        let mut tables = Tables::new(items.len() as u32, 2);
        tables.suppliers[0].min_order_value = minimum_value.map(Money::from_f64);
        tables.suppliers[0].free_freight_value = free_freight.map(Money::from_f64);
        tables.suppliers[0].freight_per_order = Some(Money::from_f64(80.0));
        if let Some(capacity) = capacity {
            let container = Container::of(capacity, Basis::Quantity);
            tables.settings.containers.insert("S0".to_owned(), container);
        }
        tables.settings.budget = budget;
        let mut pools = Vec::new();
        for (sku, item) in items.into_iter().enumerate() {
            tables.supply.edit(|rows| {
            let row = &mut rows[sku];
            row.supplier = SupplierId(sku as u32 % 2);
            row.minimum_order = Units(item.minimum);
            row.pack_size = Units(item.pack);
            row.maximum_order = item.maximum.map(Units);
            row.unit_cost = Some(Money::from_f64(item.cents as f64 / 100.0));
            });
            let need = if item.need < 40.0 { 0.0 } else { item.need };
            pools.push(pool(sku as u32, need, item.stock));
        }
        (tables, pools)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]
    #[test]
    fn orders_keep_their_rules_the_budget_and_their_arithmetic((tables, pools) in any_market()) {
        let settled = tables.run(&pools);
        for row in &settled.recommendations {
            let rules = &tables.supply[row.sku.index()];
            let quantity = row.quantity.count();
            prop_assert!(quantity == 0 || quantity >= rules.minimum_order.count());
            prop_assert_eq!(quantity % rules.pack_size.count(), 0);
            prop_assert!(rules.maximum_order.is_none_or(|m| row.quantity <= m));
            prop_assert_eq!(row.value, row.unit_cost.times(row.quantity));
            prop_assert_eq!(verify(&row.steps), Ok(()));
            let last = row.steps.last().map(|s| (s.name, s.value));
            prop_assert_eq!(last, Some(("quantity", quantity as f64)));
        }
        let spent: Money = settled.recommendations.iter().map(|r| r.value).sum();
        if let Some(budget) = tables.settings.budget {
            prop_assert!(spent <= Money::from_f64(budget));
        }
        let ordered: Money = settled.orders.iter().map(|o| o.value).sum();
        prop_assert_eq!(spent, ordered);
    }

    #[test]
    fn the_order_of_a_suppliers_lines_changes_nothing(
        (tables, pools) in any_market(), turn in 0usize..8,
    ) {
        let mut turned = pools.clone();
        turned.rotate_left(turn % pools.len());
        let (a, b) = (tables.run(&pools), tables.run(&turned));
        prop_assert_eq!(a.recommendations, b.recommendations);
        prop_assert_eq!(a.orders, b.orders);
    }
}

#[test]
fn scaling_needs_minimums_and_packs_scales_the_order() {
    let ordered = |factor: i64| {
        let mut tables = Tables::new(2, 1);
        tables.supply.edit(|rows| {
            for row in rows {
                row.minimum_order = Units(10 * factor);
                row.pack_size = Units(4 * factor);
            }
        });
        let scale = factor as f64;
        tables.quantities(&[pool(0, 13.0 * scale, 100), pool(1, 7.0 * scale, 100)])
    };
    assert_eq!(ordered(1), [16, 12]);
    assert_eq!(ordered(5), [80, 60]);
}

#[test]
fn what_was_to_reach_a_minimum_stays_when_all_that_is_needed_was_approved() {
    let mut tables = Tables::new(2, 1);
    tables.suppliers[0].min_order_value = Some(Money::from_f64(1500.0));
    // The first item was needed and is approved; the second one was to be bought early.
    let pools = [pool(0, 0.0, 80), pool(1, 0.0, 60)];
    assert_eq!(tables.quantities(&pools), [0, 0], "nothing is needed");
    tables.approved.insert((SupplierId(0), LocationId(0)), Money::from_f64(1400.0));
    let settled = tables.run(&pools);
    let bought: i64 = quantities(&settled).iter().sum();
    assert!(bought > 0, "{settled:?}");
    assert!(settled.orders[0].value >= Money::from_f64(100.0));
    tables.approved.insert((SupplierId(0), LocationId(0)), Money::from_f64(1500.0));
    assert_eq!(tables.quantities(&pools), [0, 0], "the minimum is reached");
}

#[test]
fn the_rest_of_an_order_approved_this_morning_is_not_raised_to_a_minimum_of_its_own() {
    let mut tables = Tables::new(2, 1);
    tables.suppliers[0].min_order_value = Some(Money::from_f64(1500.0));
    tables.suppliers[0].freight_per_order = Some(Money::from_f64(90.0));
    let pools = [pool(0, 20.0, 0), pool(1, 0.0, 60)];
    let alone = tables.quantities(&pools);
    assert!(alone[0] > 20, "the whole order has to reach the minimum: {alone:?}");
    tables.approved.insert((SupplierId(0), LocationId(0)), Money::from_f64(1600.0));
    let settled = tables.run(&pools);
    assert_eq!(quantities(&settled), [20, 0]);
    assert_eq!(settled.orders[0].freight, Money::ZERO, "the order pays freight once");
    tables.settings.budget = Some(1700.0);
    assert_eq!(tables.quantities(&pools), [10, 0], "what was approved is spent");
}

#[test]
fn l3_a_networks_need_of_months_is_ordered() {
    // Twenty shops that sell one in four days together keep forty units among them: the need of
    // twelve comes on top of months of cover, and is needed all the same.
    let mut tables = Tables::new(1, 1);
    tables.supply.edit(|rows| rows[0].pack_size = Units(6));
    let shops = |echelon| PoolNeed {
        margin: Money::from_f64(1.0),
        need: 13.0,
        echelon,
        ..PoolNeed::unknown(SkuId(0), LocationId(0)).selling(0.25, Units(30), day(0), 90)
    };
    assert_eq!(quantities(&tables.run(&[shops(false)])), [0]);
    assert_eq!(quantities(&tables.run(&[shops(true)])), [18]);
}
