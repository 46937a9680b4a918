//! Each format through a small reimplementation of its importer's row rules: what comes out are the
//! approved documents and lines, at the supplier's price in its currency.

use super::*;
use crate::domain::units::{Money, Units};
use crate::review::decisions::Verdict;

/// A document, as an importer understood it: its id, its party, its currency where the file has
/// one, and its lines as (item, units, price).
#[derive(Debug, Clone, PartialEq)]
struct Understood {
    id: String,
    party: String,
    currency: String,
    lines: Vec<[String; 3]>,
}

fn line(supplier: &str, location: &str, sku: &str, units: i64) -> Decision {
    let as_of: NaiveDate = "2026-03-02".parse().unwrap();
    Decision {
        run_id: "2026-03-02-abc".into(),
        as_of,
        recommendation_id: format!("R20260302-{supplier}-{location}-{sku}"),
        sku: sku.into(),
        location: location.into(),
        supplier: supplier.into(),
        verdict: Verdict::Approve,
        recommended: Units(units),
        quantity: Units(units),
        unit_cost: Money::from_f64(4.4),
        expected: Some("2026-03-16".parse().unwrap()),
        until: None,
        reason: String::new(),
        author: "pia".into(),
        time: String::new(),
        name: format!("{sku}, in blue"),
        supplier_sku: format!("V-{sku}"),
        supplier_currency: "EUR".into(),
        supplier_unit_cost: Some(Money::from_f64(4.0)),
        pack_size: Some(Units(6)),
        order_date: Some("2026-03-04".parse().unwrap()),
        from_location: String::new(),
        on_hand: None,
        from_on_hand: None,
    }
}

/// Two suppliers, two places: three orders of six lines.
fn approved() -> Vec<Decision> {
    vec![
        line("ACME", "Shop", "ANVIL", 12),
        line("ACME", "Shop", "ARCH", 6),
        line("ACME", "Warehouse", "ANVIL", 24),
        line("ACME", "Warehouse", "AXLE", 18),
        line("BOLT", "Warehouse", "BEAM", 30),
        line("BOLT", "Warehouse", "BOLT-8", 36),
    ]
}

fn moved() -> Vec<Decision> {
    let mut moves = vec![line("", "Shop", "ANVIL", 5), line("", "Shop", "AXLE", 7)];
    for decision in &mut moves {
        decision.from_location = "Warehouse".into();
    }
    moves
}

/// Two places that one warehouse feeds: two transfers of three lines.
fn two_shipments() -> Vec<Decision> {
    let mut moves = moved();
    let mut out = line("", "Outlet", "ANVIL", 12);
    out.from_location = "Warehouse".into();
    moves.push(out);
    moves
}

/// What was moved, as every importer should understand it; `place` is what it calls a destination.
fn shipments(currency: &str, place: impl Fn(&Decision) -> String) -> Vec<Understood> {
    let decisions = two_shipments();
    let mut shipments = Vec::new();
    for document in of(&decisions) {
        let lines = document.lines.iter();
        shipments.push(Understood {
            id: document.id.clone(),
            party: place(document.lines[0]),
            currency: currency.to_owned(),
            lines: lines.map(|d| [d.sku.clone(), d.quantity.to_string(), place(d)]).collect(),
        });
    }
    shipments
}

fn of(decisions: &[Decision]) -> Vec<Document<'_>> {
    let mut documents: Vec<Document<'_>> = Vec::new();
    for decision in decisions {
        let id = decision.order_id();
        match documents.last_mut() {
            Some(last) if last.id == id => last.lines.push(decision),
            Some(_) | None => documents.push(Document { id, lines: vec![decision] }),
        }
    }
    documents
}

fn files(name: &str, what: What, decisions: &[Decision], settings: &Settings) -> Vec<ExportFile> {
    let format = format(name).unwrap();
    assert!(format.writes().contains(&what), "{name} writes {}", what.name());
    let page = Page {
        settings,
        currency: "USD",
        as_of: "2026-03-02".parse().unwrap(),
        dates: settings.dates.unwrap_or(format.dates()),
    };
    format.documents(what, &of(decisions), &page).unwrap()
}

/// A row by the heads of its columns.
type Fields = BTreeMap<String, String>;

fn read(bytes: &[u8], separator: u8) -> Vec<Fields> {
    let mut reader = csv::ReaderBuilder::new().delimiter(separator).from_reader(bytes);
    let heads: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows = reader.records().map(|record| {
        heads.iter().cloned().zip(record.unwrap().iter().map(str::to_owned)).collect()
    });
    rows.collect()
}

