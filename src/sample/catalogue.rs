//! What the sample seller sells and who supplies it: a coffee-gear shop with its own roasts.
//!
//! Past the end of the list the catalogue repeats in variants, so that any number of items has believable names.

/// How an item sells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Every day or nearly.
    Regular,
    /// A few units now and then.
    Slow,
    /// Rarely, but then many at once (cafés).
    Lumpy,
    /// Launched a few weeks before the as-of date.
    New,
    /// Not on sale yet.
    Announced,
    /// Sold off; a successor took over.
    PhasedOut,
    /// Nobody wants it any more.
    Dead,
    /// A set of other items, no stock of its own.
    Kit,
}

/// One row of the catalogue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Base {
    pub prefix: &'static str,
    pub name: &'static str,
    pub category: &'static str,
    pub unit_cost: f64,
    pub unit_price: f64,
    /// Units a day over all channels, in a plain week.
    pub per_day: f64,
    pub weight_kg: f64,
    /// Position in [`SUPPLIERS`].
    pub supplier: usize,
    pub pack_size: i64,
    pub kind: Kind,
}

/// One supplier.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SupplierBase {
    pub code: &'static str,
    pub name: &'static str,
    pub currency: &'static str,
    pub order_weekdays: &'static str,
    pub min_order_value: f64,
    pub free_freight_value: f64,
    pub freight_per_order: f64,
    pub payment_days: u32,
    pub closures: &'static str,
    pub lead_time_days: f64,
    pub lead_time_sd_days: f64,
    pub lead_time_max_days: f64,
    pub duty_rate: f64,
}

const fn supplier(
    code: &'static str,
    name: &'static str,
    currency: &'static str,
    order_weekdays: &'static str,
    money: [f64; 3],
    payment_days: u32,
    closures: &'static str,
    lead_time: [f64; 3],
    duty_rate: f64,
) -> SupplierBase {
    let [min_order_value, free_freight_value, freight_per_order] = money;
    let [lead_time_days, lead_time_sd_days, lead_time_max_days] = lead_time;
    SupplierBase {
        code,
        name,
        currency,
        order_weekdays,
        min_order_value,
        free_freight_value,
        freight_per_order,
        payment_days,
        closures,
        lead_time_days,
        lead_time_sd_days,
        lead_time_max_days,
        duty_rate,
    }
}

pub(crate) const ROASTERY: usize = 0;
pub(crate) const FILTERS: usize = 1;
pub(crate) const CERAMICS: usize = 2;
pub(crate) const PRECISION: usize = 3;
pub(crate) const PANTRY: usize = 4;
pub(crate) const CLEANING: usize = 5;
/// Delivers most items faster and dearer: the second source of key items.
pub(crate) const WHOLESALER: usize = 6;
/// Delivers in two days at a price: the backup.
pub(crate) const DEPOT: usize = 7;

/// code, name, currency, order weekdays, [minimum, free freight, freight], payment days, closures, [mean, sd, max days], duty.
pub(crate) const SUPPLIERS: [SupplierBase; 8] = [
    supplier(
        "harbour",
        "Harbour Roastery",
        "EUR",
        "mon thu",
        [250.0, 600.0, 18.0],
        14,
        "",
        [4.0, 1.0, 7.0],
        0.0,
    ),
    supplier(
        "papierwerk",
        "Papierwerk Lahn",
        "EUR",
        "",
        [200.0, 500.0, 25.0],
        30,
        "",
        [7.0, 1.5, 12.0],
        0.0,
    ),
    supplier(
        "kanto",
        "Kanto Ceramics Trading",
        "EUR",
        "tue",
        [1500.0, 6000.0, 180.0],
        30,
        "",
        [35.0, 5.0, 50.0],
        0.06,
    ),
    supplier(
        "shunwei",
        "Shunwei Precision",
        "USD",
        "wed",
        [2000.0, 9000.0, 240.0],
        45,
        "2025-01-27/2025-02-04; 2026-02-16/2026-02-24; 2026-04-06/2026-04-10",
        [42.0, 6.0, 60.0],
        0.027,
    ),
    supplier(
        "maison",
        "Maison Sirop et Thé",
        "EUR",
        "fri",
        [300.0, 900.0, 30.0],
        30,
        "",
        [10.0, 2.0, 16.0],
        0.0,
    ),
    supplier(
        "cleanbrew",
        "CleanBrew Supplies",
        "EUR",
        "",
        [150.0, 400.0, 15.0],
        30,
        "",
        [9.0, 2.0, 14.0],
        0.0,
    ),
    supplier(
        "alpine",
        "Alpine Trade Wholesale",
        "EUR",
        "mon wed fri",
        [100.0, 750.0, 22.0],
        14,
        "",
        [5.0, 1.0, 8.0],
        0.0,
    ),
    supplier(
        "quickship",
        "QuickShip Depot",
        "EUR",
        "",
        [0.0, 0.0, 12.0],
        7,
        "",
        [2.0, 0.5, 3.0],
        0.0,
    ),
];

