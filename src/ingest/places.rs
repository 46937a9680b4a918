//! Where rows without a location belong: at the one place that the other tables leave for them; and
//! which names of places that never meet are one place under two names.

use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::domain::shown::counted;
use crate::ingest::files::table::Table;
use crate::ingest::spellings::plain;
use std::collections::{BTreeMap, BTreeSet};

/// The one location of data without locations.
pub(crate) const MAIN: &str = "main";
/// The tables that say where stock lies.
const OF_STOCK: &[&str] = &["stock", "lots", "stock_history", "counts"];

/// Where rows without a location belong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Places {
    /// Those of sales ...
    pub(crate) sales: String,
    /// ... and those of stock and orders.
    pub(crate) stock: String,
    /// Names that are taken for another one, since there is only one way.
    pub(crate) renamed: BTreeMap<String, String>,
}

/// Tables besides those of stock whose rows are for a place: what they say reaches nobody where
/// that is unknown.
const FOR_A_PLACE: &[&str] = &["purchase_orders", "supply"];

/// The rows of a table that are for a place, by its name.
#[derive(Debug, Clone, Default)]
struct PlacedRows {
    name: &'static str,
    places: BTreeMap<String, OpenRows>,
    nameless: Option<OpenRows>,
    /// Whether a row without a place is for one, and not for all of them.
    needs_place: bool,
}

impl PlacedRows {
    /// How many rows, with their units where units lie or move.
    fn told(&self, rows: &OpenRows) -> String {
        let units =
            if self.needs_place { format!(" ({} units)", rows.units) } else { String::new() };
        format!("{}{units}", counted(rows.rows, "row", "rows"))
    }
}

/// Rows that still matter: orders that have not come.
#[derive(Debug, Clone, Copy, Default)]
struct OpenRows {
    rows: u64,
    units: f64,
}

impl OpenRows {
    fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.units += other.units;
    }
}

impl PlacedRows {
    fn of(table: &Table) -> Self {
        let is_of_orders = table.schema.table == "purchase_orders";
        let mut placed =
            Self { name: table.schema.table, needs_place: is_of_orders, ..Self::default() };
        for row in table.rows() {
            let one = match is_of_orders {
                // What has come is in the stock: only open orders are lost where their place is
                // unknown.
                true if row.date("received").is_some() => OpenRows::default(),
                true => OpenRows { rows: 1, units: row.number("quantity").unwrap_or(0.0) },
                false => OpenRows { rows: 1, units: 0.0 },
            };
            match row.text("location") {
                "" => placed.nameless.get_or_insert_default().add(&one),
                place => match placed.places.get_mut(place) {
                    Some(rows) => rows.add(&one),
                    None => drop(placed.places.insert(place.to_owned(), one)),
                },
            }
        }
        placed
    }
}

/// The first few names.
fn listed(names: &[&String]) -> String {
    /// More would hide what a message says.
    // As many as a line of a message holds.
    const NAMED: usize = 5;
    let shown: Vec<&str> = names.iter().take(NAMED).map(|name| name.as_str()).collect();
    let rest = if names.len() > NAMED { ", ..." } else { "" };
    format!("{}{rest}", shown.join(", "))
}

/// What rows of one side name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) places: BTreeSet<String>,
    /// Whether some rows name none.
    pub(crate) some_nameless: bool,
}

impl Named {
    /// Takes one row's location into account.
    pub(crate) fn see(&mut self, place: &str) {
        if place.is_empty() {
            self.some_nameless = true;
        } else if !self.places.contains(place) {
            self.places.insert(place.to_owned());
        }
    }
}

/// Where the nameless rows of one side may belong.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Join {
    /// To the place that has no name.
    Main,
    /// There is only one way.
    One(String),
    /// There are several.
    Several(BTreeSet<String>),
}

impl Join {
    fn into_place(self) -> String {
        match self {
            Self::One(place) => place,
            Self::Main | Self::Several(_) => MAIN.to_owned(),
        }
    }
}

