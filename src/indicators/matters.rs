//! What to bring or mend first: everything missing or doubtful in the input, ranked by the sales
//! that it bears on.
//!
//! One measure for all of it, so that a missing table and an unreadable row can be compared: the
//! sales of the last year of the items concerned, in money where prices are known, in units
//! otherwise. Of a row that cannot be read it is the share of its table; of what is on its way, the
//! sales of a lead time. Each comes with the lines to write, for the best seller of those
//! concerned.

use crate::domain::exceptions::{Effect, Exception, ExceptionKind, Quarantined, Severity, Subject};
use crate::domain::inputs::{Inputs, ProductStatus, Source};
use crate::domain::shown;
use crate::domain::units::{LocationId, SkuId};
use std::collections::{BTreeMap, BTreeSet};

/// Days of sales that say what an item is worth: a whole year, so that no season counts double.
const YEAR: f64 = 365.0;

/// Days between order and receipt where no supply row says: the usual month of goods from abroad.
const LEAD_DAYS: f64 = 30.0;

/// Tables whose rows steer orders; a row missing in another one moves no quantity by itself.
const STEERING: [&str; 5] = ["sales", "stock", "products", "supply", "purchase_orders"];

/// Sales of a year, or of what is there of it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Sales {
    pub(crate) units: f64,
    /// In the reporting currency; of what carried a price.
    pub(crate) money: f64,
}

impl Sales {
    fn add(&mut self, other: Self) {
        self.units += other.units;
        self.money += other.money;
    }

    fn share(self, share: f64) -> Self {
        Self { units: self.units * share, money: self.money * share }
    }
}

/// Something missing or doubtful, what it bears on, and what to write.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Matter {
    /// What is wrong, and what follows from it.
    pub(crate) what: String,
    pub(crate) bears_on: Sales,
    /// Where to write; empty where what is wrong says it.
    pub(crate) file: String,
    /// What to write there, or which of its lines to correct.
    pub(crate) lines: Vec<String>,
}

/// Everything of the kind, what bears on most first. `remedies` are the lines that read more of a
/// file, by its name.
pub(crate) fn matters(inputs: &Inputs, remedies: &BTreeMap<String, String>) -> Vec<Matter> {
    let book = Book::of(inputs);
    let mut found = Vec::new();
    // What the same sales hang on stays in this order: what stops the run, what stops orders, what
    // makes them wrong, what leaves them unranked.
    found.extend(inputs.refused.iter().map(|sentence| book.refused(sentence)));
    found.extend(book.unknown_codes());
    found.extend(book.unknown_stock());
    found.extend(book.nobody_to_order_from());
    found.extend(inputs.exceptions.iter().filter_map(|e| book.without_rate(e)));
    found.extend(book.unknown_orders());
    found.extend(inputs.sources.iter().filter_map(|source| book.rejected(source, remedies)));
    found.extend(inputs.exceptions.iter().filter_map(|e| book.left_out(e)));
    found.extend(inputs.exceptions.iter().filter_map(|e| book.stale(e)));
    found.extend(book.unknown_items());
    found.extend(book.unknown_cost());
    found.extend(book.inferred_stockouts());
    // What stops the run stays in front, whatever it bears on.
    let first = inputs.refused.len();
    // By money where anything carried a price: a unit without one counts as a mean one.
    found[first..].sort_by(|a, b| book.weight(b).total_cmp(&book.weight(a)));
    found
}

/// The sales of the last year by item, and what else the questions need.
struct Book<'a> {
    inputs: &'a Inputs,
    /// By [`SkuId`].
    sales: Vec<Sales>,
    all: Sales,
    kits: BTreeSet<SkuId>,
    /// Whether two tables say what the shop has and buys: an item that none of them knows is then
    /// rather another code of one that they do.
    knows_codes: bool,
}

impl<'a> Book<'a> {
    fn of(inputs: &'a Inputs) -> Self {
        let panel = &inputs.panel;
        let mut sales = vec![Sales::default(); inputs.names.skus.len()];
        let mut all = Sales::default();
        // A year, so that no season weighs more than another.
        let periods = panel.calendar().bucket().whole_periods(YEAR);
        for series in 0..panel.len() {
            let gross = panel.gross(series);
            let year = &gross[gross.len().saturating_sub(periods)..];
            let units = year.iter().map(|&units| f64::from(units)).sum();
            let sold = Sales { units, money: panel.totals(series).revenue_365 };
            sales[panel.key(series).sku.index()].add(sold);
            all.add(sold);
        }
        let kits = inputs.kits.iter().map(|kit| kit.sku).collect();
        // One table alone may simply be short.
        let masters = ["products", "stock", "supply"];
        let knows_codes = masters.iter().filter(|table| inputs.has(table)).count() > 1;
        Self { inputs, sales, all, kits, knows_codes }
    }