/// Heads of an importer's columns.
struct Heads {
    id: &'static str,
    party: &'static str,
    currency: &'static str,
    line: [&'static str; 3],
}

fn understood(row: &Fields, heads: &Heads) -> Understood {
    let cell = |head: &str| row.get(head).cloned().unwrap_or_default();
    Understood {
        id: cell(heads.id),
        party: cell(heads.party),
        currency: cell(heads.currency),
        lines: vec![heads.line.map(cell)],
    }
}

/// Frappe and Odoo: a row goes on with the document above while all its columns of the document
/// are blank; any value in one of them starts another document.
fn by_blank_parents(rows: &[Fields], heads: &Heads, is_child: fn(&str) -> bool) -> Vec<Understood> {
    let mut documents: Vec<Understood> = Vec::new();
    for row in rows {
        let starts = row.iter().any(|(head, value)| !is_child(head) && !value.is_empty());
        let mut next = understood(row, heads);
        match documents.last_mut() {
            Some(document) if !starts => document.lines.append(&mut next.lines),
            Some(_) | None => documents.push(next),
        }
    }
    let mut ids: Vec<&str> = documents.iter().map(|d| d.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), documents.len(), "a document whose id exists already is refused");
    documents
}

/// NetSuite, Linnworks, Unleashed, Cin7: rows with the same number are one document.
fn by_number(rows: &[Fields], heads: &Heads) -> Vec<Understood> {
    let mut documents: Vec<Understood> = Vec::new();
    for row in rows {
        let mut next = understood(row, heads);
        assert!(!next.id.is_empty(), "every row has its document's number");
        match documents.iter_mut().find(|document| document.id == next.id) {
            Some(document) => {
                assert_eq!(document.party, next.party, "one party a document");
                document.lines.append(&mut next.lines);
            }
            None => documents.push(next),
        }
    }
    documents
}

/// What was approved, as every importer should understand it.
fn expected(currency: &str, party: fn(&Decision) -> &str) -> Vec<Understood> {
    let decisions = approved();
    of(&decisions)
        .into_iter()
        .map(|document| Understood {
            id: document.id,
            party: party(document.lines[0]).to_owned(),
            currency: currency.to_owned(),
            lines: document
                .lines
                .iter()
                .map(|d| [d.sku.clone(), d.quantity.to_string(), "4.00".to_owned()])
                .collect(),
        })
        .collect()
}

#[test]
fn erpnext_takes_blank_rows_as_lines_of_the_document_above() {
    let settings = Settings { company: "Acorn Ltd".into(), ..Settings::default() };
    let file = &files("erpnext", What::Orders, &approved(), &settings)[0];
    let rows = read(&file.bytes, b',');
    let heads = Heads {
        id: "ID",
        party: "Supplier",
        currency: "Currency",
        line: ["Item Code (Items)", "Quantity (Items)", "Rate (Items)"],
    };
    let documents = by_blank_parents(&rows, &heads, |head| head.ends_with("(Items)"));
    assert_eq!(documents, expected("EUR", |d| &d.supplier));
    assert_eq!(rows[0]["Company"], "Acorn Ltd");
    assert_eq!(rows[0]["Set Target Warehouse"], "Shop");
    assert_eq!(rows[0]["Date"], "2026-03-04", "the day the supplier takes orders");
    // Without a company there is no such column: blank cells would take the default away.
    let plain = &files("erpnext", What::Orders, &approved(), &Settings::default())[0];
    assert!(!read(&plain.bytes, b',')[0].contains_key("Company"));

    // A move is a request from which whoever packs makes the stock entry.
    let file = &files("erpnext", What::Transfers, &two_shipments(), &settings)[0];
    let rows = read(&file.bytes, b',');
    let heads = Heads {
        id: "ID",
        party: "Set Target Warehouse",
        currency: "Company",
        line: ["Item Code (Items)", "Quantity (Items)", "Target Warehouse (Items)"],
    };
    let documents = by_blank_parents(&rows, &heads, |head| head.ends_with("(Items)"));
    assert_eq!(documents, shipments("Acorn Ltd", |d| d.location.clone()));
    assert_eq!(rows[0]["Purpose"], "Material Transfer");
    // What the document type makes mandatory, on the document and on every line of a stock item.
    for row in &rows {
        for head in ["Item Code", "Quantity", "Required By", "Source Warehouse"] {
            assert!(!row[&format!("{head} (Items)")].is_empty(), "{head}");
        }
    }
    assert_eq!(rows[0]["Set Source Warehouse"], "Warehouse");
}

