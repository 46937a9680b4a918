//! Decisions: from the planner's file to the next night and the export.

use crate::small::{Small, date, folder, small};
use orderpoint::domain::changes::{Cause, ChangedField};
use orderpoint::domain::error::Error;
use orderpoint::domain::exceptions::Subject;
use orderpoint::domain::inputs::{
    Inputs, Override, OverrideField, Product, PurchaseOrder, StockHistory,
};
use orderpoint::domain::lot::LotRules;
use orderpoint::domain::panel::{GrossUnits, flag};
use orderpoint::domain::sorted::Sorted;
use orderpoint::domain::units::{LocationId, Money, SkuId, SupplierId, Units};
use orderpoint::review::changes::compare;
use orderpoint::review::decisions::{KeptDecisions, Verdict};
use orderpoint::review::explain::explain;
use orderpoint::review::exports::{
    DateForm, FORMATS, Keeping, Page, Selection, Settings, What, documents, format, keep,
};
use orderpoint::review::hindsight::{JudgingTerms, judge};
use orderpoint::review::intake::{Intake, proposals, take_in};
use orderpoint::review::open_decisions::OpenDecisions;
use orderpoint::review::overrides::override_exceptions;
use orderpoint::review::scorecard::scorecard;
use orderpoint::store::{Identity, PublishedRun};
use orderpoint::tables::LastRun;
use std::fs;
use std::path::Path;

/// What the supplier delivers at a time.
fn terms() -> LotRules {
    LotRules::new(Units(10), Units(5), Some(Units(500)))
}

const HEADER: &str = "recommendation_id,decision,quantity,until,reason,author,time\n";

fn intake(out: &Path, text: &str) -> Intake {
    let file = out.join("decisions.csv");
    fs::write(&file, text).unwrap();
    let run = PublishedRun::current(out).unwrap();
    take_in(out, &file, &proposals(&run, |_, _, _| Some(terms())).unwrap()).unwrap()
}

fn published(as_of: &str) -> (tempfile::TempDir, Small) {
    let out = folder();
    let run = small(as_of, 10);
    run.publish(out.path(), "").unwrap();
    (out, run)
}

#[test]
fn g2_decisions_that_hold_are_kept_and_the_others_are_told() {
    let (out, _) = published("2024-04-01");
    let cases = [
        ("R9-2024-04-01,approve,,,,ann,", "is unknown to the current run"),
        ("R0-2024-04-01,approve,,,,,", "has no author"),
        ("R0-2024-04-01,order,,,,ann,", "none of approve, edit, reject, snooze"),
        ("R0-2024-04-01,edit,many,,,ann,", "not a whole number"),
        ("R0-2024-04-01,edit,5,,,ann,", "below the supplier's minimum of 10"),
        ("R0-2024-04-01,edit,12,,,ann,", "not whole packs of 5"),
        ("R0-2024-04-01,edit,505,,,ann,", "above the supplier's maximum of 500"),
        ("R0-2024-04-01,edit,-5,,,ann,", "cannot be ordered"),
        ("R0-2024-04-01,approve,55,,,ann,", "edit it instead"),
        ("R2-2024-04-01,approve,,,,ann,", "recommends no order"),
        ("R0-2024-04-01,reject,,,,ann,", "without a reason"),
        ("R0-2024-04-01,snooze,,,,ann,", "not until a day after 2024-04-01"),
        ("R0-2024-04-01,snooze,,2024-03-01,,ann,", "not until a day after 2024-04-01"),
        ("R0-2024-04-01,snooze,,soon,,ann,", "is not a date like 2024-12-31"),
    ];
    for (line, told) in cases {
        let intake = intake(out.path(), &format!("{HEADER}{line}\n"));
        assert!(
            intake.accepted.is_empty() && intake.problems[0].contains(told),
            "{line}: {:?}",
            intake.problems
        );
        assert!(intake.problems[0].starts_with("line 2: "), "{:?}", intake.problems);
    }
    let good = format!(
        "{HEADER}R0-2024-04-01,approve,,,,ann,10:00\n\
             R1-2024-04-01,edit,20,,=more,bob,\nR0-2024-04-01,reject,,,x,eve,\n"
    );
    let first = intake(out.path(), &good);
    assert_eq!((first.accepted.len(), first.problems.len()), (2, 1), "{:?}", first.problems);
    assert!(first.problems[0].contains("was decided in line 2 already"));
    let again = intake(out.path(), &good);
    assert!(again.known && again.accepted.is_empty() && again.problems.is_empty());
    let twice = intake(out.path(), &format!("{HEADER}R0-2024-04-01,approve,,,,ann,later\n"));
    assert!(twice.problems[0].contains("was approved by ann already"), "{:?}", twice.problems);
    let kept = KeptDecisions::read(out.path()).unwrap();
    assert_eq!(kept.decisions.len(), 2);
    assert_eq!((kept.decisions[1].verdict, kept.decisions[1].quantity), (Verdict::Edit, Units(20)));
}