    fn weight(&self, matter: &Matter) -> f64 {
        let sales = matter.bears_on;
        if self.all.money <= 0.0 {
            return sales.units;
        }
        // Ten rows that a mapping lost had prices, but nobody read them.
        let mean_price = self.all.money / self.all.units.max(1.0);
        sales.money.max(sales.units * mean_price)
    }

    /// Items that are sold and will be ordered again, of which `lacks` holds.
    fn lacking(&self, lacks: impl Fn(SkuId) -> bool) -> Vec<SkuId> {
        let mut found = Vec::new();
        for sku in (0_u32..).map(SkuId).take(self.sales.len()) {
            let sold = self.sales[sku.index()].units > 0.0;
            // An unknown code has its own question: what it is another name of, not what it costs.
            if sold && self.is_ordered(sku) && !self.is_unknown_code(sku) && lacks(sku) {
                found.push(sku);
            }
        }
        self.best_seller_first(found)
    }

    /// Whether an item is sold under a code that no other table has.
    fn is_unknown_code(&self, sku: SkuId) -> bool {
        let inputs = self.inputs;
        self.knows_codes
            && !self.kits.contains(&sku)
            && !inputs.products.get(sku.index()).is_some_and(|product| product.in_master)
            && inputs.stock.of_item(sku).is_empty()
            && inputs.supply.of(sku).is_empty()
    }

    fn best_seller_first(&self, mut found: Vec<SkuId>) -> Vec<SkuId> {
        found.sort_by(|a, b| {
            let (a, b) = (self.sales[a.index()], self.sales[b.index()]);
            b.money.total_cmp(&a.money).then(b.units.total_cmp(&a.units))
        });
        found
    }

    fn is_ordered(&self, sku: SkuId) -> bool {
        let status = self.inputs.products.get(sku.index()).map(|product| product.status);
        match status {
            None | Some(ProductStatus::Active | ProductStatus::New) => true,
            Some(ProductStatus::PhaseOut | ProductStatus::Obsolete | ProductStatus::DoNotOrder) => {
                false
            }
        }
    }

    fn sales_of(&self, skus: &[SkuId]) -> Sales {
        let mut sum = Sales::default();
        for sku in skus {
            sum.add(self.sales[sku.index()]);
        }
        sum
    }

    /// The headings and a row of `sku` to fill in; `<on_hand>` stands for what only the shop knows.
    fn lines(&self, sku: SkuId, columns: &[&str]) -> Vec<String> {
        let mut cells = Vec::new();
        for column in columns {
            cells.push(match *column {
                "sku" => self.inputs.names.sku(sku).to_owned(),
                "location" => self.inputs.names.location(self.home(sku)).to_owned(),
                other => format!("<{other}>"),
            });
        }
        vec![columns.join(","), cells.join(",")]
    }

    /// Where most of an item is sold from.
    fn home(&self, sku: SkuId) -> LocationId {
        let panel = &self.inputs.panel;
        let mut home = LocationId(0);
        // Below zero too: an item that mostly came back has a home as well.
        let mut most = f32::NEG_INFINITY;
        for pool in panel.pools_of(sku) {
            let sold =
                pool.series.clone().flat_map(|series| panel.gross(series).into_owned()).sum();
            if sold > most {
                most = sold;
                home = pool.location;
            }
        }
        home
    }

    fn file(&self, table: &str) -> String {
        // The user's own file, whatever it is called; the usual name where there is none yet.
        let source = self.inputs.sources.iter().find(|s| s.table == table && s.rows > 0);
        source.map_or_else(|| format!("{table}.csv"), |source| source.file.clone())
    }

    fn refused(&self, sentence: &str) -> Matter {
        Matter {
            what: format!("no run at all: {sentence}"),
            bears_on: self.all,
            file: String::new(),
            lines: Vec::new(),
        }
    }