impl Places {
    /// The places of a shop with these sales and tables, and what there is to say about them.
    pub(crate) fn of(
        sales: &Named,
        tables: &BTreeMap<&'static str, Table>,
    ) -> (Self, Vec<Exception>) {
        let mut stock = Named::default();
        let mut others = BTreeSet::new();
        for table in tables.values().filter(|t| t.schema.position("location").is_some()) {
            for row in table.rows() {
                let place = row.text("location");
                if OF_STOCK.contains(&table.schema.table) {
                    stock.see(place);
                } else if !place.is_empty() && !others.contains(place) {
                    others.insert(place.to_owned());
                }
            }
        }
        let (mut places, mut told) = Self::settle(sales, &stock, &others);
        // Where lanes say which place supplies which, one may only sell and another only store.
        if !tables.contains_key("lanes") {
            let mut rows = Vec::new();
            for name in FOR_A_PLACE {
                rows.extend(tables.get(name).map(PlacedRows::of));
            }
            told.extend(places.join_names(sales, &stock, &others, &rows));
        }
        (places, told)
    }

    /// Takes places that never meet for one where there is only one way, and tells of the others.
    fn join_names(
        &mut self,
        sales: &Named,
        stock: &Named,
        others: &BTreeSet<String>,
        tables: &[PlacedRows],
    ) -> Vec<Exception> {
        let mut told = Vec::new();
        let mut sold = sales.places.clone();
        if sales.some_nameless {
            sold.insert(self.sales.clone());
        }
        let mut stocked = stock.places.clone();
        if stock.some_nameless {
            stocked.insert(self.stock.clone());
        }
        told.extend(self.join_spellings(&mut sold, &stocked, others));
        let only_sold: Vec<&String> = sold.difference(&stocked).collect();
        let only_stocked: Vec<&String> = stocked.difference(&sold).collect();
        let all_named = !sales.some_nameless && !stock.some_nameless;
        match (only_sold.as_slice(), only_stocked.as_slice()) {
            _ if !all_named || stocked.is_empty() => {}
            ([], _) | (_, []) => {}
            ([one], [other]) if sold.len() == 1 && stocked.len() == 1 && !others.contains(*one) => {
                told.push(Exception::new(
                    Severity::Warning,
                    ExceptionKind::LocationsJoined,
                    Subject::Table("sales".to_owned()),
                    format!("all sales are at {one}, all stock is at {other}: taken for one place"),
                    format!("if they are two, give {one} a row in stock, 0 where nothing is there"),
                ));
                self.renamed.insert((*one).clone(), (*other).clone());
            }
            (only_sold, only_stocked) => {
                let never = sold.is_disjoint(&stocked);
                // Where no place has both, nothing can be planned from stock at all; where some
                // have, a store of raw goods or a closed shop may be meant so.
                let severity = if never { Severity::Error } else { Severity::Warning };
                let (sold_at, stocked_at) = (listed(only_sold), listed(only_stocked));
                let what = format!(
                    "sales name {sold_at}, where no stock lies; stock names {stocked_at}, where \
                     nothing is sold"
                );
                let why = format!(
                    "if these are one place under two names, write values = {{ location = {{ {:?} \
                     = {:?} }} }} in [mapping.sales]",
                    only_sold[0], only_stocked[0]
                );
                let about = Subject::Table("sales".to_owned());
                let kind = ExceptionKind::LocationsApart;
                told.push(Exception::new(severity, kind, about, what, why));
            }
        }
        let known: BTreeSet<String> = sold
            .iter()
            .filter(|place| !self.renamed.contains_key(*place))
            .chain(&stocked)
            .cloned()
            .collect();
        for table in tables {
            told.extend(self.join_table(&known, table));
        }
        told
    }