const fn item(
    prefix: &'static str,
    name: &'static str,
    unit_cost: f64,
    unit_price: f64,
    per_day: f64,
    weight_kg: f64,
    supplier: usize,
    pack_size: i64,
    kind: Kind,
) -> Base {
    let category = match prefix.as_bytes() {
        b"BEA" => "Beans",
        b"FIL" => "Filters",
        b"BRW" => "Brewers",
        b"GRD" => "Grinders & scales",
        b"MUG" => "Mugs & servers",
        b"PAN" => "Pantry",
        b"CAR" => "Care",
        _ => "Sets",
    };
    Base {
        prefix,
        name,
        category,
        unit_cost,
        unit_price,
        per_day,
        weight_kg,
        supplier,
        pack_size,
        kind,
    }
}

/// Positions that other tables refer to.
pub(super) mod at {
    pub const HOUSE_ESPRESSO: usize = 0;
    pub const ETHIOPIA: usize = 2;
    pub const FILTER_V60: usize = 10;
    pub const FILTER_CHEMEX: usize = 12;
    pub const DRIPPER: usize = 18;
    pub const SERVER: usize = 36;
    pub const SCALE_NEW: usize = 30;
    pub const NEW_ROAST: usize = 7;
    pub const MUG_WITH_BARCODE: usize = 37;
    pub const NO_SUPPLIER: usize = 57;
    pub const KIT: usize = 58;
}