#[test]
fn a_file_that_is_no_decisions_file_is_refused_with_what_it_lacks() {
    let (out, _) = published("2024-04-01");
    let run = PublishedRun::current(out.path()).unwrap();
    let proposals = proposals(&run, |_, _, _| None).unwrap();
    for text in ["", "a,b\n1,2\n", "recommendation_id\nR\n", "\u{0}\u{1}\u{ff}"] {
        let file = out.path().join("bad.csv");
        fs::write(&file, text).unwrap();
        let error = take_in(out.path(), &file, &proposals).unwrap_err();
        assert!(
            matches!(error, Error::Input { .. }) && error.to_string().contains("is missing"),
            "{error}"
        );
    }
    assert_eq!(
        take_in(out.path(), &out.path().join("none.csv"), &proposals).unwrap_err().exit_code(),
        3
    );
    let excel = "\u{feff}recommendation_id;decision;author\r\nR0-2024-04-01;Approved;ann\r\n";
    assert_eq!(intake(out.path(), excel).accepted.len(), 1);
}

#[test]
fn a_decision_on_an_earlier_run_is_stale() {
    let (out, _) = published("2024-04-01");
    intake(out.path(), &format!("{HEADER}R0-2024-04-01,reject,,,too much,ann,\n"));
    small("2024-04-02", 11).publish(out.path(), "").unwrap();
    let late = intake(out.path(), &format!("{HEADER}R0-2024-04-01,approve,,,,ann,\n"));
    assert!(late.problems[0].contains("is stale"), "{:?}", late.problems);
}

#[test]
fn a_rejection_is_taken_back_by_its_own_number_on_a_later_morning() {
    let (out, _) = published("2024-04-01");
    intake(out.path(), &format!("{HEADER}R0-2024-04-01,reject,,,quality,ann,\n"));
    small("2024-04-02", 11).publish(out.path(), "").unwrap();
    let next = small("2024-04-03", 12).inputs;
    let quiet = |day: &str| {
        let kept = KeptDecisions::read(out.path()).unwrap();
        OpenDecisions::new(&kept, &next, date(day)).quiet.len()
    };
    assert_eq!(quiet("2024-04-02"), 1);
    let never = intake(out.path(), &format!("{HEADER}R1-2024-04-01,reopen,,,,bob,\n"));
    assert!(never.problems[0].contains("nothing to take back"), "{:?}", never.problems);
    let nobody = intake(out.path(), &format!("{HEADER}R0-2024-04-01,reopen,,,,,\n"));
    assert!(nobody.problems[0].contains("has no author"), "{:?}", nobody.problems);
    let back = intake(out.path(), &format!("{HEADER}R0-2024-04-01,reopened,,,,bob,\n"));
    assert_eq!(back.accepted.len(), 1, "{:?}", back.problems);
    assert_eq!((back.accepted[0].verdict, back.accepted[0].quantity), (Verdict::Reopen, Units(0)));
    assert_eq!((quiet("2024-04-02"), quiet("2024-04-03")), (0, 0));
    let twice = intake(out.path(), &format!("{HEADER}R0-2024-04-01,reopen,,,,eve,\n"));
    assert!(twice.problems[0].contains("nothing to take back"), "{:?}", twice.problems);
}