#[test]
fn odoo_takes_blank_rows_as_lines_and_knows_where_to_deliver() {
    let locations = [("Shop".to_owned(), "Corner Shop: Receipts".to_owned())].into();
    let settings = Settings { locations, ..Settings::default() };
    let file = &files("odoo", What::Orders, &approved(), &settings)[0];
    let rows = read(&file.bytes, b',');
    let heads = Heads {
        id: "id",
        party: "partner_id",
        currency: "currency_id",
        line: ["order_line/product_id", "order_line/product_qty", "order_line/price_unit"],
    };
    let documents = by_blank_parents(&rows, &heads, |head| head.starts_with("order_line/"));
    assert_eq!(documents, expected("EUR", |d| &d.supplier));
    assert_eq!(rows[0]["picking_type_id"], "Corner Shop: Receipts");
    assert_eq!(rows[2]["picking_type_id"], "Warehouse: Receipts");
    assert_eq!(rows[0]["order_line/name"], "[V-ANVIL] ANVIL, in blue");
    let mut ids: Vec<&str> = rows.iter().map(|row| row["order_line/id"].as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), rows.len(), "an external id a line: a second import updates");

    let file = &files("odoo", What::Transfers, &two_shipments(), &settings)[0];
    let rows = read(&file.bytes, b',');
    let heads = Heads {
        id: "id",
        party: "location_dest_id",
        currency: "",
        line: ["move_ids/product_id", "move_ids/product_uom_qty", "move_ids/location_dest_id"],
    };
    let documents = by_blank_parents(&rows, &heads, |head| head.starts_with("move_ids/"));
    // Names are found by what a record is called: a shelf by its path, an operation by its
    // warehouse. What is set for receipts is another operation.
    let shelf = |d: &Decision| match d.location.as_str() {
        "Shop" => "Corner Shop/Stock".to_owned(),
        other => format!("{other}/Stock"),
    };
    assert_eq!(documents, shipments("", shelf));
    assert_eq!(rows[0]["picking_type_id"], "Warehouse: Internal Transfers");
    assert_eq!(rows[0]["location_id"], "Warehouse/Stock");
    let mut ids: Vec<&str> = rows.iter().map(|row| row["move_ids/id"].as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), rows.len(), "an external id a line: a second import updates");
    // A path is a shelf as it is, and its first step the warehouse.
    let locations = [("Warehouse".to_owned(), "WH/Stock/A".to_owned())].into();
    let settings = Settings { locations, ..Settings::default() };
    let file = &files("odoo", What::Transfers, &moved(), &settings)[0];
    let row = &read(&file.bytes, b',')[0];
    assert_eq!(
        [&row["picking_type_id"], &row["location_id"]],
        ["WH: Internal Transfers", "WH/Stock/A"]
    );
}

#[test]
fn netsuite_groups_by_external_id_and_reads_its_own_dates() {
    let file = &files("netsuite", What::Orders, &approved(), &Settings::default())[0];
    let rows = read(&file.bytes, b',');
    let heads = Heads {
        id: "External ID",
        party: "Vendor",
        currency: "Currency",
        line: ["Items : Item", "Items : Quantity", "Items : Rate"],
    };
    assert_eq!(by_number(&rows, &heads), expected("EUR", |d| &d.supplier));
    assert_eq!(rows[0]["Date"], "3/4/2026");
    let settings = Settings { dates: Some(DateForm::DayFirst), ..Settings::default() };
    let file = &files("netsuite", What::Orders, &approved(), &settings)[0];
    assert_eq!(read(&file.bytes, b',')[0]["Date"], "04/03/2026");

    let file = &files("netsuite", What::Transfers, &two_shipments(), &Settings::default())[0];
    let rows = read(&file.bytes, b',');
    let heads = Heads {
        id: "External ID",
        party: "To Location",
        currency: "",
        line: ["Items : Item", "Items : Quantity", "To Location"],
    };
    assert_eq!(by_number(&rows, &heads), shipments("", |d| d.location.clone()));
    // Required where transfers need no approval.
    assert!(
        rows.iter().all(|row| row["From Location"] == "Warehouse" && row["Date"] == "3/4/2026")
    );
}