    fn unknown_codes(&self) -> Option<Matter> {
        let all = (0_u32..).map(SkuId).take(self.sales.len());
        let sold = |sku: &SkuId| self.sales[sku.index()].units > 0.0;
        let unknown = all.filter(sold).filter(|&sku| self.is_unknown_code(sku)).collect();
        let unknown = self.best_seller_first(unknown);
        let first = *unknown.first()?;
        Some(Matter {
            what: format!(
                "{} sold under a code that no other table has: a channel's own, or a name spelled \
                 otherwise",
                shown::counted(unknown.len() as u64, "item is", "items are")
            ),
            bears_on: self.sales_of(&unknown),
            file: self.file("aliases"),
            lines: vec![
                "channel_sku,sku".to_owned(),
                format!("{},<sku>", self.inputs.names.sku(first)),
            ],
        })
    }

    fn unknown_stock(&self) -> Option<Matter> {
        let inputs = self.inputs;
        if inputs.lots_are_stock {
            return None;
        }
        let is_known = inputs.has("stock");
        let lacking = self.lacking(|sku| {
            let is_lacking = inputs.stock.of_item(sku).is_empty() && !inputs.is_untracked(sku);
            (!is_known || is_lacking) && !self.kits.contains(&sku)
        });
        let first = *lacking.first()?;
        let what = if is_known {
            format!(
                "{} sold without a row in stock: none is taken to be on hand, and all of the need \
                 is ordered (a row of aliases, where it is another item's code)",
                shown::counted(lacking.len() as u64, "item is", "items are")
            )
        } else {
            "nothing says what is on hand: nothing is ordered, no listing is changed".to_owned()
        };
        Some(Matter {
            what,
            bears_on: self.sales_of(&lacking),
            file: self.file("stock"),
            lines: self.lines(first, &["sku", "location", "on_hand"]),
        })
    }

    fn nobody_to_order_from(&self) -> Option<Matter> {
        let inputs = self.inputs;
        let lacking =
            self.lacking(|sku| !self.kits.contains(&sku) && inputs.supply.of(sku).is_empty());
        let first = *lacking.first()?;
        Some(Matter {
            what: format!(
                "{} sold that nobody is said to deliver: the default lead time is used, and there \
                 is no order to draft",
                shown::counted(lacking.len() as u64, "item is", "items are")
            ),
            bears_on: self.sales_of(&lacking),
            file: self.file("supply"),
            lines: self.lines(first, &["sku", "supplier", "lead_time_days", "unit_cost"]),
        })
    }

    /// A supplier whose currency has no rate: nothing is ordered from it.
    fn without_rate(&self, told: &Exception) -> Option<Matter> {
        let Subject::Supplier(name) = &told.about else { return None };
        if told.kind != ExceptionKind::UnknownCurrency {
            return None;
        }
        let supplier = self.inputs.names.find_supplier(name)?;
        let mut skus: Vec<SkuId> = Vec::new();
        for row in self.inputs.supply.iter().filter(|row| row.supplier == supplier) {
            // Rows are sorted by item: a supplier's price list names one several times.
            if skus.last() != Some(&row.sku) {
                skus.push(row.sku);
            }
        }
        let currency = &self.inputs.suppliers[supplier.index()].currency;
        Some(Matter {
            what: format!("nothing is ordered from {name}: {currency} has no exchange rate"),
            bears_on: self.sales_of(&skus),
            file: "orderpoint.toml".to_owned(),
            lines: vec!["[purchase.rates]".to_owned(), format!("{currency} = <rate>")],
        })
    }

    fn unknown_orders(&self) -> Option<Matter> {
        let inputs = self.inputs;
        if inputs.has("purchase_orders") {
            return None;
        }
        let first = *self.lacking(|sku| !self.kits.contains(&sku)).first()?;
        let promised: Vec<f64> = inputs.supply.iter().map(|row| row.lead_time_days).collect();
        let lead = if promised.is_empty() {
            LEAD_DAYS
        } else {
            promised.iter().sum::<f64>() / promised.len() as f64
        };
        Some(Matter {
            what: "nothing says what is on its way: what has been ordered already is asked for \
                   again"
                .to_owned(),
            // What sells in a lead time is what may be on its way.
            bears_on: self.all.share((lead / YEAR).min(1.0)),
            file: self.file("purchase_orders"),
            lines: self.lines(first, &["order_id", "sku", "location", "quantity", "expected"]),
        })
    }

