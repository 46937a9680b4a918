//! Who feeds whom: the places of an item in the order in which they are planned.

use std::fmt;

/// Lanes of one item as a forest: each place is fed by one place at most.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Topology {
    /// Places, each after the one that feeds it. `[places]`
    top_down: Vec<usize>,
    /// The lane that feeds it. `[places]`
    inbound: Vec<Option<usize>>,
    /// The lanes it feeds others by, in their order. `[places]`
    outbound: Vec<Vec<usize>>,
    /// Where it leads. `[lanes]`
    to: Vec<usize>,
}

/// From where to where a lane leads: positions of places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    /// Source.
    pub from: usize,
    /// Destination.
    pub to: usize,
}

/// Why lanes cannot be planned on, with the positions of the places concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadLanes {
    /// The places feed each other, in this order.
    Cycle(Vec<usize>),
    /// Two lanes are each to feed it first.
    TwoSources {
        /// The place.
        place: usize,
        /// Who would feed it.
        sources: [usize; 2],
    },
    /// A lane leads from a place to itself.
    ToItself(usize),
}

impl BadLanes {
    /// The sentence for whoever wrote the lanes; `name` says what a place is called.
    ///
    /// ```
    /// use orderpoint::network::topology::{Ends, Topology};
    ///
    /// let lanes = [Ends { from: 0, to: 1 }, Ends { from: 1, to: 0 }];
    /// let bad = Topology::new(2, &lanes).unwrap_err();
    /// let name = |place: usize| ["warehouse", "shop"][place].to_owned();
    /// assert!(bad.sentence(name).starts_with("warehouse -> shop -> warehouse"));
    /// ```
    pub fn sentence<N: fmt::Display>(&self, name: impl Fn(usize) -> N) -> String {
        match self {
            Self::Cycle(places) => {
                let mut path: Vec<String> = places.iter().map(|&p| name(p).to_string()).collect();
                path.extend(places.first().map(|&p| name(p).to_string()));
                let path = path.join(" -> ");
                format!(
                    "{path}: these lanes feed each other in a circle, so nobody would ever buy; \
                     remove one of them"
                )
            }
            Self::TwoSources { place, sources: [first, second] } => {
                let (to, first, second) = (name(*place), name(*first), name(*second));
                format!(
                    "{to} has two primary lanes, from {first} and from {second}: write role = \
                     secondary or backup for one of them"
                )
            }
            Self::ToItself(place) => {
                format!("the lane from {} leads to itself: remove it", name(*place))
            }
        }
    }
}

impl Topology {
    /// The forest that `lanes` make of `places` places.
    ///
    /// # Errors
    /// If they feed each other in a circle, a place twice or a place itself.
    ///
    /// # Panics
    /// If a lane leads beyond `places`.
    pub fn new(places: usize, lanes: &[Ends]) -> Result<Self, BadLanes> {
        let mut inbound: Vec<Option<usize>> = vec![None; places];
        let mut outbound = vec![Vec::new(); places];
        for (lane, &Ends { from, to }) in lanes.iter().enumerate() {
            if from == to {
                return Err(BadLanes::ToItself(from));
            }
            if let Some(other) = inbound[to] {
                let sources = [lanes[other].from, from];
                return Err(BadLanes::TwoSources { place: to, sources });
            }
            inbound[to] = Some(lane);
            outbound[from].push(lane);
        }
        let mut top_down: Vec<usize> = (0..places).filter(|&p| inbound[p].is_none()).collect();
        let mut next = 0;
        while next < top_down.len() {
            let place = top_down[next];
            top_down.extend(outbound[place].iter().map(|&lane| lanes[lane].to));
            next += 1;
        }
        if top_down.len() < places {
            return Err(BadLanes::Cycle(cycle(lanes, &inbound, &top_down)));
        }
        let to = lanes.iter().map(|lane| lane.to).collect();
        Ok(Self { top_down, inbound, outbound, to })
    }

    /// Sources before what they feed.
    #[must_use]
    pub fn top_down(&self) -> &[usize] {
        &self.top_down
    }

    /// What is fed before its source.
    pub fn bottom_up(&self) -> impl Iterator<Item = usize> + '_ {
        self.top_down.iter().rev().copied()
    }

    /// The lane that feeds `place`.
    #[must_use]
    pub fn inbound(&self, place: usize) -> Option<usize> {
        self.inbound[place]
    }

    /// The lanes by which `place` feeds others.
    #[must_use]
    pub fn outbound(&self, place: usize) -> &[usize] {
        &self.outbound[place]
    }

    /// `place` and all that it feeds, each before what it feeds itself.
    #[must_use]
    pub fn with_all_below(&self, place: usize) -> Vec<usize> {
        let mut members = vec![place];
        let mut next = 0;
        while next < members.len() {
            let outbound = &self.outbound[members[next]];
            members.extend(outbound.iter().map(|&lane| self.to[lane]));
            next += 1;
        }
        members
    }

    /// Whether `place` feeds others.
    #[must_use]
    pub fn is_source(&self, place: usize) -> bool {
        !self.outbound[place].is_empty()
    }
}

/// Places on a circle, from source to source, starting at the first of them; there is one where
/// some were not reached from a root.
fn cycle(lanes: &[Ends], inbound: &[Option<usize>], reached: &[usize]) -> Vec<usize> {
    let mut place = (0..inbound.len()).find(|p| !reached.contains(p)).unwrap_or(0);
    let mut path: Vec<usize> = Vec::new();
    // Everybody who was not reached is fed by somebody who was not reached either.
    while !path.contains(&place) {
        path.push(place);
        place = inbound[place].map_or(place, |lane| lanes[lane].from);
    }
    let start = path.iter().position(|&p| p == place).unwrap_or(0);
    let mut circle = path.split_off(start);
    circle.reverse();
    let least = circle.iter().enumerate().min_by_key(|at| *at.1).map_or(0, |at| at.0);
    circle.rotate_left(least);
    circle
}
