//! The `orderpoint` command: parse, call the library, say what went wrong, set the exit code.

use clap::Parser;
use orderpoint::cli::{Cli, execute, print::warn_line};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay`, which the bindings do not name.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

/// Keeps freed memory until the end instead of giving it back to the system after 10 ms: partitions
/// free and allocate the same buffers over and over, and a tenth of a run's time went into clearing
/// pages that had just been given back.
fn keep_freed_memory() {
    #[expect(
        unsafe_code,
        reason = "a foreign function without preconditions; the allocator has no safe call for it"
    )]
    unsafe {
        libmimalloc_sys::mi_option_set_default(PURGE_DELAY, -1);
    }
}

fn main() -> ExitCode {
    keep_freed_memory();
    match execute::execute(&Cli::parse()) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let code = error.exit_code();
            warn_line(&format!("error: {error}"));
            ExitCode::from(code)
        }
    }
}
