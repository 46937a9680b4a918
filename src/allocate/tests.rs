use crate::allocate::split::{split, target_shares};
use crate::allocate::*;
use crate::domain::classes::FindingKind;
use crate::domain::outcome::ChannelAction;
use crate::domain::units::Money;
use crate::math::elementary::Elementary;
use proptest::prelude::*;

fn channel(id: u32, velocity: f64, margin: f64) -> ChannelDemand {
    ChannelDemand::selling(ChannelId(id), velocity, Some(margin))
}

fn names() -> Names {
    Names {
        skus: vec!["TEA".to_owned()],
        channels: vec!["a".to_owned(), "b".to_owned(), "c".to_owned()],
        locations: vec!["main".to_owned()],
        ..Names::default()
    }
}

fn pool(available: i64) -> PoolStock {
    PoolStock {
        sku: SkuId(0),
        location: LocationId(0),
        available: Units(available),
        reorder_point: 0.0,
        step: Units::LEAST,
    }
}

fn run(
    available: i64,
    channels: &[ChannelDemand],
    settings: &Settings,
) -> (Vec<Allocation>, Vec<Exception>) {
    let names = names();
    let context = Context { names: &names, settings, as_of: "2024-04-01".parse().unwrap() };
    let mut exceptions = Vec::new();
    (allocate(&pool(available), channels, &context, &mut exceptions), exceptions)
}

fn units(rows: &[Allocation]) -> Vec<i64> {
    rows.iter().map(|r| r.allocated.count()).collect()
}

fn allocated(available: i64, channels: &[ChannelDemand], settings: &Settings) -> Vec<i64> {
    let (rows, _) = run(available, channels, settings);
    units(&rows)
}

#[test]
fn what_a_paused_listing_would_show_is_sold_on_the_others() {
    let market = ChannelDemand { pause_below: Units(30), ..channel(0, 4.0, 1.0) };
    let settings = Settings::default();
    let (rows, _) = run(50, &[market, channel(1, 4.0, 1.0)], &settings);
    assert_eq!((rows[0].action, rows[0].allocated), (ChannelAction::Pause, Units(0)));
    assert_eq!((rows[0].published, rows[1].published), (Some(Units(0)), Some(Units(50))));
    // Alone it keeps them: nobody else could sell them.
    let (alone, _) = run(20, &[market], &settings);
    assert_eq!((alone[0].action, alone[0].allocated), (ChannelAction::Pause, Units(20)));
}

#[test]
fn e1_priority_serves_from_a_shrinking_remainder() {
    let settings = Settings { method: Method::Priority, cover_days: 10.0, ..Settings::default() };
    let rank = |c: ChannelDemand, p| ChannelDemand { priority: Some(p), ..c };
    let channels =
        [rank(channel(0, 5.0, 1.0), 2), rank(channel(1, 8.0, 1.0), 1), channel(2, 3.0, 1.0)];
    assert_eq!(allocated(100, &channels, &settings), [20, 80, 0]);
    assert_eq!(allocated(60, &channels, &settings), [0, 60, 0]);
    assert_eq!(allocated(160, &channels, &settings), [50, 80, 30]);
    assert_eq!(allocated(-5, &channels, &settings), [0, 0, 0]);
    let tie = [rank(channel(0, 6.0, 1.0), 1), rank(channel(1, 6.0, 1.0), 1)];
    assert_eq!(allocated(51, &tie, &settings), [26, 25]);
}

#[test]
fn e2_reserves_come_first_then_shares() {
    let wholesale = ChannelDemand { reserve: Units(40), ..channel(0, 0.0, 1.0) };
    let channels = [wholesale, channel(1, 3.0, 1.0), channel(2, 1.0, 1.0)];
    let (rows, told) = run(100, &channels, &Settings::default());
    assert_eq!(units(&rows), [40, 45, 15]);
    assert_eq!(rows[0].reserved, Units(40));
    assert!(told.is_empty());
    let (rows, told) = run(30, &channels, &Settings::default());
    assert_eq!(units(&rows), [30, 0, 0]);
    assert_eq!(
        (told[0].kind.name(), told[0].about.to_string().as_str()),
        ("reserve-exceeds-pool", "TEA/main")
    );
}