/// prefix, name, cost, price, units a day, kg, supplier, pack, how it sells.
pub(super) const CATALOGUE: [Base; 60] = [
    item("BEA", "House Espresso 1 kg", 11.80, 22.90, 7.5, 1.02, ROASTERY, 6, Kind::Regular),
    item("BEA", "House Espresso 250 g", 3.40, 7.90, 6.2, 0.27, ROASTERY, 12, Kind::Regular),
    item(
        "BEA",
        "Ethiopia Guji Filter Roast 250 g",
        4.90,
        11.50,
        4.0,
        0.27,
        ROASTERY,
        12,
        Kind::Regular,
    ),
    item("BEA", "Colombia Huila 250 g", 4.20, 9.80, 2.8, 0.27, ROASTERY, 12, Kind::Regular),
    item("BEA", "Brazil Cerrado 1 kg", 10.60, 20.50, 1.9, 1.02, ROASTERY, 6, Kind::Regular),
    item("BEA", "Decaf Swiss Water 250 g", 4.60, 10.20, 1.4, 0.27, ROASTERY, 12, Kind::Regular),
    item("BEA", "Kenya Nyeri AA 250 g", 5.80, 13.90, 0.7, 0.27, ROASTERY, 12, Kind::Slow),
    item("BEA", "Rwanda Kivu 250 g", 4.80, 11.20, 1.8, 0.27, ROASTERY, 12, Kind::New),
    item("BEA", "Christmas Blend 250 g", 4.10, 9.90, 0.5, 0.27, ROASTERY, 12, Kind::Slow),
    item(
        "BEA",
        "Espresso for Cafés 10 x 1 kg",
        108.00,
        179.00,
        0.12,
        10.4,
        ROASTERY,
        1,
        Kind::Lumpy,
    ),
    item("FIL", "V60 Paper Filters 02, 100 pcs", 2.30, 5.90, 8.0, 0.18, FILTERS, 24, Kind::Regular),
    item("FIL", "V60 Paper Filters 01, 100 pcs", 2.10, 5.40, 2.4, 0.15, FILTERS, 24, Kind::Regular),
    item(
        "FIL",
        "Six-Cup Bonded Filters, 100 pcs",
        4.90,
        11.50,
        2.6,
        0.32,
        FILTERS,
        12,
        Kind::Regular,
    ),
    item("FIL", "Basket Filters 90/250, 250 pcs", 5.20, 11.90, 0.6, 0.60, FILTERS, 10, Kind::Slow),
    item("FIL", "AeroPress Filters, 350 pcs", 3.60, 7.90, 3.1, 0.20, FILTERS, 24, Kind::Regular),
    item("FIL", "Cold-Brew Filter Bags, 60 pcs", 6.20, 14.90, 0.9, 0.25, FILTERS, 12, Kind::Slow),
    item("FIL", "Moka Pot Gaskets, 3 pcs", 1.10, 4.50, 0.5, 0.03, FILTERS, 10, Kind::Slow),
    item("FIL", "Cloth Filter N-3, 3 pcs", 5.10, 12.50, 0.15, 0.05, FILTERS, 6, Kind::Slow),
    item(
        "BRW",
        "V60 Dripper 02, white ceramic",
        9.40,
        22.50,
        1.6,
        0.55,
        CERAMICS,
        6,
        Kind::Regular,
    ),
    item(
        "BRW",
        "V60 Dripper 02, clear plastic",
        3.20,
        8.90,
        1.7,
        0.12,
        CERAMICS,
        12,
        Kind::Regular,
    ),
    item("BRW", "AeroPress Brewer", 19.50, 36.90, 1.5, 0.40, WHOLESALER, 4, Kind::Regular),
    item("BRW", "French Press 1.0 l", 12.30, 29.90, 0.6, 0.90, CERAMICS, 4, Kind::Slow),
    item("BRW", "Moka Pot, 3 cups", 13.80, 31.90, 0.8, 0.48, WHOLESALER, 6, Kind::Regular),
    item("BRW", "Moka Pot, 6 cups", 17.20, 39.90, 0.4, 0.75, WHOLESALER, 6, Kind::Slow),
    item("BRW", "Cold-Brew Bottle 0.75 l", 11.90, 27.90, 0.7, 0.45, CERAMICS, 6, Kind::Slow),
    item("BRW", "Syphon TCA-3", 41.00, 94.90, 0.05, 1.30, CERAMICS, 2, Kind::Slow),
    item(
        "GRD",
        "Hand Grinder C2, steel burrs",
        31.50,
        69.90,
        0.9,
        0.52,
        PRECISION,
        6,
        Kind::Regular,
    ),
    item("GRD", "Hand Grinder K6, 48 mm", 52.00, 109.00, 0.35, 0.70, PRECISION, 4, Kind::Slow),
    item(
        "GRD",
        "Electric Grinder, 40 mm conical",
        78.00,
        159.00,
        0.25,
        2.40,
        PRECISION,
        2,
        Kind::Slow,
    ),
    item(
        "GRD",
        "Brew Scale, 0.1 g with timer",
        16.40,
        39.90,
        0.9,
        0.46,
        PRECISION,
        10,
        Kind::PhasedOut,
    ),
    item("GRD", "Brew Scale II, USB-C", 17.90, 44.90, 1.0, 0.44, PRECISION, 10, Kind::Regular),
    item(
        "GRD",
        "Gooseneck Kettle 1.0 l, matt black",
        33.00,
        74.90,
        0.5,
        1.40,
        PRECISION,
        4,
        Kind::Slow,
    ),
    item("GRD", "Gooseneck Kettle 0.6 l, steel", 24.50, 54.90, 0.3, 0.95, PRECISION, 4, Kind::Slow),
    item("GRD", "Kettle Thermometer, clip-on", 3.90, 11.90, 0.2, 0.05, PRECISION, 20, Kind::Slow),
    item("GRD", "Dosing Funnel 58 mm", 5.60, 16.90, 0.4, 0.09, PRECISION, 20, Kind::Slow),
    item("GRD", "Tamper 58.4 mm, walnut", 14.20, 36.00, 0.2, 0.42, PRECISION, 10, Kind::Slow),
    item("MUG", "Coffee Server 600 ml, glass", 8.70, 21.90, 1.1, 0.38, CERAMICS, 6, Kind::Regular),
    item("MUG", "Stoneware Mug 300 ml, sand", 4.40, 13.50, 1.8, 0.36, CERAMICS, 12, Kind::Regular),
    item(
        "MUG",
        "Stoneware Mug 300 ml, ink blue",
        4.40,
        13.50,
        1.2,
        0.36,
        CERAMICS,
        12,
        Kind::Regular,
    ),
    item("MUG", "Espresso Cup 80 ml, set of 2", 5.90, 17.90, 0.7, 0.34, CERAMICS, 8, Kind::Slow),
    item("MUG", "Cappuccino Cup 180 ml, set of 2", 7.20, 21.90, 0.6, 0.62, CERAMICS, 8, Kind::Slow),
    item("MUG", "Travel Cup 350 ml, steel", 9.90, 27.90, 0.9, 0.31, PRECISION, 12, Kind::Regular),
    item("MUG", "Latte Glass 350 ml, set of 4", 9.10, 24.90, 0.3, 1.10, CERAMICS, 4, Kind::Slow),
    item(
        "MUG",
        "Enamel Mug 350 ml \"Northbank\"",
        5.20,
        15.90,
        0.1,
        0.18,
        CERAMICS,
        12,
        Kind::Dead,
    ),
    item("PAN", "Oat Drink Barista 1 l", 1.35, 2.90, 9.0, 1.05, PANTRY, 12, Kind::Regular),
    item("PAN", "Vanilla Syrup 0.7 l", 4.10, 9.90, 1.5, 1.25, PANTRY, 6, Kind::Regular),
    item("PAN", "Salted Caramel Syrup 0.7 l", 4.10, 9.90, 0.9, 1.25, PANTRY, 6, Kind::Slow),
    item("PAN", "Masala Chai 250 g", 3.90, 9.50, 0.8, 0.28, PANTRY, 10, Kind::Slow),
    item("PAN", "Cantuccini 200 g", 1.90, 4.90, 1.6, 0.22, PANTRY, 20, Kind::Regular),
    item("PAN", "Drinking Chocolate 54 % 300 g", 4.30, 10.90, 0.7, 0.33, PANTRY, 10, Kind::Slow),
    item("PAN", "Pumpkin Spice Syrup 0.7 l", 4.30, 10.90, 0.3, 1.25, PANTRY, 6, Kind::Slow),
    item("CAR", "Descaler 1 l", 3.10, 8.90, 1.9, 1.10, CLEANING, 12, Kind::Regular),
    item(
        "CAR",
        "Machine Cleaning Tablets, 100 pcs",
        6.80,
        15.90,
        1.3,
        0.32,
        CLEANING,
        12,
        Kind::Regular,
    ),
    item("CAR", "Grinder Cleaner 430 g", 8.20, 18.90, 0.3, 0.48, CLEANING, 6, Kind::Slow),
    item("CAR", "Milk-Line Cleaner 1 l", 4.60, 11.90, 0.4, 1.10, CLEANING, 12, Kind::Lumpy),
    item("CAR", "Group-Head Brush", 2.20, 7.50, 0.4, 0.06, CLEANING, 20, Kind::Slow),
    item(
        "CAR",
        "Water Filter Cartridge, 2 pcs",
        7.90,
        18.50,
        1.0,
        0.30,
        CLEANING,
        12,
        Kind::Regular,
    ),
    item("CAR", "Barista Cloth, set of 4", 4.00, 12.90, 0.2, 0.20, CLEANING, 12, Kind::Slow),
    item("SET", "Pour-Over Starter Set", 20.40, 46.90, 0.5, 1.11, WHOLESALER, 1, Kind::Kit),
    item(
        "GRD",
        "Travel Scale, rechargeable",
        12.80,
        32.90,
        0.6,
        0.21,
        PRECISION,
        10,
        Kind::Announced,
    ),
];

