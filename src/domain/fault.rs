//! Keeps a fault of our own to the work it strikes: a panic becomes a [`Fault`] that says what
//! broke and where, and the caller falls back or gives up in order.
//!
//! Nothing is printed for a caught panic; it belongs in the results, where the planner and the
//! developer find it. Panics outside [`guarded`] are reported as ever.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    /// How many [`guarded`] calls this thread is inside of.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    /// The last panic on this thread inside of one.
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// A caught panic: `index out of bounds: the len is 3 but the index is 7
/// (src/forecast/pool.rs:12)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault(String);

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Runs `work`, and turns a panic in it into a [`Fault`]. What `work` was changing when it broke
/// must be thrown away or reset.
///
/// # Errors
/// What the panic said, and where.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, Fault> {
    static HOOK: Once = Once::new();
    HOOK.call_once(remember_panics);
    DEPTH.set(DEPTH.get() + 1);
    let done = catch_unwind(AssertUnwindSafe(work));
    DEPTH.set(DEPTH.get() - 1);
    // The hook ran on the thread that broke, where the place is known; here only the payload is
    // left.
    done.map_err(|payload| {
        // A panic handed over from another thread was told there: only its words come along.
        Fault(LAST.take().unwrap_or_else(|| words(payload.as_ref())))
    })
}

fn remember_panics() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        // Polars hands the panics of its own threads over to the thread that waits for them.
        let handed_over =
            std::thread::current().name().is_some_and(|name| name.starts_with("polars"));
        if DEPTH.get() == 0 && !handed_over {
            return report(panic);
        }
        let place = panic
            .location()
            .map(|at| format!(" ({}:{})", at.file(), at.line()))
            .unwrap_or_default();
        LAST.set(Some(format!("{}{place}", words(panic.payload()))));
    }));
}

fn words(payload: &dyn std::any::Any) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .map(|s| (*s).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "a panic without words".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_fault_with_its_words_and_place() {
        let none: [u8; 0] = [];
        let at = std::hint::black_box(3);
        let fault = guarded(|| none[at]).unwrap_err().to_string();
        assert!(
            fault.starts_with("index out of bounds: the len is 0 but the index is 3"),
            "{fault}"
        );
        assert!(fault.contains("fault.rs:"), "{fault}");
        let fault = guarded(|| panic!("{} pools", 3)).map(|()| 0).unwrap_err();
        assert!(fault.to_string().starts_with("3 pools ("), "{fault}");
        assert_eq!(guarded(|| 7), Ok(7));
    }

    #[test]
    fn an_inner_guard_leaves_the_outer_one_in_charge() {
        let outer = guarded(|| {
            assert!(guarded(|| panic!("inner")).map(|()| 0).is_err());
            panic!("outer");
        });
        assert!(outer.map(|()| 0).unwrap_err().to_string().starts_with("outer ("));
    }

    #[test]
    fn a_panic_of_another_thread_keeps_its_words() {
        let fault = guarded(|| {
            std::thread::spawn(|| panic!("elsewhere"))
                .join()
                .unwrap_or_else(|p| std::panic::resume_unwind(p))
        });
        assert_eq!(fault.map(|()| 0).unwrap_err().to_string(), "elsewhere");
    }
}