#[test]
fn e3_published_is_allocated_less_the_buffer() {
    let channels =
        [ChannelDemand { buffer: Some(Units(4)), ..channel(0, 1.0, 1.0) }, channel(1, 1.0, 1.0)];
    let (rows, _) = run(20, &channels, &Settings { buffer: 12, ..Settings::default() });
    assert_eq!(
        rows.iter().map(|r| (r.buffer.count(), r.published.unwrap().count())).collect::<Vec<_>>(),
        [(4, 6), (12, 0)]
    );
    assert_eq!(rows[1].action, ChannelAction::Pause);
}

#[test]
fn e3_a_buffer_sized_by_demand_covers_the_sync_lag() {
    let settings = Settings {
        buffering: Buffering::Demand,
        buffer_confidence: 0.95,
        sync_days: 0.25,
        ..Settings::default()
    };
    let (rows, _) = run(100, &[channel(0, 8.0, 1.0)], &settings);
    // Poisson with mean 2: P(D <= 4) = 0.9473, P(D <= 5) = 0.9834.
    assert_eq!(rows[0].buffer, Units(5));
}

#[test]
fn e4_a_cap_is_kept_and_hands_its_excess_on() {
    let channels =
        [ChannelDemand { cap: Some(Units(10)), ..channel(0, 8.0, 1.0) }, channel(1, 2.0, 1.0)];
    assert_eq!(allocated(100, &channels, &Settings::default()), [10, 90]);
    let both = channels.map(|c| ChannelDemand { cap: Some(Units(10)), ..c });
    assert_eq!(allocated(100, &both, &Settings::default()), [10, 10]);
}

#[test]
fn e5_share_is_velocity_times_margin() {
    let channels = [channel(0, 10.0, 2.0), channel(1, 1.0, 8.0)];
    let shares = target_shares(&channels);
    assert!((shares[0] - 20.0 / 28.0).abs() < 1e-15 && (shares[1] - 8.0 / 28.0).abs() < 1e-15);
    let percent: Vec<String> = shares.iter().map(|s| format!("{:.1}", 100.0 * s)).collect();
    assert_eq!(percent, ["71.4", "28.6"]);
    assert_eq!(allocated(28, &channels, &Settings::default()), [20, 8]);
    let unknown = [channel(0, 1.0, 2.0), ChannelDemand { margin: None, ..channel(1, 1.0, 0.0) }];
    assert_eq!(target_shares(&unknown), [0.5, 0.5]);
    assert_eq!(target_shares(&[channel(0, 0.0, 1.0), channel(1, 0.0, 1.0)]), [0.5, 0.5]);
}

#[test]
fn e5_a_least_share_is_kept() {
    let channels =
        [channel(0, 99.0, 1.0), ChannelDemand { min_share: 0.25, ..channel(1, 1.0, 1.0) }];
    assert_eq!(allocated(40, &channels, &Settings::default()), [30, 10]);
    let settings = Settings { method: Method::Priority, ..Settings::default() };
    assert_eq!(allocated(40, &channels, &settings), [30, 10]);
    let greedy = channels.map(|c| ChannelDemand { min_share: 0.8, ..c });
    let (rows, told) = run(40, &greedy, &Settings::default());
    assert_eq!(units(&rows).iter().sum::<i64>(), 40);
    assert_eq!(told[0].kind.name(), "least-shares-exceed-pool");
}

#[test]
fn e6_whole_units_by_largest_remainder_with_stable_ties() {
    let channels = [channel(0, 1.0, 1.0), channel(1, 1.0, 1.0), channel(2, 1.0, 1.0)];
    assert_eq!(allocated(10, &channels, &Settings::default()), [4, 3, 3]);
    assert_eq!(allocated(1, &channels, &Settings::default()), [1, 0, 0]);
}