#[test]
fn g3_approved_but_unplaced_units_count_as_on_order_until_they_are_placed() {
    let (out, _) = published("2024-04-01");
    intake(
        out.path(),
        &format!(
            "{HEADER}R0-2024-04-01,approve,,,,ann,\n\
             R1-2024-04-01,reject,,2024-04-10,supplier is closed,bob,\n"
        ),
    );
    let kept = KeptDecisions::read(out.path()).unwrap();
    let mut next = small("2024-04-02", 11).inputs;
    let standing = OpenDecisions::new(&kept, &next, date("2024-04-02"));
    assert_eq!(
        (standing.pending.len(), standing.pending[0].sku, standing.pending[0].quantity),
        (1, SkuId(0), Units(50))
    );
    assert_eq!(standing.pending[0].expected, Some(date("2024-04-08")));
    let why = &standing.quiet(SkuId(1), LocationId(0), Some(SupplierId(1))).unwrap().why;
    assert_eq!(why, "rejected by bob until 2024-04-10: supplier is closed");
    assert!(OpenDecisions::new(&kept, &next, date("2024-04-10")).quiet.is_empty());
    assert!(
        OpenDecisions::new(&kept, &next, date("2024-06-01")).pending.is_empty(),
        "an approval lapses"
    );
    next.purchase_orders.edit(|orders| orders.push(order("4711", "2024-04-01")));
    assert!(OpenDecisions::new(&kept, &next, date("2024-04-02")).pending.is_empty());
}

#[test]
fn a_spreadsheets_decimals_and_empty_rows_are_no_faults_and_lines_are_counted_as_it_shows_them() {
    let (out, _) = published("2024-04-01");
    let excel = "recommendation_id;decision;quantity;author\r\nR0-2024-04-01;edit;40,0;ann\r\n\
                 ;;;\r\n\
                 R1-2024-04-01;edit;1,5;bob\r\n";
    let taken = intake(out.path(), excel);
    assert_eq!((taken.accepted.len(), taken.problems.len()), (1, 1), "{:?}", taken.problems);
    assert!(taken.problems[0].starts_with("line 4: quantity \"1,5\""), "{:?}", taken.problems);
}

#[test]
fn dates_that_a_spreadsheet_has_rewritten_are_the_days_that_they_were() {
    for (written, day) in [
        ("2024-04-30", "2024-04-30"),
        ("30.04.2024", "2024-04-30"),
        ("30/04/2024", "2024-04-30"),
        ("4/30/2024", "2024-04-30"),
        ("4/4/24", "2024-04-04"),
        ("2024/04/30", "2024-04-30"),
        ("45412", "2024-04-30"),
    ] {
        let (out, _) = published("2024-04-01");
        let file = format!(
            "Recommendation_ID\tDecision\tuntil\tauthor\nR0-2024-04-01\tSnoozed\t{written}\tann\n"
        );
        let taken = intake(out.path(), &file);
        assert!(taken.problems.is_empty(), "{written}: {:?}", taken.problems);
        assert_eq!(taken.accepted[0].until, Some(date(day)), "{written}");
    }
    let (out, _) = published("2024-04-01");
    for (written, why) in [
        ("05/06/2024", "may be 2024-06-05 or 2024-05-06: write the one that is meant"),
        ("2024-05", "is not a date like 2024-12-31"),
        ("31/31/2024", "is not a date like 2024-12-31"),
    ] {
        let taken = intake(out.path(), &format!("{HEADER}R0-2024-04-01,snooze,,{written},,ann,\n"));
        assert!(taken.problems[0].contains(why), "{:?}", taken.problems);
    }
}

#[test]
fn an_approval_follows_its_item_to_another_code_and_is_told_where_that_is_unknown() {
    let (out, _) = published("2024-04-01");
    intake(out.path(), &format!("{HEADER}R0-2024-04-01,approve,,,,ann,\n"));
    let kept = KeptDecisions::read(out.path()).unwrap();
    let mut next = small("2024-04-02", 11).inputs;
    let former = next.names.skus[0].clone();
    next.names.skus.iter_mut().for_each(|sku| sku.insert_str(0, "NEW-"));
    let standing = OpenDecisions::new(&kept, &next, date("2024-04-02"));
    assert!(standing.pending.is_empty());
    let told = &standing.exceptions[0].what;
    assert!(told.starts_with(&format!("50 units of {former} at main that ann")), "{told}");

    next.names.other_codes.insert(former.clone(), format!("NEW-{former}"));
    let standing = OpenDecisions::new(&kept, &next, date("2024-04-02"));
    assert_eq!((standing.pending[0].quantity, standing.exceptions.len()), (Units(50), 0));

    next.names.other_codes.clear();
    next.is_pilot = true;
    let standing = OpenDecisions::new(&kept, &next, date("2024-04-02"));
    assert!(standing.exceptions.is_empty(), "a pilot leaves items out by intention");
}

