use crate::config::*;
use toml::Table;

fn parse(text: &str) -> Result<Plan> {
    Plan::parse(text, "orderpoint.toml", Path::new(""), &Options::default())
}

fn problems(text: &str) -> Vec<String> {
    match parse(text) {
        Err(Error::Config(problems)) => problems,
        other => panic!("expected a configuration error, got {other:?}"),
    }
}

#[test]
fn the_file_that_init_writes_means_exactly_the_defaults() {
    let (written, empty) = (parse(TEMPLATE).unwrap(), parse("").unwrap());
    assert_eq!(Plan { digest: String::new(), ..written }, Plan { digest: String::new(), ..empty });
}

#[test]
fn keys_shown_switched_off_are_real_keys() {
    // A source is a file or a query of a database.
    let far = ["#query", "#connection", "#driver"];
    let lines = TEMPLATE.lines().filter(|line| !far.iter().any(|key| line.starts_with(key)));
    let switched_on: String = lines.map(|line| format!("{}\n", uncommented(line))).collect();
    parse(&switched_on).unwrap();
}

/// `#key = value` without its `#`; remarks have a space after theirs.
fn uncommented(line: &str) -> &str {
    line.strip_prefix('#')
        .filter(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '['))
        .unwrap_or(line)
}

#[test]
fn the_template_names_every_key_of_every_section() {
    let shown: String = TEMPLATE.lines().map(|line| format!("{}\n", uncommented(line))).collect();
    let shown: Table = shown.parse().unwrap();
    let mapping = shown["mapping"].as_table().unwrap();
    let sections = shown.iter().map(|(name, table)| (name.clone(), table));
    for (section, table) in
        sections.chain(mapping.iter().map(|(table, keys)| (format!("mapping.{table}"), keys)))
    {
        for key in keys_of(&section) {
            assert!(
                table.as_table().unwrap().contains_key(&key),
                "[{section}] {key} is missing from the template"
            );
        }
    }
}

/// Keys that the section's type lists when asked for one it does not have; none for sections whose
/// keys are the user's own.
fn keys_of(section: &str) -> Vec<String> {
    let problem = problems(&format!("[{section}]\nqqqq = 1")).join("");
    match problem.split_once("known are ") {
        Some((_, known)) => known.split(", ").map(str::to_owned).collect(),
        None if section == "mapping" => Vec::new(), // its keys are tables
        None => panic!("[{section}] does not list its keys: {problem}"),
    }
}

#[test]
fn an_unknown_key_is_refused_with_its_line_and_the_nearest_known_one() {
    assert_eq!(
        problems("[run]\nseed = 3\nhorizon_day = 90\n[purchas]\nbudget = 3\n"),
        [
            "orderpoint.toml line 3, [run] horizon_day: unknown key, did you mean `horizon_days`?",
            "orderpoint.toml line 4: unknown section [purchas], did you mean `purchase`?",
        ]
    );
}

#[test]
fn costs_have_one_place_and_reach_purchasing() {
    assert_eq!(
        problems("[purchase]\ncarrying_rate = 0.2\norder_cost = 3\n[classify]\nexcess_days = 90\n"),
        [
            "orderpoint.toml line 5, [classify] excess_days: unknown key: set `excess_cover_days` \
             in [policy]",
            "orderpoint.toml line 2, [purchase] carrying_rate: unknown key: set \
             `holding_rate_per_year` in [policy]",
            "orderpoint.toml line 3, [purchase] order_cost: unknown key: set `order_cost` in \
             [policy]",
        ]
    );
    let plan = parse("[policy]\nholding_rate_per_year = 0.3\norder_cost = 7").unwrap();
    assert_eq!((plan.purchase.carrying_rate, plan.purchase.order_cost), (0.3, 7.0));
}

#[test]
fn every_problem_is_listed_at_once() {
    let found = problems(
        "[run]\nhorizon_days = 0\nbucket = \"year\"\nsede = 1\n[purchase]\ncarrying_rate = 25\n\
         budget = \"much\"\n",
    );
    assert_eq!(found.len(), 5, "{found:#?}");
    assert!(
        found
            .iter()
            .any(|p| p.contains("unknown variant `year`, expected one of `day`, `week`, `month`")),
        "{found:#?}"
    );
}

#[test]
fn a_broken_file_is_shown_with_its_place() {
    let found = problems("[run\nseed = 1").join("");
    assert!(found.starts_with("orderpoint.toml: TOML parse error at line 1"), "{found}");
}

#[test]
fn paths_of_the_file_start_at_the_file_and_arguments_win() {
    let options = Options { out: Some("elsewhere".into()), threads: Some(2), ..Options::default() };
    let plan = Plan::parse(
        "[run]\ndata = \"in\"\nthreads = 4",
        "shop/orderpoint.toml",
        Path::new("shop"),
        &options,
    )
    .unwrap();
    assert_eq!(
        (plan.run.data, plan.run.out, plan.run.threads),
        ("shop/in".into(), "elsewhere".into(), 2)
    );
}

#[test]
fn the_digest_knows_settings_and_ignores_places_and_threads() {
    let digest = |text: &str| parse(text).unwrap().digest;
    assert_eq!(
        digest("[run]\nthreads = 1\nout = \"a\""),
        digest("[run]\nthreads = 4\nout = \"b\"")
    );
    assert_ne!(digest("[run]\nseed = 1"), digest("[run]\nseed = 2"));
}

#[test]
fn a_pilot_list_has_one_sku_a_line_and_remarks() {
    assert_eq!(
        sku_list("A-1\n  B 2 # the kettle\n\n# all\nA-1\n"),
        ["A-1", "B 2"].map(str::to_owned).into()
    );
}

#[test]
fn a_severe_kind_that_does_not_exist_is_refused() {
    let found = problems("[run]\nsevere = [\"missing-table\", \"stale-tabel\"]\n").join("");
    let expected = "orderpoint.toml line 2, [run] severe: no exception has the kind `stale-tabel`, \
         did you mean `stale-table`?; the kinds are ";
    assert!(found.starts_with(expected), "{found}");
    assert!(parse("[run]\nsevere = [\"stale-table\"]\n").is_ok());
}