    fn rejected(&self, source: &Source, remedies: &BTreeMap<String, String>) -> Option<Matter> {
        if source.rejected == 0 || !STEERING.contains(&source.table.as_str()) {
            return None;
        }
        let (file, lines) = match remedies.get(&source.file) {
            Some(keys) => ("orderpoint.toml".to_owned(), vec![keys.clone()]),
            None => {
                let row = self.inputs.quarantine.iter().find(|row| row.file == source.file)?;
                let Quarantined { line, column, value, reason, .. } = row;
                let mend = format!("line {line}, {column}: `{value}`: {reason}");
                (source.file.clone(), vec![mend])
            }
        };
        Some(Matter {
            what: format!(
                "{} of {} rows of {} cannot be read",
                source.rejected, source.rows, source.file
            ),
            bears_on: self.all.share(source.rejected as f64 / source.rows.max(1) as f64),
            file,
            lines,
        })
    }

    /// Many rows of sales that are left out as no sales: a shop that sells half its items without
    /// a code plans half its sales.
    fn left_out(&self, told: &Exception) -> Option<Matter> {
        let Subject::File(file) = &told.about else { return None };
        let source = self.inputs.sources.iter().find(|source| source.file == *file)?;
        let Some(Effect::Rows(rows)) = told.effect else { return None };
        let is_doubtful = told.kind == ExceptionKind::ExcludedRows
            && told.severity > Severity::Info
            && source.table == "sales";
        is_doubtful.then(|| Matter {
            what: told.what.clone(),
            bears_on: self.all.share(rows as f64 / source.rows.max(1) as f64),
            file: "orderpoint.toml".to_owned(),
            lines: vec![told.why.clone()],
        })
    }

    fn stale(&self, told: &Exception) -> Option<Matter> {
        let Subject::Table(table) = &told.about else { return None };
        if told.kind != ExceptionKind::StaleTable || !STEERING.contains(&table.as_str()) {
            return None;
        }
        let files = self.inputs.sources.iter().filter(|source| source.table == *table);
        let newest = files.filter_map(|source| source.newest).max()?;
        let age = (self.inputs.panel.calendar().as_of() - newest).num_days() as f64;
        Some(Matter {
            what: format!("{table} is old: {}", told.what),
            bears_on: self.all.share((age / YEAR).min(1.0)),
            file: self.file(table),
            lines: vec!["export it anew".to_owned()],
        })
    }

    fn unknown_items(&self) -> Option<Matter> {
        let inputs = self.inputs;
        if !inputs.has("products") {
            return None;
        }
        let lacking =
            self.lacking(|sku| !inputs.products.get(sku.index()).is_some_and(|p| p.in_master));
        let first = *lacking.first()?;
        Some(Matter {
            what: format!(
                "{} sold but not in products: without name, category and cost, or one item under \
                 two codes (then a row of aliases joins them)",
                shown::counted(lacking.len() as u64, "item is", "items are")
            ),
            bears_on: self.sales_of(&lacking),
            file: self.file("products"),
            lines: self.lines(first, &["sku", "name", "category", "unit_cost"]),
        })
    }

    fn unknown_cost(&self) -> Option<Matter> {
        let inputs = self.inputs;
        let lacking = self.lacking(|sku| {
            let product = inputs.products.get(sku.index());
            !self.kits.contains(&sku)
                && product.is_none_or(|product| product.unit_cost.is_none())
                && inputs.supply.of(sku).iter().all(|row| row.unit_cost.is_none())
        });
        let first = *lacking.first()?;
        Some(Matter {
            what: format!(
                "no cost is known of {}: orders have no value, and no loss can be weighed against \
                 another",
                shown::number_of(lacking.len(), "item")
            ),
            bears_on: self.sales_of(&lacking),
            file: self.file("products"),
            lines: self.lines(first, &["sku", "unit_cost"]),
        })
    }