const VARIANTS: [&str; 12] = [
    "classic",
    "black",
    "white",
    "forest",
    "copper",
    "café line",
    "studio",
    "limited",
    "export",
    "duo",
    "travel",
    "pro",
];

/// Item `index` of an endless catalogue: the list itself first, then variants of it that differ in rate and price.
pub(super) fn base(index: usize) -> Base {
    let mut base = CATALOGUE[index % CATALOGUE.len()];
    let round = index / CATALOGUE.len();
    if round > 0 {
        // A spread of rates and prices over the rounds; sets and announced items stay single.
        let step = (round * 37 + index * 11) % 100;
        base.per_day *= 0.4 + step as f64 / 60.0;
        base.unit_cost = cents(base.unit_cost * (0.7 + step as f64 / 160.0));
        base.unit_price = cents(base.unit_price * (0.7 + step as f64 / 160.0));
        if matches!(base.kind, Kind::Kit | Kind::Announced) {
            base.kind = Kind::Slow;
        }
    }
    base
}

/// Its stock keeping unit: `BEA-0001`.
pub(super) fn sku(index: usize) -> String {
    format!("{}-{:04}", CATALOGUE[index % CATALOGUE.len()].prefix, index + 1)
}

/// Its name: `House Espresso 1 kg`, in later rounds `House Espresso 1 kg, copper 3`.
pub(super) fn name(index: usize) -> String {
    let (name, round) = (CATALOGUE[index % CATALOGUE.len()].name, index / CATALOGUE.len());
    if round == 0 {
        return name.to_owned();
    }
    let (variant, series) = (VARIANTS[(round - 1) % VARIANTS.len()], (round - 1) / VARIANTS.len());
    if series == 0 {
        format!("{name}, {variant}")
    } else {
        format!("{name}, {variant} {}", series + 1)
    }
}

/// `amount` to the cent.
pub(super) fn cents(amount: f64) -> f64 {
    (amount * 100.0).round() / 100.0
}