#[test]
fn cin7_omni_takes_fewer_than_500_lines_a_file_and_references_that_start_with_po() {
    let file = &files("cin7", What::Orders, &approved(), &Settings::default())[0];
    let heads = Heads {
        id: "Order Ref",
        party: "Company Name",
        currency: "Currency Code",
        line: ["Item Code", "Item Qty", "Item Price"],
    };
    let documents = by_number(&read(&file.bytes, b','), &heads);
    assert_eq!(documents, expected("EUR", |d| &d.supplier));

    let many: Vec<Decision> =
        (0..700).map(|i| line("ACME", "Shop", &format!("SKU-{i}"), 6)).collect();
    let many = [many, approved()].concat();
    let parts = files("cin7-omni", What::Orders, &many, &Settings::default());
    let mut lines = 0;
    let mut references: Vec<String> = Vec::new();
    for part in &parts {
        assert!(part.bytes.iter().filter(|&&b| b == b'\n').count() < 500);
        for document in by_number(&read(&part.bytes, b','), &heads) {
            assert!(document.id.starts_with("PO-"), "{}", document.id);
            lines += document.lines.len();
            references.push(document.id);
        }
    }
    assert_eq!(lines, many.len());
    references.sort_unstable();
    references.dedup();
    assert!(references.len() >= 4, "no reference is used in two files: {references:?}");

    // Of a branch transfer the company is the branch that it comes from.
    let file = &files("cin7", What::Transfers, &two_shipments(), &Settings::default())[0];
    let heads = Heads {
        id: "Order Ref",
        party: "Branch",
        currency: "",
        line: ["Item Code", "Item Qty", "Branch"],
    };
    let rows = read(&file.bytes, b',');
    assert_eq!(by_number(&rows, &heads), shipments("", |d| d.location.clone()));
    assert!(rows.iter().all(|row| row["Company"] == "Warehouse"));
}

#[test]
fn cin7_core_has_a_header_of_its_own_and_a_file_an_order() {
    let core = files("cin7-core", What::Orders, &approved(), &Settings::default());
    assert_eq!(core.len(), 3);
    let heads = Heads {
        id: "PurchaseOrderNumber",
        party: "SupplierName",
        currency: "CurrencyCode",
        line: ["SKU", "Quantity", "Price"],
    };
    let mut documents = Vec::new();
    for file in &core {
        assert!(file.bytes.starts_with(b"RecordType,"));
        documents.extend(by_number(&read(&file.bytes, b','), &heads));
    }
    assert_eq!(documents, expected("EUR", |d| &d.supplier));

    // The account's own template: its columns, its order, and blanks for what is not known.
    let template = "RecordType*,Supplier Name*,Purchase Number*,Tax Rule,Currency,Product SKU,Qty,\
        Unit Price";
    let settings = Settings {
        templates: [("cin7-core".to_owned(), template.to_owned())].into(),
        ..Settings::default()
    };
    let core = files("cin7-core", What::Orders, &approved(), &settings);
    let heads = Heads {
        id: "Purchase Number*",
        party: "Supplier Name*",
        currency: "Currency",
        line: ["Product SKU", "Qty", "Unit Price"],
    };
    let mut documents = Vec::new();
    for file in &core {
        assert!(file.bytes.starts_with(template.as_bytes()));
        let rows = read(&file.bytes, b',');
        assert!(rows.iter().all(|row| row["Tax Rule"].is_empty()));
        documents.extend(by_number(&rows, &heads));
    }
    assert_eq!(documents, expected("EUR", |d| &d.supplier));

    // Headings with a comma or a quote in them are one column each.
    let template = "\u{feff}RecordType*,\"Supplier Name, as in \"\"Contacts\"\"\",Purchase Number*,\
        \"Tax Rule, Purchases\",Currency,Product SKU,Qty,Unit Price";
    let settings = Settings {
        templates: [("cin7-core".to_owned(), template.to_owned())].into(),
        ..Settings::default()
    };
    let core = files("cin7-core", What::Orders, &approved(), &settings);
    let rows = read(&core[0].bytes, b',');
    assert!(rows.iter().all(|row| row.len() == 8 && row["Tax Rule, Purchases"].is_empty()));
    assert!(rows.iter().all(|row| !row["Product SKU"].is_empty() && row["Qty"] != "0"));

    let moves = files("cin7-core", What::Transfers, &moved(), &Settings::default());
    assert_eq!(moves.len(), 1);
    let rows = read(&moves[0].bytes, b',');
    assert_eq!([&rows[1]["SKU"], &rows[1]["Quantity"]], ["AXLE", "7"]);
}

