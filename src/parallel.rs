//! Work in parallel, results in order.

use rayon::Scope;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Results that may wait to be taken, for every thread.
const PER_THREAD: usize = 4;

/// `make` of each number below `count`, on all threads.
pub fn map<R: Send>(count: usize, make: impl Fn(usize) -> R + Sync) -> Vec<R> {
    (0..count).into_par_iter().map(&make).collect()
}

/// Calls `make` for each of `items` on all threads, and `take` with the results in the order of the
/// items, one by one, while later ones are made. No more than a few results a thread are kept at a
/// time.
///
/// # Errors
/// The first that `take` answers; nothing is taken after it.
pub fn in_order<T: Sync, R: Send, E: Send>(
    items: &[T],
    make: impl Fn(&T) -> R + Sync,
    take: impl FnMut(R) -> Result<(), E> + Send,
) -> Result<(), E> {
    let threads = rayon::current_num_threads();
    let state = State {
        workers: threads,
        claimed: 0,
        taken: 0,
        taking: false,
        ready: BTreeMap::new(),
        answer: Ok(()),
    };
    let line = Line { items, make, take: Mutex::new(take), threads, state: Mutex::new(state) };
    rayon::scope(|scope| (0..threads).for_each(|_| scope.spawn(|scope| line.work(scope))));
    line.state.into_inner().unwrap_or_else(PoisonError::into_inner).answer
}

/// Items on their way from `make` to `take`.
struct Line<'a, T, M, K, R, E> {
    items: &'a [T],
    make: M,
    take: Mutex<K>,
    threads: usize,
    state: Mutex<State<R, E>>,
}

struct State<R, E> {
    /// Threads that make results.
    workers: usize,
    /// Items that are made or being made.
    claimed: usize,
    /// Results that are taken or being taken.
    taken: usize,
    /// Whether some thread is taking.
    taking: bool,
    ready: BTreeMap<usize, R>,
    answer: Result<(), E>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T: Sync, M: Fn(&T) -> R + Sync, K: FnMut(R) -> Result<(), E> + Send, R: Send, E: Send>
    Line<'_, T, M, K, R, E>
{
    /// Makes results as long as there is room for them. Nothing waits here: a thread without room
    /// ends, and whoever makes room starts another.
    fn work<'s>(&'s self, scope: &Scope<'s>) {
        loop {
            let mut state = lock(&self.state);
            if !self.has_room(&state) {
                state.workers -= 1;
                return;
            }
            let item = state.claimed;
            state.claimed += 1;
            drop(state);
            let made = (self.make)(&self.items[item]);
            let mut state = lock(&self.state);
            state.ready.insert(item, made);
            if !state.taking {
                state.taking = true;
                self.take_ready(state, scope);
            }
        }
    }

    fn has_room(&self, state: &State<R, E>) -> bool {
        let last = self.items.len().min(state.taken + PER_THREAD * self.threads);
        state.claimed < last && state.answer.is_ok()
    }

    /// Takes what is next in line as long as it is ready.
    fn take_ready<'s>(&'s self, mut state: MutexGuard<'s, State<R, E>>, scope: &Scope<'s>) {
        while state.answer.is_ok() {
            let next = state.taken;
            let Some(made) = state.ready.remove(&next) else { break };
            state.taken += 1;
            drop(state);
            let answer = (lock(&self.take))(made);
            state = lock(&self.state);
            state.answer = answer;
            if state.workers < self.threads && self.has_room(&state) {
                state.workers += 1;
                scope.spawn(|scope| self.work(scope));
            }
        }
        state.taking = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn results_come_in_order_and_stop_at_the_first_error() {
        let items: Vec<usize> = (0..1_000).collect();
        let mut taken = Vec::new();
        let take = |double| {
            taken.push(double);
            if double < 1_500 { Ok(()) } else { Err(double) }
        };
        let done = in_order(&items, |i| 2 * i, take);
        assert_eq!(done, Err(1_500));
        assert_eq!(taken, (0..=750).map(|i| 2 * i).collect::<Vec<_>>());
        assert_eq!(in_order(&[0; 0], |_| (), |()| Err("nothing to take")), Ok(()));
    }

    #[test]
    fn a_panic_ends_the_call_on_one_thread_or_three() {
        let items: Vec<usize> = (0..200).collect();
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let call = |broken: usize, takes: bool| {
                let make = |&i: &usize| assert!(takes || i != broken);
                let mut taken = 0;
                let take = |()| {
                    taken += 1;
                    assert!(!takes || taken != broken);
                    Ok::<(), ()>(())
                };
                crate::domain::fault::guarded(|| pool.install(|| in_order(&items, make, take)))
            };
            assert!(call(7, false).is_err() && call(7, true).is_err() && call(1_000, true).is_ok());
        }
    }

    #[test]
    fn a_slow_first_item_keeps_the_others_from_running_ahead() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        let items: Vec<usize> = (0..200).collect();
        let (made, taken) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let make = |&i: &usize| {
            if i == 0 {
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
            let waiting = made.fetch_add(1, Ordering::SeqCst) + 1 - taken.load(Ordering::SeqCst);
            assert!(waiting <= 3 * PER_THREAD + 3, "{waiting} results wait");
            i
        };
        let take = |i| {
            assert_eq!(taken.fetch_add(1, Ordering::SeqCst), i);
            Ok::<(), ()>(())
        };
        pool.install(|| in_order(&items, make, take)).unwrap();
        assert_eq!(taken.into_inner(), 200);
    }
}
