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

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "the standard library has no call for it")]
unsafe extern "C" {
    /// Of the system's C library, which the standard library is linked with.
    fn prctl(option: i32, ...) -> i32;
}

/// `PR_SET_THP_DISABLE` of Linux.
#[cfg(target_os = "linux")]
const THP_DISABLE: i32 = 41;

/// Takes memory from the system in pages of 4 kB, not of 2 MB: what is touched is what is used, a
/// tenth less, and on a machine that has been up for a while the system first moves other pages
/// about to make room for a large one, which took a quarter of the time of a task over a bucket.
/// The allocator asks for large pages before `main` begins; this overrules it.
#[cfg(target_os = "linux")]
fn take_small_pages() {
    let (on, unused) = (1_usize, 0_usize);
    #[expect(
        unsafe_code,
        reason = "a foreign function that takes five numbers here; no safe call for it in std"
    )]
    // Where the system does not know it, nothing changes.
    let _ = unsafe { prctl(THP_DISABLE, on, unused, unused, unused) };
}

fn main() -> ExitCode {
    keep_freed_memory();
    #[cfg(target_os = "linux")]
    take_small_pages();
    match execute::execute(&Cli::parse()) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let code = error.exit_code();
            warn_line(&format!("error: {error}"));
            ExitCode::from(code)
        }
    }
}
