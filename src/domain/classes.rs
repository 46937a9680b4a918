//! The closed sets of words that results are told in: each word is written once, here, as the
//! tables spell it.
//!
//! A new word is a new variant; every `match` over the set then fails to compile until it says what
//! the word means there.

/// Declares an enum whose variants have one spelling each: `name()` writes it, `from_name()` reads
/// it back. Where each word is given a meaning, `meaning()` tells it to readers of a page.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal: $meaning:literal,)+ }) => {
        words! { $(#[$doc])* $name { $(#[doc = $meaning] $variant = $text,)+ } }

        impl $name {
            /// What it means, as part of a sentence.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$variant => $meaning,)+
                }
            }
        }
    };
    ($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize,
        )]
        pub enum $name {
            $($(#[$about])* #[doc = concat!("`", $text, "`")] $variant,)+
        }

        impl $name {
            /// Every one, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];
            /// The spelling of every one, in order.
            pub const NAMES: &'static [&'static str] = &[$($text,)+];

            /// As the tables spell it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            /// The one that the tables spell so.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|word| word.name() == name)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }
    };
}
pub(crate) use words;

words! {
    /// How often and how unevenly an item sells (Syntetos, Boylan & Croston 2005).
    DemandPattern {
        /// Sells often, in even amounts.
        Smooth = "smooth",
        /// Sells now and then, in even amounts.
        Intermittent = "intermittent",
        /// Sells often, in uneven amounts.
        Erratic = "erratic",
        /// Sells now and then, in uneven amounts.
        Lumpy = "lumpy",
        /// Never sold.
        None = "none",
    }
}

words! {
    /// How fast an item sells.
    VelocityClass {
        Fast = "fast",
        Medium = "medium",
        Slow = "slow",
        /// Nothing sells.
        None = "none",
    }
}

words! {
    /// Where an item is in its life, as its master data and its sales say together.
    Lifecycle {
        /// On sale for less than the configured days.
        New = "new",
        /// Not on sale yet.
        Launch = "launch",
        Active = "active",
        PhaseOut = "phase-out",
        Obsolete = "obsolete",
        /// No sale for long.
        Inactive = "inactive",
        /// Another item has taken its place.
        Superseded = "superseded",
    }
}

words! {
    /// Whether an item earns its place in the range.
    Rationalisation {
        Winner = "winner",
        Steady = "steady",
        Watch = "watch",
        Deadstock = "deadstock",
    }
}

words! {
    /// Class by cumulative value, the most valuable first.
    AbcClass {
        A = "A",
        B = "B",
        C = "C",
    }
}

words! {
    /// Class by variability of demand, the steadiest first.
    XyzClass {
        X = "X",
        Y = "Y",
        Z = "Z",
    }
}

/// `AX`, `B`, `-`: the classes a pool has, together.
#[must_use]
pub fn cell_name(abc: Option<AbcClass>, xyz: Option<XyzClass>) -> String {
    match (abc, xyz) {
        (Some(abc), Some(xyz)) => format!("{abc}{xyz}"),
        (Some(abc), None) => abc.to_string(),
        (None, Some(xyz)) => xyz.to_string(),
        (None, None) => "-".to_owned(),
    }
}

words! {
    /// How a pool's safety stock was sized.
    PolicyMethod {
        MaxAverage = "max-average",
        Normal = "normal",
        Quantile = "quantile",
        Cost = "cost",
        Cover = "cover",
        FillRate = "fill-rate",
        JustInTime = "just-in-time",
        /// The pool could not be planned.
        None = "none",
    }
}

words! {
    /// A list of things to do besides ordering.
    Worklist {
        /// Deadstock and what has not sold for 90 days.
        Cull = "cull",
        /// Stock that has lain for half a year.
        Ageing = "ageing",
        /// What will be left when demand ends.
        Markdown = "markdown",
        /// A count that differs from the books.
        StockCorrection = "stock-correction",
        /// Two items that look like one.
        SameItem = "same-item",
        /// What is to be paid, and when.
        Payment = "payment",
        /// Set by hand long ago.
        OldOverride = "old-override",
        /// Promoted while it is sold out.
        PromotedShort = "promoted-short",
    }
}

words! {
    /// What is wrong with how a pool is shown and shared.
    FindingKind {
        /// Listed beyond the stock behind it.
        Exposure = "exposure",
        /// One channel runs dry while another holds plenty.
        Imbalance = "imbalance",
        /// Held for a channel that will not sell it in good time.
        Stranded = "stranded",
        /// One channel costs the others more than it sells.
        TooManyChannels = "too-many-channels",
    }
}