fn order(id: &str, confirmed: &str) -> PurchaseOrder {
    PurchaseOrder {
        order_id: id.into(),
        sku: SkuId(0),
        supplier: Some(SupplierId(0)),
        location: LocationId(0),
        quantity: Units(50),
        confirmed: Some(date(confirmed)),
        expected: None,
        received: None,
        received_quantity: None,
        shipment: None,
    }
}

#[test]
fn g3_an_approved_line_waits_for_its_own_order_whatever_is_decided_since() {
    let (out, _) = published("2024-04-01");
    intake(out.path(), &format!("{HEADER}R0-2024-04-01,approve,,,,ann,\n"));
    small("2024-04-02", 11).publish(out.path(), "").unwrap();
    intake(out.path(), &format!("{HEADER}R0-2024-04-02,edit,20,,,ann,\n"));
    small("2024-04-03", 12).publish(out.path(), "").unwrap();
    intake(out.path(), &format!("{HEADER}R0-2024-04-03,reject,,,enough,ann,\n"));
    let kept = KeptDecisions::read(out.path()).unwrap();
    let mut next = small("2024-04-04", 13).inputs;
    let pending = |next: &Inputs| -> Vec<i64> {
        let standing = OpenDecisions::new(&kept, next, date("2024-04-04"));
        assert!(standing.quiet(SkuId(0), LocationId(0), Some(SupplierId(0))).is_some());
        standing.pending.iter().map(|p| p.quantity.0).collect()
    };
    assert_eq!(pending(&next), [50, 20]);
    let placeable = documents(&kept, date("2024-04-04"), What::Orders, Selection::New);
    assert_eq!(placeable.len(), 2, "both are to be placed");
    // Placed on the day of the second decision, but it carries the first one's id.
    next.purchase_orders.edit(|orders| orders.push(order("R0-2024-04-01", "2024-04-02")));
    assert_eq!(pending(&next), [20]);
    next.purchase_orders.edit(|orders| orders[0].order_id = kept.decisions[0].order_id());
    assert_eq!(pending(&next), [20]);
    next.purchase_orders.edit(|orders| orders[0].order_id = kept.decisions[1].order_id());
    assert_eq!(pending(&next), [50]);
    // Somebody else's number: its 50 units are the approval of 50, the other one still waits.
    next.purchase_orders.edit(|orders| orders[0].order_id = "4711".into());
    assert_eq!(pending(&next), [20]);
}

#[test]
fn g2_approved_lines_are_exported_once_with_ids_that_never_change() {
    let (out, _) = published("2024-04-01");
    intake(
        out.path(),
        &format!("{HEADER}R0-2024-04-01,approve,,,=1+1,ann,\nR1-2024-04-01,edit,20,,,bob,\n"),
    );
    let kept = KeptDecisions::read(out.path()).unwrap();
    let day = date("2024-04-01");
    let new = documents(&kept, day, What::Orders, Selection::New);
    assert_eq!(new.len(), 2);
    let settings = Settings::default();
    let page = Page { settings: &settings, currency: "EUR", as_of: day, dates: DateForm::Iso };
    for format in FORMATS.into_iter().filter(|f| f.writes().contains(&What::Orders)) {
        let files = format.documents(What::Orders, &new, &page).unwrap();
        assert_eq!(files, format.documents(What::Orders, &new, &page).unwrap());
        if format.extension() != "csv" {
            continue;
        }
        let mut text = String::new();
        let mut lines = 0;
        for file in files {
            let part = String::from_utf8(file.bytes).unwrap();
            lines += part.lines().count() - 1;
            text.push_str(&part);
        }
        assert_eq!(lines, 2, "{}", format.name());
        assert!(text.contains("'-2+3") && !text.contains(",=1+1"), "{text}");
    }
    let keeping = Keeping {
        out: out.path(),
        file: None,
        format: format("generic").unwrap(),
        what: What::Orders,
        as_of: day,
        time: "2024-04-01T08:00:00Z",
    };
    let files = keeping.format.documents(What::Orders, &new, &page).unwrap();
    keep(&keeping, &files, &new).unwrap();
    let kept = KeptDecisions::read(out.path()).unwrap();
    assert!(documents(&kept, day, What::Orders, Selection::New).is_empty());
    assert_eq!(documents(&kept, day, What::Orders, Selection::All), new);
    assert!(format("sap").err().unwrap().contains("netsuite"));
}