    /// Takes places without stock for the one with stock that differs from them only by case,
    /// spaces or the form of an accent: where several do, or both have stock, nobody can say.
    fn join_spellings(
        &mut self,
        sold: &mut BTreeSet<String>,
        stocked: &BTreeSet<String>,
        others: &BTreeSet<String>,
    ) -> Option<Exception> {
        let mut by_spelling: BTreeMap<String, Vec<&String>> = BTreeMap::new();
        for place in stocked {
            by_spelling.entry(plain(place)).or_default().push(place);
        }
        let mut joined = Vec::new();
        for place in sold.union(others).filter(|place| !stocked.contains(*place)) {
            // Of two places with stock that are spelt alike it cannot be told which one is meant.
            if let Some([only]) = by_spelling.get(&plain(place)).map(Vec::as_slice) {
                self.renamed.insert(place.clone(), (*only).clone());
                joined.push(format!("{place} is {only}"));
            }
        }
        for (place, only) in &self.renamed {
            if sold.remove(place) {
                sold.insert(only.clone());
            }
        }
        (!joined.is_empty()).then(|| {
            Exception::new(
                Severity::Info,
                ExceptionKind::LocationsJoined,
                Subject::Run("locations"),
                format!("places are taken for one with stock: {}", joined.join(", ")),
                "they differ only by case, spaces or the form of an accent; if they are two, give \
                 each a row in stock",
            )
        })
    }

    /// What becomes of the rows of a table that are for places nobody else knows.
    fn join_table(&mut self, known: &BTreeSet<String>, table: &PlacedRows) -> Option<Exception> {
        let unknown: Vec<&String> = table
            .places
            .keys()
            .filter(|place| !known.contains(*place) && !self.renamed.contains_key(*place))
            .collect();
        let nameless = table.nameless.filter(|_| table.needs_place && !known.contains(&self.stock));
        let about = Subject::Table(table.name.to_owned());
        match (unknown.as_slice(), nameless, known.iter().next()) {
            ([], None, _) | (_, _, None) => None,
            ([one], None, Some(only)) if known.len() == 1 && table.places.len() == 1 => {
                let what = format!(
                    "{} for {one}: taken for {only}, the only place of sales and stock",
                    table.told(&table.places[*one])
                );
                self.renamed.insert((*one).clone(), only.clone());
                Some(Exception::new(
                    Severity::Warning,
                    ExceptionKind::LocationsJoined,
                    about,
                    what,
                    "no other table names another; if they are two, give both a row in stock",
                ))
            }
            (unknown, nameless, Some(_)) => {
                let mut all = OpenRows::default();
                unknown.iter().for_each(|place| all.add(&table.places[*place]));
                nameless.iter().for_each(|rows| all.add(rows));
                if all.rows == 0 {
                    return None;
                }
                let place = match unknown {
                    [] => "no location".to_owned(),
                    named => listed(named),
                };
                let severity = if table.needs_place { Severity::Error } else { Severity::Warning };
                Some(Exception::new(
                    severity,
                    ExceptionKind::LocationsApart,
                    about,
                    format!(
                        "{} for {place}, where nothing is sold and no stock lies",
                        table.told(&all)
                    ),
                    format!(
                        "they reach nobody: sales and stock are at {}; write the place in \
                         [mapping.{}], by location = or values = {{ location = {{ ... }} }}",
                        listed(&known.iter().collect::<Vec<_>>()),
                        table.name
                    ),
                ))
            }
        }
    }

    fn settle(sales: &Named, stock: &Named, others: &BTreeSet<String>) -> (Self, Vec<Exception>) {
        let mut exceptions = Vec::new();
        let of_sales = join(sales, stock, others);
        let of_stock = join(stock, sales, others);
        exceptions.extend(told("sales", "stock", sales, &of_sales));
        exceptions.extend(told("stock", "sales", stock, &of_stock));
        let of_sales = of_sales.into_place();
        let only = stock.places.first().filter(|_| stock.places.len() == 1);
        let of_stock = match only {
            // Orders without a place go where all stock lies.
            Some(only) if !stock.some_nameless => only.clone(),
            _ if stock.some_nameless => of_stock.into_place(),
            // Nobody knows of any stock: orders go where all is sold.
            _ if stock.places.is_empty() && sales.places.len() == 1 && !sales.some_nameless => {
                sales.places.first().cloned().unwrap_or_default()
            }
            _ => of_sales.clone(),
        };
        let renamed = BTreeMap::new();
        (Self { sales: of_sales, stock: of_stock, renamed }, exceptions)
    }
}