#[test]
fn e7_shares_move_in_bounded_steps_with_the_reason() {
    let last = |c: ChannelDemand, share| ChannelDemand {
        previous: Some(Previous { share, paused: false }),
        ..c
    };
    let channels = [last(channel(0, 9.0, 1.0), 0.5), last(channel(1, 1.0, 1.0), 0.5)];
    let (rows, _) = run(100, &channels, &Settings { max_share_step: 0.1, ..Settings::default() });
    assert_eq!(units(&rows), [60, 40]);
    assert!(rows[0].reason.contains("from 50.0 % to 60.0 % only"), "{}", rows[0].reason);
    assert!((rows[0].share - 0.6).abs() < 1e-12);
}

#[test]
fn e8_oversell_risk_is_the_chance_of_more_demand_than_published() {
    let (rows, _) = run(3, &[channel(0, 2.0, 1.0)], &Settings::default());
    // Poisson with mean 2: P(D > 3) = 1 - e^-2 (1 + 2 + 2 + 4/3).
    let exact = 1.0 - (-2.0f64).exponential() * (5.0 + 4.0 / 3.0);
    assert!((rows[0].oversell_risk - exact).abs() < 1e-12);
    let (rows, _) = run(3, &[channel(0, 0.0, 1.0)], &Settings::default());
    assert_eq!(rows[0].oversell_risk, 0.0);
}

#[test]
fn trap_5_alert_pause_and_resume_with_hysteresis() {
    let settings = Settings { buffer: 2, ..Settings::default() };
    let act = |available, paused| {
        let previous = Some(Previous { share: 1.0, paused });
        let channels = [ChannelDemand { previous, ..channel(0, 3.0, 1.0) }];
        let names = names();
        let context =
            Context { names: &names, settings: &settings, as_of: "2024-04-01".parse().unwrap() };
        allocate(
            &PoolStock { reorder_point: 20.0, ..pool(available) },
            &channels,
            &context,
            &mut Vec::new(),
        )[0]
        .action
    };
    assert_eq!(act(21, false), ChannelAction::Publish);
    assert_eq!(act(20, false), ChannelAction::Alert);
    assert_eq!(act(2, false), ChannelAction::Pause);
    // Resume only above buffer 2 + one day of velocity 3.
    assert_eq!(act(5, true), ChannelAction::Pause);
    assert_eq!(act(6, true), ChannelAction::Resume);
}

#[test]
fn e9_published_numbers_carry_valid_until() {
    let (rows, _) = run(3, &[channel(0, 2.0, 1.0)], &Settings::default());
    assert_eq!(rows[0].valid_until, "2024-04-02".parse().unwrap());
    assert!(allocated(3, &[], &Settings::default()).is_empty());
}

#[test]
fn e10_imbalance_and_stranded_stock_in_units_and_money() {
    let reserved = ChannelDemand { reserve: Units(90), ..channel(0, 0.1, 5.0) };
    let channels = [reserved, channel(1, 5.0, 5.0)];
    let settings = Settings::default();
    let (rows, _) = run(100, &channels, &settings);
    let worth = balance::Worth { unit_cost: Money::from_f64(2.0), days_to_arrival: 10.0 };
    let found = balance::findings(&channels, &rows, &worth, &settings);
    // 90 held, 12 are 120 days: 78 stranded. The other holds 10 of the 35 that seven days need.
    let kinds: Vec<_> = found.iter().map(|f| (f.kind, f.units)).collect();
    assert_eq!(kinds[..2], [(FindingKind::Stranded, 78.0), (FindingKind::Imbalance, 25.0)]);
    assert_eq!((found[0].value, found[1].value), (Money::from_f64(156.0), Money::from_f64(125.0)));
}

#[test]
fn e11_a_channel_that_costs_the_others_more_than_it_sells() {
    let thin = ChannelDemand { min_share: 0.5, ..channel(0, 0.5, 0.5) };
    let channels = [thin, channel(1, 5.0, 5.0)];
    let (rows, _) = run(40, &channels, &Settings::default());
    let closing = balance::superfluous_channel(&channels, &rows, 7.0).unwrap();
    assert_eq!(closing.channel, 0);
    assert!(closing.units > 14.0 && closing.gain > Money::from_f64(60.0), "{closing:?}");
    let fair = [channel(0, 5.0, 5.0), channel(1, 5.0, 5.0)];
    let (rows, _) = run(60, &fair, &Settings::default());
    assert_eq!(balance::superfluous_channel(&fair, &rows, 7.0), None);
}

