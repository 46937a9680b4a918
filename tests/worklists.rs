//! What to do besides ordering, from files on disk to `worklists.parquet`: every list with the rows
//! that a person would write down.

use crate::small::folder;
use crate::support::{Table, succeeds};
use std::fmt::Write;

#[test]
fn every_list_holds_what_a_person_would_write_down() {
    let folder = folder();
    let data = folder.path().join("data");
    std::fs::create_dir_all(&data).unwrap();
    let mut sales = "date,sku,quantity\n2025-06-01,DEAD,1\n2025-06-02,DEAD,1\n".to_owned();
    let first: chrono::NaiveDate = "2025-01-26".parse().unwrap();
    for day in first.iter_days().take(400) {
        writeln!(sales, "{day},LAMP,5\n{day},MUG,3").unwrap();
    }
    let put = |name: &str, text: &str| std::fs::write(data.join(name), text).unwrap();
    put("sales.csv", &sales);
    put(
        "products.csv",
        "sku,name,category,unit_cost,unit_price\nLAMP,Lamp,Home,4,9\nLAMP-2,lamp ,Home,4,9\n\
         MUG,Mug,Home,2,5\nDEAD,Dead,Home,10,20\n",
    );
    put("supply.csv", "sku,supplier,lead_time_days\nLAMP,A,14\nMUG,A,14\nDEAD,A,14\n");
    put("suppliers.csv", "supplier,payment_days\nA,30\n");
    put("stock.csv", "sku,on_hand\nLAMP,20\nMUG,500\nDEAD,40\n");
    put("counts.csv", "date,sku,recorded,counted\n2026-02-20,MUG,500,490\n2026-02-20,LAMP,30,20\n");
    put(
        "overrides.csv",
        "sku,field,value,author,reason,date\nMUG,safety_stock,5,ann,hunch,2025-03-01\n\
         LAMP,safety_stock,9,ann,hunch,2026-02-25\n",
    );
    put("promotions.csv", "start,end,sku,discount\n2026-03-05,2026-03-12,LAMP,0.2\n");
    put(
        "purchase_orders.csv",
        "order_id,sku,supplier,quantity,confirmed,expected,received,received_quantity\n\
         P0,MUG,A,480,2025-05-01,2025-05-15,2025-05-15,480\n\
         P1,MUG,A,50,2026-02-25,2026-03-10,,\n",
    );
    succeeds(folder.path(), &["run", "--as-of", "2026-03-02"], &[0, 5]);
    let lists = Table::published(&folder.path().join("reports"), "worklists");
    let row = |list: &str, about: &str| -> Vec<String> {
        let found = lists.rows.iter().find(|row| {
            lists.text(row, "list") == list
                && [lists.text(row, "sku"), lists.text(row, "supplier")].contains(&about)
        });
        let row = found.unwrap_or_else(|| panic!("{list} {about}: {:?}", lists.rows));
        ["units", "value", "due"].map(|column| lists.text(row, column).to_owned()).into()
    };
    assert_eq!(row("cull", "DEAD"), ["40.0", "400.0000", ""]);
    // 480 came in May; the other 20 are older than any receipt.
    assert_eq!(row("ageing", "MUG")[..2], ["500.0", "1000.0000"]);
    assert_eq!(row("stock-correction", "MUG"), ["-10.0", "20.0000", "2026-02-20"]);
    assert_eq!(row("same-item", "LAMP-2")[1], "0.0000");
    assert_eq!(row("payment", "A")[1..], ["100.0000", "2026-04-09"]);
    assert_eq!(row("old-override", "MUG")[2], "2025-03-01");
    assert_eq!(row("promoted-short", "LAMP")[2], "2026-03-05");
    let count = |list: &str| lists.rows.iter().filter(|r| lists.text(r, "list") == list).count();
    assert_eq!(count("stock-correction"), 1, "books that say what was counted are corrected");
    assert_eq!(count("old-override"), 1, "what was set last week is not old");
}