/// Where the nameless rows of `own` may belong, beside those of `other`.
fn join(own: &Named, other: &Named, others: &BTreeSet<String>) -> Join {
    let all: BTreeSet<&String> = own.places.iter().chain(&other.places).chain(others).collect();
    if all.iter().any(|place| *place == MAIN) {
        return Join::Main;
    }
    let only = all.first().filter(|_| all.len() == 1).map(|only| Join::One((*only).clone()));
    if other.some_nameless {
        // Both sides meet where nobody names a place; other tables may give it its name.
        let unnamed = own.places.is_empty() && other.places.is_empty();
        return only.filter(|_| unnamed).unwrap_or(Join::Main);
    }
    let left: BTreeSet<String> = other.places.difference(&own.places).cloned().collect();
    match (left.len(), left.first()) {
        (1, Some(place)) => Join::One(place.clone()),
        // Some rows name a place and some do not, and no stock says that these are one.
        (0, _) if other.places.is_empty() && !own.places.is_empty() => Join::Main,
        (0, _) => match only {
            Some(only) => only,
            None if other.places.is_empty() => Join::Main,
            None => Join::Several(other.places.clone()),
        },
        (_, _) => Join::Several(left),
    }
}

/// What `table` does with its nameless rows.
fn told(table: &str, other: &str, own: &Named, join: &Join) -> Option<Exception> {
    if !own.some_nameless {
        return None;
    }
    let about = Subject::Table(table.to_owned());
    match join {
        Join::Main => None,
        Join::One(place) => Some(Exception::new(
            Severity::Info,
            ExceptionKind::LocationsJoined,
            about,
            format!("rows without a location belong to {place}"),
            format!("the only place that {other} and the other tables leave for them"),
        )),
        Join::Several(places) => {
            let names: Vec<&str> = places.iter().map(String::as_str).collect();
            let what = format!(
                "rows of {table} name no location, those of {other} name {}: they never meet",
                names.join(", ")
            );
            let why = format!(
                "their location is taken for `{MAIN}`; write `location = \"{}\"` under \
                 [mapping.{table}], or the location of each channel in the table channels",
                names[0]
            );
            let kind = ExceptionKind::LocationsApart;
            Some(Exception::new(Severity::Error, kind, about, what, why))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(places: &[&str]) -> Named {
        let mut named = Named::default();
        places.iter().for_each(|place| named.see(place));
        named
    }

    #[test]
    fn nameless_rows_belong_to_the_only_place_left() {
        let settle = |sales: &[&str], stock: &[&str], others: &[&str]| {
            let others = others.iter().map(|&place| place.to_owned()).collect();
            let (places, told) = Places::settle(&named(sales), &named(stock), &others);
            let errors = told.iter().filter(|e| e.severity == Severity::Error).count();
            (places.sales, places.stock, errors)
        };
        let is = |sales: &str, stock: &str, errors| (sales.to_owned(), stock.to_owned(), errors);
        assert_eq!(settle(&[""], &["WH1"], &[]), is("WH1", "WH1", 0));
        assert_eq!(settle(&["WH1"], &[""], &[]), is("main", "WH1", 0));
        assert_eq!(settle(&[""], &[""], &[]), is("main", "main", 0));
        assert_eq!(settle(&[""], &[""], &["WH1"]), is("WH1", "WH1", 0));
        assert_eq!(settle(&["", "FBA"], &["FBA", "WH1"], &[]), is("WH1", "WH1", 0));
        assert_eq!(settle(&["", "FBA"], &["", "FBA"], &[]), is("main", "main", 0));
        assert_eq!(settle(&[""], &["WH1", "WH2"], &[]), is("main", "main", 1));
        assert_eq!(settle(&["A", "B"], &[""], &[]), is("main", "main", 1));
        assert_eq!(settle(&[""], &[], &["WH1"]), is("WH1", "WH1", 0));
        assert_eq!(settle(&[""], &["main", "WH2"], &[]), is("main", "main", 0));
        assert_eq!(settle(&["", "east"], &[], &["east"]), is("main", "main", 0));
        assert_eq!(settle(&["A"], &[], &[]), is("main", "A", 0));
    }

    /// Rows of orders for these places, open or not.
    fn orders(rows: &[(&str, f64)]) -> PlacedRows {
        let mut placed =
            PlacedRows { name: "purchase_orders", needs_place: true, ..PlacedRows::default() };
        for &(place, units) in rows {
            let open = OpenRows { rows: u64::from(units > 0.0), units };
            match place {
                "" => placed.nameless.get_or_insert_default().add(&open),
                place => placed.places.entry(place.to_owned()).or_default().add(&open),
            }
        }
        placed
    }

    #[test]
    fn a11_names_that_never_meet_are_joined_where_there_is_one_way_and_told() {
        let join = |sales: &[&str], stock: &[&str], rows: &[(&str, f64)]| {
            let (sales, stock) = (named(sales), named(stock));
            let (mut places, _) = Places::settle(&sales, &stock, &BTreeSet::new());
            let others = rows.iter().map(|&(place, _)| place.to_owned()).collect();
            let told = places.join_names(&sales, &stock, &others, &[orders(rows)]);
            let renamed: Vec<String> =
                places.renamed.iter().map(|(from, to)| format!("{from} is {to}")).collect();
            let told: Vec<&str> = told.iter().map(|e| e.severity.name()).collect();
            format!("{}; {}", renamed.join(", "), told.join(", "))
        };
        assert_eq!(join(&["Berlin"], &["WH1"], &[]), "Berlin is WH1; warning");
        assert_eq!(join(&["Berlin"], &["WH1"], &[("Berlin", 5.0)]), "; error", "both are known");
        assert_eq!(join(&["A", "B"], &["C", "D"], &[]), "; error", "they never meet");
        assert_eq!(join(&["A", "B"], &["A", "C"], &[]), "; warning", "perhaps B is C");
        assert_eq!(join(&["A"], &["A", "C"], &[]), "; ", "a reserve");
        assert_eq!(join(&["A", "B"], &["A"], &[]), "; ", "a shop without stock");
        assert_eq!(join(&["Berlin", "A"], &["berlin ", "A"], &[]), "Berlin is berlin ; info");
        assert_eq!(join(&["WH", "wh"], &["WH"], &[]), "wh is WH; info");
        assert_eq!(join(&["WH", "wh"], &["WH", "wh"], &[]), "; ", "both have stock");
        assert_eq!(join(&["A", "WH"], &["A", "WH"], &[("wh", 5.0)]), "wh is WH; info");
        assert_eq!(join(&["A"], &["A"], &[("W", 5.0)]), "W is A; warning");
        assert_eq!(join(&[""], &["A"], &[("W", 5.0)]), "W is A; warning");
        assert_eq!(join(&["A"], &["A"], &[("A", 5.0), ("W", 5.0)]), "; error", "units for nobody");
        assert_eq!(join(&["A"], &["A"], &[("A", 5.0), ("W", 0.0)]), "; ", "they came long ago");
        assert_eq!(join(&["A", "B"], &["A", "B"], &[("", 5.0)]), "; error");
        assert_eq!(join(&["A"], &["A"], &[("", 5.0)]), "; ");
        assert_eq!(join(&["A"], &[], &[("", 5.0)]), "; ");
    }
}
