//! Where rows without a location belong: at the one place that the other tables leave for them.

use crate::domain::exceptions::{Exception, ExceptionKind, Severity, Subject};
use crate::ingest::files::table::Table;
use crate::ingest::names::MAIN;
use std::collections::{BTreeMap, BTreeSet};

/// The tables that say where stock lies.
const OF_STOCK: &[&str] = &["stock", "lots", "stock_history", "counts"];

/// Where rows without a location belong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Places {
    /// Those of sales ...
    pub(crate) sales: String,
    /// ... and those of stock and orders.
    pub(crate) stock: String,
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
        Self::settle(sales, &stock, &others)
    }

    fn settle(sales: &Named, stock: &Named, others: &BTreeSet<String>) -> (Self, Vec<Exception>) {
        let mut exceptions = Vec::new();
        let of_sales = join(sales, stock, others);
        let of_stock = join(stock, sales, others);
        exceptions.extend(told("sales", "stock", sales, &of_sales));
        exceptions.extend(told("stock", "sales", stock, &of_stock));
        let name = |join: Join| match join {
            Join::One(place) => place,
            Join::Main | Join::Several(_) => MAIN.to_owned(),
        };
        let of_sales = name(of_sales);
        let only = stock.places.first().filter(|_| stock.places.len() == 1);
        let of_stock = match only {
            // Orders without a place go where all stock lies.
            Some(only) if !stock.some_nameless => only.clone(),
            _ if stock.some_nameless => name(of_stock),
            _ => of_sales.clone(),
        };
        (Self { sales: of_sales, stock: of_stock }, exceptions)
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
    }
}