    /// Demand that was filled in for days without a sale of which nobody says that stock was out.
    fn inferred_stockouts(&self) -> Option<Matter> {
        let mut filled = 0.0;
        let mut most = 0.0;
        let mut of_most = None;
        let mut money = 0.0;
        for told in &self.inputs.exceptions {
            if told.kind != ExceptionKind::InferredStockout {
                continue;
            }
            let units = told.effect.map_or(0.0, Effect::amount);
            let sku = told.about.sku().and_then(|sku| self.inputs.names.find_sku(sku));
            let sold = sku.map_or(Sales::default(), |sku| self.sales[sku.index()]);
            filled += units;
            money += units * sold.money / sold.units.max(1.0);
            if units > most {
                most = units;
                of_most = sku;
            }
        }
        let first = of_most?;
        Some(Matter {
            what: format!(
                "{filled:.0} units of demand are filled in for days without a sale that look like \
                 stock-outs; nothing says whether they were"
            ),
            bears_on: Sales { units: filled, money },
            file: self.file("stockouts"),
            lines: self.lines(first, &["sku", "location", "start", "end"]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::{Bucket, Calendar};
    use crate::domain::inputs::{Names, Stock, Supply};
    use crate::domain::panel::{Panel, PanelParts, PoolId, SalesTotals, SeriesKey};
    use crate::domain::sorted::Sorted;
    use crate::domain::units::{ChannelId, SupplierId, Units};

    /// Five days of A, ten a day at 10.00, and of B, one a day at 2.00.
    fn shop() -> Inputs {
        let names = Names {
            skus: vec!["A".into(), "B".into()],
            channels: vec!["web".into()],
            locations: vec!["main".into()],
            suppliers: vec!["ACME".into()],
            ..Names::default()
        };
        let key = |sku| SeriesKey { sku, location: LocationId(0), channel: ChannelId(0) };
        let revenue = |revenue_365| SalesTotals { revenue_365, ..SalesTotals::default() };
        let parts = PanelParts {
            keys: vec![key(SkuId(0)), key(SkuId(1))],
            starts: vec![0, 0],
            gross: [[10.0; 5], [1.0; 5]].concat(),
            flags: vec![0; 10],
            returns: vec![Vec::new(), Vec::new()],
            totals: vec![revenue(500.0), revenue(10.0)],
            ..PanelParts::default()
        };
        let as_of = "2026-03-06".parse().unwrap();
        let calendar = Calendar::new(Bucket::Day, as_of, "2026-03-01".parse().unwrap());
        // Nobody has said what is on hand, by lots as little as by a stock table.
        Inputs { lots_are_stock: false, ..Inputs::new(names, Panel::new(calendar, parts)) }
    }

    fn source(table: &str, rows: u64, rejected: u64) -> Source {
        Source {
            table: table.into(),
            file: format!("{table}.csv"),
            rows,
            rejected,
            sha256: String::new(),
            newest: None,
            origin: None,
        }
    }

    #[test]
    fn with_sales_alone_the_stock_comes_first_with_the_line_of_the_best_seller() {
        let found = matters(&shop(), &BTreeMap::new());
        assert_eq!(found[0].lines, ["sku,location,on_hand", "A,main,<on_hand>"]);
        assert_eq!(found[0].bears_on, Sales { units: 55.0, money: 510.0 });
        assert_eq!(found[1].file, "supply.csv");
        assert_eq!(found[1].lines[1], "A,<supplier>,<lead_time_days>,<unit_cost>");
    }

    #[test]
    fn a_code_that_no_table_has_is_one_matter_and_rows_count_by_their_share() {
        let mut inputs = shop();
        let pool = PoolId { sku: SkuId(0), location: LocationId(0) };
        inputs.stock = Sorted::new(vec![Stock::on_hand(pool, Units(5))]);
        inputs.supply = Sorted::new(vec![Supply::by(SupplierId(0), SkuId(0), 73.0)]);
        inputs.sources =
            vec![source("stock", 1, 0), source("supply", 1, 0), source("sales", 100, 20)];
        inputs.quarantine.push(Quarantined {
            file: "sales.csv".into(),
            line: 7,
            column: "date".into(),
            value: "31/12/25".into(),
            reason: "not a date".into(),
        });
        let remedy = "date_formats = [\"%d/%m/%y\"]".to_owned();
        let found = matters(&inputs, &BTreeMap::from([("sales.csv".to_owned(), remedy.clone())]));
        let about_b: Vec<&Matter> =
            found.iter().filter(|matter| matter.lines[1..] == ["B,<sku>"]).collect();
        assert_eq!(about_b.len(), 1, "{found:?}");
        assert!(found.iter().all(|matter| !matter.lines.iter().any(|l| l.starts_with("B,main"))));
        let money: Vec<f64> = found.iter().map(|matter| matter.bears_on.money.round()).collect();
        // No cost of A; what is on its way in 73 days of a year; a fifth of the rows; B.
        assert_eq!(money, [500.0, 102.0, 102.0, 10.0]);
        let rows = found.iter().find(|matter| matter.what.contains("20 of 100 rows")).unwrap();
        assert_eq!(rows.lines, [remedy]);
    }
}