#[test]
fn g4_overrides_have_an_author_and_an_end() {
    let of = |location, value, expires: Option<&str>, author: &str| Override {
        sku: SkuId(0),
        location,
        field: OverrideField::SafetyStock,
        value,
        reason: "because".into(),
        author: author.into(),
        date: None,
        expires: expires.map(date),
    };
    let on = |day: &str| {
        let mut inputs = small(day, 10).inputs;
        inputs.overrides = Sorted::new(vec![
            of(None, 10.0, None, "ann"),
            of(Some(LocationId(0)), 20.0, Some("2024-04-05"), ""),
        ]);
        inputs
    };
    let safety_stock =
        |day: &str, sku: u32| on(day).overrides_of((SkuId(sku), LocationId(0))).safety_stock;
    assert_eq!(safety_stock("2024-04-04", 0), Some(20.0));
    assert_eq!(safety_stock("2024-04-05", 0), Some(10.0));
    assert_eq!(safety_stock("2024-04-01", 1), None);
    let kind = |day: &str| override_exceptions(&on(day), date(day))[0].kind.name();
    assert_eq!(kind("2024-04-01"), "override-unsigned");
    assert_eq!(kind("2024-04-05"), "override-expired");
}

#[test]
fn g6_changes_name_what_moved_and_why() {
    let (out, first) = published("2024-04-01");
    let mut second = small("2024-04-02", 11);
    let last = || {
        LastRun::read(PublishedRun::current(out.path()).unwrap(), &first.inputs.names)
            .unwrap()
            .unwrap()
    };
    let identity = |config| {
        Identity {
            as_of: date("2024-04-02"),
            config,
            inputs: &last().run.manifest.inputs.clone(),
            previous: None,
            kept: "",
        }
        .manifest(Default::default())
    };
    assert_eq!(compare(&last(), &second.inputs, &second.outcome, &identity("")), []);
    let r = &mut second.outcome.recommendations[0];
    (r.quantity, r.inventory_position, r.available) = (Units(60), Units(0), Units(0));
    let changes = compare(&last(), &second.inputs, &second.outcome, &identity("horizon"));
    let found: Vec<_> = changes
        .iter()
        .map(|c| format!("{} {}: {} > {}: {}", c.about, c.field.name(), c.before, c.after, c.cause))
        .collect();
    assert_eq!(found[0], "-2+3/main quantity: 50 > 60: stock +10");
    assert_eq!(
        (&changes[1].about, changes[1].field),
        (&Subject::Run("run"), ChangedField::Configuration)
    );
    assert_eq!(changes[1].cause, Cause::Policy);
}

#[test]
fn j2_the_scorecard_counts_what_was_accepted_unchanged() {
    let (out, run) = published("2024-04-01");
    intake(
        out.path(),
        &format!("{HEADER}R0-2024-04-01,approve,,,,ann,\nR1-2024-04-01,reject,,,no,bob,\n"),
    );
    let card =
        scorecard(&KeptDecisions::read(out.path()).unwrap(), &[], &run.inputs.names, &run.outcome);
    let of = |indicator: &str, scope: &str| {
        card.iter().find(|i| i.indicator == indicator && i.scope == scope).unwrap()
    };
    assert_eq!(
        (of("accepted_unchanged", "all").numerator, of("accepted_unchanged", "all").denominator),
        (1.0, 2.0)
    );
    assert_eq!(of("accepted_unchanged", "class:A").value, Some(100.0));
    assert_eq!(of("rejected_value", "all").value, Some(15.0 * 1.2345));
}

