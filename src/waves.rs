//! Work in parallel, results in order, a few at a time: while one wave is made, the one before is taken.

use rayon::prelude::*;

/// Items of a wave for every thread.
const PER_THREAD: usize = 2;

/// Calls `make` for each of `items` on all threads, and `take` with the results in the order of the items, one by one. No more
/// than two waves of results are kept at a time.
///
/// # Errors
/// The first that `take` answers; nothing is taken after it.
pub fn in_order<T: Sync, R: Send, E: Send>(
    items: &[T],
    make: impl Fn(&T) -> R + Sync,
    mut take: impl FnMut(R) -> Result<(), E> + Send,
) -> Result<(), E> {
    let mut ready = Vec::new();
    for wave in items.chunks(PER_THREAD * rayon::current_num_threads()) {
        let before = std::mem::take(&mut ready);
        let make_wave = || wave.par_iter().map(&make).collect();
        let taken;
        (taken, ready) = rayon::join(|| before.into_iter().try_for_each(&mut take), make_wave);
        taken?;
    }
    ready.into_iter().try_for_each(take)
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