/// Every format that writes moves, through the rules of its importer: as many documents as pairs of
/// places, as many lines as approved moves, each with its item and units.
#[test]
fn transfers_are_the_approved_moves_in_every_format_that_writes_them() {
    // Where they go is in the file, or set in the form that the file is loaded into.
    let layouts: [(&str, &str, [&str; 4]); 8] = [
        ("cin7-omni", "Order Ref", ["Company", "Branch", "Item Code", "Item Qty"]),
        (
            "netsuite",
            "External ID",
            ["From Location", "To Location", "Items : Item", "Items : Quantity"],
        ),
        ("generic", "order_id", ["from_location", "to_location", "sku", "quantity"]),
        (
            "erpnext",
            "ID",
            [
                "Source Warehouse (Items)",
                "Target Warehouse (Items)",
                "Item Code (Items)",
                "Quantity (Items)",
            ],
        ),
        (
            "odoo",
            "id",
            [
                "move_ids/location_id",
                "move_ids/location_dest_id",
                "move_ids/product_id",
                "move_ids/product_uom_qty",
            ],
        ),
        ("cin7-core", "", ["", "", "SKU", "Quantity"]),
        ("shopify", "", ["", "", "SKU", "Quantity"]),
        ("amazon-sendin", "", ["", "", "Merchant SKU", "Quantity"]),
    ];
    let mut both = moved();
    both.push(Decision { location: "Kiosk".into(), ..both[0].clone() });
    for (name, id, [from, to, item, units]) in layouts {
        let separator = if name == "amazon-sendin" { b'\t' } else { b',' };
        let mut lines: Vec<[String; 4]> = Vec::new();
        let mut documents: Vec<String> = Vec::new();
        for file in files(name, What::Transfers, &both, &Settings::default()) {
            for row in read(&file.bytes, separator) {
                let cell = |head: &str| row.get(head).cloned().unwrap_or_default();
                lines.push([from, to, item, units].map(cell));
                // A blank id goes on with the document above.
                match (id, cell(id), documents.last()) {
                    ("", _, _) => documents.push(file.part.clone()),
                    (_, id, Some(above)) if id.is_empty() => documents.push(above.clone()),
                    (_, id, _) => documents.push(id),
                }
            }
        }
        documents.sort();
        documents.dedup();
        assert_eq!(documents.len(), 2, "{name}");
        let place = |place: &str| match name {
            _ if from.is_empty() => String::new(),
            // Moves go between stock locations; a warehouse of Odoo's has one of its name.
            "odoo" => format!("{place}/Stock"),
            _ => place.to_owned(),
        };
        let expected: Vec<[String; 4]> = both
            .iter()
            .map(|d| {
                let units = d.quantity.to_string();
                // A marketplace knows an item by the code that its seller gave it there.
                let item = if name == "amazon-sendin" { &d.supplier_sku } else { &d.sku };
                [place(&d.from_location), place(&d.location), item.clone(), units]
            })
            .collect();
        assert_eq!(lines, expected, "{name}");
    }
}

#[test]
fn shopify_takes_the_lines_of_one_draft_from_one_file() {
    let orders = files("shopify", What::Orders, &approved(), &Settings::default());
    assert_eq!(orders.len(), 3);
    for (file, order) in orders.iter().zip(expected("EUR", |d| &d.supplier)) {
        assert!(file.bytes.starts_with(b"SKU,Supplier SKU,Quantity,Cost,Tax %\n"));
        let rows = read(&file.bytes, b',');
        let lines: Vec<[String; 3]> =
            rows.iter().map(|r| ["SKU", "Quantity", "Cost"].map(|head| r[head].clone())).collect();
        assert_eq!((&file.part, lines), (&order.id, order.lines));
    }
    let moves = files("shopify", What::Transfers, &moved(), &Settings::default());
    assert_eq!(moves[0].bytes, b"SKU,Barcode,Quantity\nANVIL,,5\nAXLE,,7\n");
}