#[test]
fn c15_changes_are_weighed_against_the_proposal_once_their_outcome_is_known() {
    let (out, _) = published("2024-04-01");
    intake(
        out.path(),
        &format!(
            "{HEADER}R0-2024-04-01,reject,,,too much,ann,\n\
             R1-2024-04-01,edit,20,,a promotion,bob,\n"
        ),
    );
    let kept = KeptDecisions::read(out.path()).unwrap();
    let later = |as_of: &str, history| {
        let mut run = small(as_of, history);
        let product = Product { unit_price: Some(Money::from_f64(10.0)), ..Product::default() };
        run.inputs.products = vec![product; 3];
        // Both orders would have arrived on 2024-04-08: 8 units of the first item were lost since,
        // the second had 2 left at the least.
        let day = (date("2024-04-12") - run.inputs.panel.calendar().start(0)).num_days() as usize;
        let panel = &mut run.inputs.panel;
        let sold = panel.gross(0).into_owned();
        for series in panel.series_mut().filter(|s| s.index == 0) {
            series.cleaned[day] = sold[day] + 8.0;
            series.flags[day] |= flag::STOCKOUT;
        }
        let besides = GrossUnits::besides(&sold, panel.cleaned(0));
        panel.keep_gross(0, besides);
        let level = |day: &str, on_hand| StockHistory {
            date: date(day),
            sku: SkuId(1),
            location: LocationId(0),
            on_hand: Units(on_hand),
        };
        run.inputs.stock_history = Sorted::new(vec![
            level("2024-04-07", 0),
            level("2024-04-20", 9),
            level("2024-05-02", 2),
            level("2024-05-20", 0),
        ]);
        run
    };
    let terms = JudgingTerms { judged_days: 28, holding_rate: 0.2 };
    assert_eq!(
        judge(&kept, &later("2024-05-05", 40).inputs, terms),
        [],
        "the 28 days are not over"
    );
    let run = later("2024-05-06", 41);
    let judged = judge(&kept, &run.inputs, terms);
    let (margin, holding) = (10.0 - 1.2345, 1.2345 * 0.2 * 28.0 / 365.0);
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} is not {b}");
    assert_eq!((judged[0].change, judged[0].rejected, judged[0].sold), (Units(-50), true, 8.0));
    close(judged[0].value(), 42.0 * holding - 8.0 * margin);
    assert_eq!((judged[1].change, judged[1].rejected, judged[1].sold), (Units(5), false, 3.0));
    close(judged[1].value(), 3.0 * margin - 2.0 * holding);
    let card = scorecard(&kept, &judged, &run.inputs.names, &run.outcome);
    let of = |indicator: &str| {
        card.iter().find(|i| i.indicator == indicator && i.scope == "all").unwrap()
    };
    close(of("planner_value_added").value.unwrap(), judged[0].value() + judged[1].value());
    assert_eq!((of("changes_better").numerator, of("changes_better").denominator), (1.0, 2.0));
    assert_eq!(
        (of("rejected_would_have_sold").numerator, of("rejected_would_have_sold").denominator),
        (8.0, 50.0)
    );
}

#[test]
fn g7_explain_tells_the_arithmetic_of_the_last_run() {
    let (out, _) = published("2024-04-01");
    let run = PublishedRun::current(out.path()).unwrap();
    let text = explain(&run, "-2+3", Some("web")).unwrap();
    for told in [
        "reorder_point = average [2] * lead_time [7] + safety_stock [31] = 45 units",
        "order 50 from A/B (R0-2024-04-01)",
        "quantity = ceil(need [49] / pack [5]) * pack [5] = 50 units",
        "web at main: forecast by M1: best of two",
        "published = max(0, 5 - 1) = 4",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    let error = explain(&run, "=cmd", None).unwrap_err();
    assert!(
        error.exit_code() == 2 && error.to_string().contains("did you mean `=cmd|' /C calc'!A0`?"),
        "{error}"
    );
    assert!(
        explain(&run, "-2+3", Some("webb"))
            .unwrap_err()
            .to_string()
            .contains("did you mean `web`?")
    );
}