#[test]
fn transfers_go_from_the_largest_surplus_to_the_dearest_shortage() {
    let site = |location, position: i64, keep, short, margin| transfers::Site {
        location: LocationId(location),
        beyond_target: Units::floor(position as f64 - keep).or_zero(),
        short_units: short,
        margin: Money::from_f64(margin),
        ..transfers::Site::default()
    };
    let sites = [
        site(0, 100, 40.0, 0.0, 5.0),
        site(1, 0, 50.0, 20.5, 5.0),
        site(2, 0, 50.0, 50.0, 4.0),
        site(3, 30, 25.0, 0.0, 5.0),
    ];
    let settings = Settings { transfer_cost: 1.0, ..Settings::default() };
    let moves: Vec<_> =
        transfers::transfers(SkuId(0), Units::LEAST, &sites, &settings, &|_, _| true)
            .iter()
            .map(|t| (t.from.code(), t.to.code(), t.quantity.count(), t.value))
            .collect();
    // Location 2 loses most (50 x 3): it takes 50 of the 60 to spare, location 1 the other ten and
    // five from location 3.
    assert_eq!(
        moves,
        [
            (0, 2, 50, Money::from_f64(150.0)),
            (0, 1, 10, Money::from_f64(40.0)),
            (3, 1, 5, Money::from_f64(20.0)),
        ]
    );
    for (short, margin, why) in
        [(0.4, 50.0, "less than half a unit"), (0.6, 1.5, "not worth its cost")]
    {
        let sites = [site(0, 100, 40.0, 0.0, 5.0), site(1, 1, 50.0, short, margin)];
        assert_eq!(
            transfers::transfers(SkuId(0), Units::LEAST, &sites, &settings, &|_, _| true),
            [],
            "{why}"
        );
    }
    // The second unit would save 0.6 x 1.5 and cost 1.
    let sites =
        [site(0, 41, 40.0, 0.0, 5.0), site(1, 0, 50.0, 1.6, 1.5), site(2, 41, 40.0, 0.0, 5.0)];
    let moves: Vec<_> =
        transfers::transfers(SkuId(0), Units::LEAST, &sites, &settings, &|_, _| true)
            .iter()
            .map(|t| t.quantity.count())
            .collect();
    assert_eq!(moves, [1]);
}

#[test]
fn e10_what_lies_elsewhere_is_moved_before_it_is_bought() {
    let place = |location| transfers::Site {
        location: LocationId(location),
        margin: Money::from_f64(6.0),
        unit_cost: Some(Money::from_f64(4.0)),
        ..transfers::Site::default()
    };
    let lacking = transfers::Site { need: 150.0, ..place(1) };
    let full = transfers::Site { beyond_target: Units(1790), ..place(2) };
    let moved = |sites: &[transfers::Site], cost: f64| {
        let settings = Settings { transfer_cost: cost, ..Settings::default() };
        let found = transfers::transfers(SkuId(0), Units::LEAST, sites, &settings, &|_, _| true);
        found.iter().map(|t| (t.from.code(), t.quantity.count())).collect::<Vec<_>>()
    };
    assert_eq!(moved(&[lacking, full], 0.0), [(2, 150)]);
    assert_eq!(moved(&[lacking, full], 4.5), [], "buying is cheaper than moving");
    // A giver that waits for its own supply helps out a shortage, not a purchase.
    let tight = transfers::Site { beyond_own_supply: Units(40), ..place(2) };
    let short = transfers::Site { short_units: 30.0, ..lacking };
    assert_eq!(moved(&[lacking, tight], 0.0), []);
    assert_eq!(moved(&[short, tight], 0.0), [(2, 30)]);
    // One row a pair, though both reasons hold; what is lacking itself gives nothing.
    let half = transfers::Site { beyond_target: Units(100), beyond_own_supply: Units(120), ..full };
    assert_eq!(moved(&[short, half], 0.0), [(2, 100)]);
    assert_eq!(moved(&[short, transfers::Site { need: 1.0, ..full }], 0.0), []);
}

