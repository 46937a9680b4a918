//! The words of the report, once: every column header links here, and the glossary page prints them.

/// One entry.
#[derive(Debug, Clone, Copy)]
pub struct Term {
    /// Anchor: `reorder-point`.
    pub id: &'static str,
    /// As it is written in headers.
    pub name: &'static str,
    /// The arithmetic; empty for a plain fact.
    pub formula: &'static str,
    /// What it means to a planner.
    pub meaning: &'static str,
}

const fn term(
    id: &'static str,
    name: &'static str,
    formula: &'static str,
    meaning: &'static str,
) -> Term {
    Term { id, name, formula, meaning }
}

/// Every entry, in the order of its name.
pub const TERMS: &[Term] = &[
    term(
        "action",
        "Action",
        "",
        "What a sync tool should do with a listing: publish the quantity, publish it and alert someone, pause selling, or resume after a pause.",
    ),
    term(
        "age",
        "Stock age",
        "today - date of receipt, newest receipts first",
        "How long the units on the shelf have been there, assuming the oldest units are sold first. Units older than the oldest known receipt are shown as such.",
    ),
    term(
        "allocated",
        "Allocated",
        "",
        "Units of the shared stock meant for a channel. The allocations of a stock pool never add up to more than the pool.",
    ),
    term(
        "available",
        "Available",
        "on hand - committed - damaged - returns being checked",
        "What can still be promised to a customer.",
    ),
    term(
        "bias",
        "Bias",
        "sum of (forecast - actual) / sum of actual",
        "Above zero: forecasts run too high and stock piles up. Below zero: too low, and items run out.",
    ),
    term(
        "buffer",
        "Buffer",
        "published = max(0, allocated - buffer)",
        "Units a channel does not see, so that a late update does not sell what is gone.",
    ),
    term(
        "carrying-cost",
        "Carrying cost",
        "holding cost / average inventory value x 100",
        "What a year of keeping stock costs (space, capital, insurance, loss) as a share of its value.",
    ),
    term(
        "cash-conversion-cycle",
        "Cash conversion cycle",
        "DIO + DSO - DPO",
        "Days from paying for stock to being paid by customers. Negative: customers pay before suppliers are paid.",
    ),
    term(
        "cash-freed",
        "Cash freed",
        "units on hand x unit cost",
        "Money that comes back at cost when the stock of an item is cleared. A discount lowers it.",
    ),
    term(
        "cause",
        "Cause",
        "",
        "What moved a number since the last run: demand, stock, lead time, policy, data, a new item or one that is gone.",
    ),
    term(
        "channel",
        "Channel",
        "",
        "A place where you sell: a marketplace, your shop, wholesale. Channels at one location share one stock pool.",
    ),
    term(
        "channel-depth",
        "Channel depth",
        "margin of the others' stock-outs it causes > margin of its own sales",
        "How many channels a stock pool can serve. One that is too many drains units which the others would have sold for more.",
    ),
    term(
        "class",
        "Class",
        "ABC by value, XYZ by variability",
        "A items make up most of the value, C the least. X sells steadily, Y has a season or promotions that explain its swings, Z is erratic. A dash means too few items or too little history.",
    ),
    term("committed", "Committed", "", "Units sold but not shipped yet."),
    term(
        "count-accuracy",
        "Count accuracy",
        "items counted within tolerance / items counted",
        "How far the books can be trusted.",
    ),
    term(
        "cover",
        "Days of cover",
        "available / velocity",
        "How many days today's available stock lasts at the current pace.",
    ),
    term(
        "deadstock",
        "Deadstock",
        "",
        "Less than 100 a month and no movement for 60 days or more. After 90 days without a sale with stock on hand, act: discount, bundle or discontinue.",
    ),
    term(
        "decision",
        "Decision",
        "",
        "Yours: approve, edit the quantity, reject with a reason, or snooze until a day. Nothing is sent to a supplier: download the decisions and take them in with `orderpoint review --decisions decisions.csv`.",
    ),
    term(
        "dio",
        "Days inventory outstanding (DIO)",
        "average inventory / COGS x 365",
        "Days of sales the stock represents, at cost.",
    ),
    term(
        "dpo",
        "Days payable outstanding (DPO)",
        "payables / COGS x 365",
        "Days you take to pay suppliers.",
    ),
    term(
        "dso",
        "Days sales outstanding (DSO)",
        "receivables / revenue x 365",
        "Days customers take to pay.",
    ),
    term(
        "excess",
        "Excess",
        "available - velocity x excess cover",
        "Units beyond the cover called excess (120 days unless configured).",
    ),
    term(
        "exposure",
        "Exposure",
        "max(0, sum listed - pool)",
        "Units that channels show to customers but the pool does not hold: each could be sold twice.",
    ),
    term(
        "fill-rate",
        "Fill rate",
        "units sold / (units sold + estimated lost units)",
        "Share of demand met from the shelf. Lost sales are not recorded anywhere, so this is an estimate from the days without stock.",
    ),
    term(
        "forecast",
        "Forecast",
        "",
        "Expected demand, net of returns, in the next 4 weeks over all channels of the pool.",
    ),
    term(
        "forecast-value-added",
        "Forecast value added",
        "1 - RMSSE of the chosen method / RMSSE of the naive one",
        "How much error the chosen method takes out compared with repeating the past. Zero or less: the simple method would have done. Absolute errors would call zero the best forecast of an item that sells on few days, so squared ones judge.",
    ),
    term(
        "gmroi",
        "GMROI",
        "gross margin / average inventory at cost",
        "Margin earned for each unit of money tied up in stock, a year.",
    ),
    term(
        "goal",
        "Goal",
        "",
        "What you aim at, from [indicators.goals] in the configuration: a least value where more is better (fill rate, turnover), else a greatest one.",
    ),
    term(
        "imbalance",
        "Imbalance",
        "",
        "One channel runs dry while another holds more than it will sell soon (stranded stock).",
    ),
    term(
        "inventory-position",
        "Inventory position",
        "available + on order - backorders",
        "What the reorder point is compared with: stock plus what is coming less what is owed.",
    ),
    term(
        "landed-cost",
        "Landed unit cost",
        "price + freight + duty + fees, a unit",
        "What a unit costs once it is on your shelf.",
    ),
    term(
        "late",
        "Late",
        "deliveries after the expected date / deliveries",
        "Share of a supplier's deliveries that came after the day they were expected.",
    ),
    term(
        "lead-time",
        "Lead time",
        "receipt date - confirmation date",
        "Calendar days from a confirmed order to stock on the shelf.",
    ),
    term("location", "Location", "", "The warehouse or shop where the stock lies."),
    term(
        "lost-sales",
        "Lost sales",
        "expected demand on days without stock - units sold on them",
        "Estimated units customers wanted while the shelf was empty.",
    ),
    term("margin", "Margin", "price - cost, a unit", "What a sold unit earns before other costs."),
    term(
        "mase",
        "MASE",
        "mean absolute error / in-sample seasonal naive error",
        "Below 1: better than repeating last season.",
    ),
    term(
        "method",
        "Method",
        "",
        "How a number was made. For forecasts, the method or combination with the smallest error on past data.",
    ),
    term(
        "need",
        "Need",
        "order up to - inventory position",
        "Units wanted before minimum, pack size and maximum are applied.",
    ),
    term("on-hand", "On hand", "", "Units counted in the location."),
    term(
        "on-order",
        "On order",
        "",
        "Units on open purchase orders that are due inside the planning horizon.",
    ),
    term(
        "order-by",
        "Order by",
        "stock-out date - lead time",
        "The last day an order still arrives before stock runs out.",
    ),
    term(
        "order-cost",
        "Order cost",
        "order quantity x unit cost",
        "Price of the proposed line before freight and duty.",
    ),
    term(
        "order-quantity",
        "Order quantity",
        "need, raised to the minimum and rounded to packs",
        "Whole units to order. Zero: nothing to order today.",
    ),
    term(
        "order-up-to",
        "Order-up-to level",
        "demand over lead time and review + safety stock",
        "Stock plus orders are filled up to this level.",
    ),
    term(
        "out-of-stock-days",
        "Out-of-stock days",
        "",
        "Days without stock in the last 30. They do not count against velocity.",
    ),
    term(
        "oversell-risk",
        "Oversell risk",
        "P(demand before the next sync > published)",
        "Chance that a channel sells more than it was given before the next update.",
    ),
    term(
        "pinball",
        "Pinball loss",
        "mean scaled quantile loss",
        "How well the whole range of the forecast fits, not only its middle. Lower is better.",
    ),
    term(
        "planner-value-added",
        "Planner value added",
        "margin won + holding saved - margin missed - holding spent, against the proposal",
        "What edits and rejections were worth, once the days in which they could matter are over. Fewer units than proposed miss what was lost for want of stock and save holding the rest; more units win what they kept from running out and cost holding the rest. Estimated from known stock-outs and stock levels.",
    ),
    term(
        "published",
        "Published",
        "max(0, allocated - buffer)",
        "Units a channel should show to customers.",
    ),
    term(
        "quarantine",
        "Quarantine",
        "",
        "Input rows that could not be used, with file, line, column and reason. The numbers are made without them.",
    ),
    term(
        "reason",
        "Reason",
        "",
        "One sentence on why this number is what it is. The item's page has the arithmetic.",
    ),
    term(
        "reorder-point",
        "Reorder point",
        "demand over the lead time + safety stock",
        "Order when the inventory position is at or below it. Not the same as safety stock.",
    ),
    term(
        "return-rate",
        "Return rate",
        "units returned / units sold",
        "Share of sold units that came back.",
    ),
    term(
        "risk",
        "Stock-out risk",
        "P(demand until an order placed today arrives > stock)",
        "Chance of running out before an order placed today is on the shelf.",
    ),
    term(
        "rmsse",
        "RMSSE",
        "root mean squared error / in-sample naive error",
        "As MASE, but large misses weigh more.",
    ),
    term(
        "safety-stock",
        "Safety stock",
        "stock held against uncertain demand and lead time",
        "The part of the reorder point that is there for surprises.",
    ),
    term(
        "sell-through",
        "Sell-through",
        "units sold / units received x 100",
        "How much of what came in has gone out. For a channel: units sold in 28 days / (those + units allocated now).",
    ),
    term(
        "service-target",
        "Service target",
        "",
        "The chance (cycle service) or share of demand (fill rate) the safety stock is sized for.",
    ),
    term(
        "share",
        "Share",
        "velocity x margin / sum over the channels",
        "A channel's part of the pool.",
    ),
    term(
        "shrinkage",
        "Shrinkage",
        "(recorded - counted) / recorded x 100",
        "Units the books say you have and the shelf does not.",
    ),
    term("sku", "SKU", "", "Stock keeping unit: one item you buy, store and sell."),
    term(
        "status",
        "Status",
        "",
        "Stocked out: nothing left and demand expected. Will stock out: gone before an order placed today arrives. Order now: position at or below the reorder point. Soon: order-by date before the next review. OK. Excess: more than the excess cover. Held: not ordered by decision.",
    ),
    term(
        "stock-out-date",
        "Stock-out date",
        "first day the projected stock is gone",
        "Found by walking down the dated forecast from today's stock and open orders.",
    ),
    term(
        "supplier",
        "Supplier",
        "",
        "Who delivers. Primary is the best price, secondary faster, backup for emergencies.",
    ),
    term(
        "supplier-fill-rate",
        "Supplier fill rate",
        "units received / units ordered x 100",
        "How much of what was ordered a supplier delivered.",
    ),
    term(
        "trust",
        "Trust",
        "lines of one kind / lines decided x 100",
        "How often proposals are accepted as they are, and how often a rejected one was missed later: its item ran short.",
    ),
    term(
        "turnover",
        "Inventory turnover",
        "COGS / average inventory",
        "How many times a year the stock is sold and replaced, at cost.",
    ),
    term("unit-cost", "Unit cost", "", "Purchase price of one unit."),
    term(
        "urgency",
        "Urgency",
        "0 (nothing to do) to 100 (now)",
        "What the list is sorted by, before money.",
    ),
    term(
        "value-at-risk",
        "Margin at risk",
        "expected lost units x margin",
        "Margin expected to be lost if nothing is ordered now.",
    ),
    term(
        "velocity",
        "Velocity",
        "net units a day, days without stock left out",
        "How fast an item sells when it is there to be sold.",
    ),
    term(
        "wape",
        "WAPE",
        "sum of |forecast - actual| / sum of actual",
        "Average miss as a share of demand, at the lead-time horizon.",
    ),
    term(
        "weeks-of-supply",
        "Weeks of supply",
        "units on hand / units sold a week",
        "How many weeks today's stock lasts.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_distinct_and_sorted() {
        assert!(TERMS.windows(2).all(|t| t[0].id < t[1].id));
    }
}