#[test]
fn unleashed_counts_the_lines_of_an_order_up_and_fills_what_is_starred() {
    let file = &files("unleashed", What::Orders, &approved(), &Settings::default())[0];
    let rows = read(&file.bytes, b',');
    let heads = Heads {
        id: "*Order Number",
        party: "*Supplier Code",
        currency: "",
        line: ["*Product Code", "*Order Quantity", "Unit Price"],
    };
    assert_eq!(by_number(&rows, &heads), expected("", |d| &d.supplier));
    for row in &rows {
        assert!(row.iter().all(|(head, value)| !head.starts_with('*') || !value.is_empty()));
        assert_eq!(row["Comments"], "Prices in EUR");
        assert_eq!(row["Order Date"], "04/03/2026");
    }
    let numbers: Vec<&str> = rows.iter().map(|row| row["*Line Number"].as_str()).collect();
    assert_eq!(numbers, ["1", "2", "1", "2", "1", "2"]);
    assert!(rows[0]["Line Comments"].contains("V-ANVIL; 2 packs of 6"));
}

#[test]
fn linnworks_and_generic_say_all_on_every_row() {
    for (name, heads) in [
        (
            "linnworks",
            Heads {
                id: "Reference",
                party: "Location",
                currency: "Currency",
                line: ["SKU", "Quantity", "Unit Cost"],
            },
        ),
        (
            "generic",
            Heads {
                id: "order_id",
                party: "ship_to",
                currency: "currency",
                line: ["sku", "quantity", "unit_cost"],
            },
        ),
    ] {
        let file = &files(name, What::Orders, &approved(), &Settings::default())[0];
        let documents = by_number(&read(&file.bytes, b','), &heads);
        assert_eq!(documents, expected("EUR", |d| &d.location), "{name}");
    }
}

#[test]
fn send_to_amazon_takes_one_shipment_a_file_separated_by_tabs() {
    let shipments = files("amazon-sendin", What::Transfers, &moved(), &Settings::default());
    assert_eq!(shipments.len(), 1);
    let rows = read(&shipments[0].bytes, b'\t');
    let lines: Vec<[&str; 2]> =
        rows.iter().map(|r| [r["Merchant SKU"].as_str(), r["Quantity"].as_str()]).collect();
    // By the number that it has there.
    assert_eq!(lines, [["V-ANVIL", "5"], ["V-AXLE", "7"]]);
    // No box is said where it is not full.
    assert_eq!([&rows[0]["Prep owner"], &rows[0]["Units per box"]], ["Seller", ""]);

    // An item stands once in a file, in cases.
    let mut twice = vec![line("", "FBA", "ANVIL", 12), line("", "FBA", "ANVIL", 6)];
    twice.iter_mut().for_each(|d| d.from_location = "Warehouse".into());
    let rows = read(
        &files("amazon-sendin", What::Transfers, &twice, &Settings::default())[0].bytes,
        b'\t',
    );
    assert_eq!(rows.len(), 1);
    let row = ["Quantity", "Units per box", "Number of boxes"].map(|head| rows[0][head].as_str());
    assert_eq!(row, ["18", "6", "3"]);
}

#[test]
fn send_to_amazon_leaves_out_with_words_what_goes_elsewhere() {
    let sendin = format("amazon-sendin").unwrap();
    let decisions = [two_shipments(), vec![line("", "DE1", "AXLE", 6)]].concat();
    let mut documents = of(&decisions);
    let kind = |location: &str, kind: &str| {
        let place = Destination { location: location.into(), kind: kind.into() };
        (location.to_owned(), place)
    };
    let places = [kind("DE1", "FBA"), kind("Shop", "shop")].into();
    let reasons = leave_out(sendin, &mut documents, &places);
    assert_eq!(documents.len(), 1);
    assert_eq!(documents[0].lines[0].location, "DE1");
    let reasons: Vec<String> = reasons.into_iter().collect();
    assert!(reasons[1].starts_with("Shop is no place of Amazon's"), "{reasons:?}");
    assert_eq!(leave_out(format("odoo").unwrap(), &mut of(&two_shipments()), &places).len(), 0);
}