#[test]
fn e10_a_giver_keeps_what_it_needs_until_its_own_supply() {
    let holding = transfers::Holding {
        available: Units(100),
        position: 400.0,
        reorder_point: 120.0,
        order_up_to: 200.0,
        safety_stock: 10.0,
        until_supply: &[90.0, 60.0, 30.0, 320.0],
        is_sold_off: false,
    };
    // 200 beyond its target, but they are still on their way: 20 can go today.
    assert_eq!((holding.beyond_target(), holding.beyond_own_supply()), (Units(20), Units(20)));
    let later = transfers::Holding { until_supply: &[90.0, 80.0], position: 130.0, ..holding };
    assert_eq!((later.beyond_target(), later.beyond_own_supply()), (Units(0), Units(10)));
}

#[test]
fn e10_a_place_that_never_buys_again_keeps_no_unit_for_a_hundredth_of_one() {
    let dead = transfers::Holding {
        available: Units(6),
        position: 6.0,
        reorder_point: 0.0,
        order_up_to: 0.016,
        safety_stock: 0.0,
        until_supply: &[5.99, 5.98],
        is_sold_off: true,
    };
    assert_eq!(dead.beyond_target(), Units(6));
    let alive = transfers::Holding { is_sold_off: false, ..dead };
    assert_eq!(alive.beyond_target(), Units(5));
}

prop_compose! {
    fn any_channel()(
        velocity in 0.0f64..30.0, margin in -1.0f64..9.0, priority in prop::option::of(0i64..4),
        reserve in 0i64..40, buffer in prop::option::of(0i64..60),
        cap in prop::option::of(0i64..80),
        min_share in 0.0f64..0.6, share in prop::option::of(0.0f64..1.0),
    ) -> ChannelDemand {
        ChannelDemand {
            priority,
            reserve: Units(reserve),
            buffer: buffer.map(Units),
            cap: cap.map(Units),
            min_share,
            previous: share.map(|share| Previous { share, paused: share > 0.5 }),
            ..channel(0, velocity, margin)
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]
    #[test]
    fn allocation_conserves_the_pool_and_never_exceeds_a_cap(
        available in -20i64..500, channels in prop::collection::vec(any_channel(), 0..7),
        by_priority in any::<bool>(),
    ) {
        let method = if by_priority { Method::Priority } else { Method::Shares };
        let (rows, _) = run(available, &channels, &Settings { method, ..Settings::default() });
        let stock = available.max(0);
        let caps: i64 = channels.iter().map(|c| c.cap.map_or(1_000_000, Units::count)).sum();
        let weightless = channels.iter().any(|c| c.velocity * c.margin.unwrap_or(1.0) <= 0.0);
        let total: i64 = units(&rows).iter().sum();
        prop_assert!(total <= stock);
        if !weightless && !channels.is_empty() {
            prop_assert_eq!(total, stock.min(caps));
        }
        for (row, channel) in rows.iter().zip(&channels) {
            let is_within = channel.cap.is_none_or(|cap| row.allocated <= cap);
            prop_assert!(is_within, "{:?} {:?}", row, channel);
            prop_assert!(row.reserved <= row.allocated && row.reserved <= channel.reserve);
            prop_assert_eq!(row.published, Some((row.allocated - row.buffer).max(Units(0))));
            prop_assert!((0.0..=1.0).contains(&row.share));
            prop_assert!((0.0..=1.0).contains(&row.oversell_risk));
        }
    }

    #[test]
    fn scaling_pool_and_demand_scales_the_split(
        units in 1i64..200, velocities in prop::collection::vec(0.1f64..20.0, 1..6),
        factor in 2i64..9,
    ) {
        let channels: Vec<ChannelDemand> = velocities.iter().map(|&v| channel(0, v, 2.0)).collect();
        let scaled: Vec<ChannelDemand> =
            velocities.iter().map(|&v| channel(0, v * factor as f64, 2.0)).collect();
        let small = split(Units(units), Units::LEAST, &channels, &Settings::default());
        let large = split(Units(units * factor), Units::LEAST, &scaled, &Settings::default());
        for (s, l) in small.iter().zip(&large) {
            prop_assert!((l.allocated.count() - factor * s.allocated.count()).abs() <= factor);
            prop_assert!((l.share - s.share).abs() < 1e-12);
        }
    }
}