#[test]
fn an_order_without_a_supplier_takes_no_others_file_down() {
    let decisions = [line("ACME", "Shop", "ANVIL", 12), line("", "Shop", "AXLE", 6)];
    for format in FORMATS.into_iter().filter(|format| format.writes().contains(&What::Orders)) {
        let mut documents = of(&decisions);
        let reasons = leave_out(format, &mut documents, &BTreeMap::new());
        let lines: usize = documents.iter().map(|document| document.lines.len()).sum();
        match format.name() {
            // A draft has its lines alone: its supplier is chosen in its form.
            "shopify" | "generic" | "xlsx" => assert_eq!((lines, reasons.len()), (2, 0)),
            "amazon-sendin" => {}
            name => {
                assert_eq!(lines, 1, "{name}");
                let reason = reasons.first().unwrap();
                assert!(reason.starts_with("AXLE has no supplier"), "{reason}");
            }
        }
    }
    // A move is bought of nobody.
    assert_eq!(leave_out(format("odoo").unwrap(), &mut of(&moved()), &BTreeMap::new()).len(), 0);
}

#[test]
fn a_line_decided_before_prices_had_a_currency_is_in_the_reporting_currency() {
    let mut old = line("ACME", "Shop", "ANVIL", 12);
    old.supplier_currency = String::new();
    old.supplier_unit_cost = None;
    let file = &files("generic", What::Orders, &[old], &Settings::default())[0];
    let row = &read(&file.bytes, b',')[0];
    assert_eq!([&row["unit_cost"], &row["currency"], &row["value"]], ["4.40", "USD", "52.80"]);
}

fn shown() -> Vec<ChannelStock> {
    let row = |sku: &str, location: &str, published, unavailable| ChannelStock {
        sku: sku.into(),
        name: "Blue Pen (fine)".into(),
        location: location.into(),
        published: Units(published),
        unavailable: Units(unavailable),
    };
    vec![row("PEN", "Shop", 3, 2), row("PEN", "Warehouse", 10, 0), row("INK", "Shop", 0, 0)]
}

#[test]
fn channel_quantities_are_in_each_platforms_own_layout() {
    let text = |name: &str| {
        String::from_utf8(format(name).unwrap().quantities(&shown()).unwrap().bytes).unwrap()
    };
    let shopify = text("shopify-inventory");
    let rows = read(shopify.as_bytes(), b',');
    assert_eq!(rows[0]["Handle"], "blue-pen-fine");
    // On hand there is what may be shown and what is spoken for.
    assert_eq!(rows[0]["On hand (new)"], "5");
    let amazon = text("amazon-quantity");
    let rows = read(amazon.as_bytes(), b'\t');
    assert_eq!([&rows[1]["sku"], &rows[1]["quantity"], &rows[1]["price"]], ["PEN", "13", ""]);
    let ebay = text("ebay");
    let rows = read(ebay.as_bytes(), b',');
    assert_eq!([&rows[1]["Action"], &rows[1]["Available quantity"]], ["Revise", "13"]);
    let woo = text("woocommerce");
    assert_eq!(woo, "SKU,In stock?,Stock\nINK,0,0\nPEN,1,13\n");
}

#[test]
fn an_export_never_overwrites_and_remembers_what_was_exported_when() {
    let out = tempfile::tempdir().unwrap();
    let keeping = |file| Keeping {
        out: out.path(),
        file,
        format: format("generic").unwrap(),
        what: What::Orders,
        as_of: "2026-03-02".parse().unwrap(),
        time: "2026-03-02T08:00:00Z",
    };
    let file = |bytes: &[u8]| vec![ExportFile { part: String::new(), bytes: bytes.to_vec() }];
    let decisions = approved();
    let first = keep(&keeping(None), &file(b"one"), &of(&decisions[..2])).unwrap();
    let second = keep(&keeping(None), &file(b"two"), &of(&decisions[2..4])).unwrap();
    let again = keep(&keeping(None), &file(b"one"), &of(&decisions[..2])).unwrap();
    assert!(first != second && first == again, "{first:?} {second:?}");
    assert_eq!(std::fs::read(&first[0]).unwrap(), b"one");
    let named = out.path().join("mine.csv");
    keep(&keeping(Some(&named)), &file(b"one"), &[]).unwrap();
    let error = keep(&keeping(Some(&named)), &file(b"two"), &[]).unwrap_err();
    assert!(error.exit_code() == 2 && error.to_string().contains("mine.csv"), "{error}");
    let kept = KeptDecisions::read(out.path()).unwrap();
    let export = kept.export_of(&decisions[0].recommendation_id).unwrap();
    assert_eq!((export.time.as_str(), export.format.as_str()), ("2026-03-02T08:00:00Z", "generic"));
    assert!(export.files.contains("orders-generic-2026-03-02.csv"), "{export:?}");
    assert!(!kept.is_exported(&decisions[4].recommendation_id));
}
