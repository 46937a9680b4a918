//! Which links of a table lead back to where they start, in time proportional to their number.

/// Whether each link `(from, to)` lies on a circle: both ends reach each other (S. R. Kosaraju's
/// two searches).
pub(crate) fn circular(links: &[(usize, usize)]) -> Vec<bool> {
    let nodes = links.iter().map(|&(from, to)| from.max(to) + 1).max().unwrap_or(0);
    let order = Graph::new(nodes, links.iter().copied()).finished(0..nodes, |_, _| ());
    let mut circle = vec![usize::MAX; nodes];
    let back = Graph::new(nodes, links.iter().map(|&(from, to)| (to, from)));
    // Against the links, latest finished first, a search reaches its own circle and nothing else.
    back.finished(order.into_iter().rev(), |node, root| circle[node] = root);
    links.iter().map(|&(from, to)| circle[from] == circle[to]).collect()
}

/// Links sorted by their start.
struct Graph {
    first: Vec<usize>,
    to: Vec<usize>,
}

impl Graph {
    fn new(nodes: usize, links: impl Iterator<Item = (usize, usize)>) -> Self {
        let mut links: Vec<_> = links.collect();
        links.sort_unstable();
        let first = (0..=nodes).map(|node| links.partition_point(|link| link.0 < node)).collect();
        Self { first, to: links.into_iter().map(|link| link.1).collect() }
    }

    /// Nodes in the order in which a depth-first search from each of `roots` is done with them;
    /// `visit` is told each with its root.
    fn finished(
        &self,
        roots: impl Iterator<Item = usize>,
        mut visit: impl FnMut(usize, usize),
    ) -> Vec<usize> {
        let mut seen = vec![false; self.first.len() - 1];
        let mut done = Vec::with_capacity(seen.len());
        for root in roots {
            let mut path = Vec::new();
            if !std::mem::replace(&mut seen[root], true) {
                visit(root, root);
                path.push((root, self.first[root]));
            }
            while let Some((node, next)) = path.last_mut() {
                let (node, at) = (*node, *next);
                *next += 1;
                if at == self.first[node + 1] {
                    done.push(node);
                    path.pop();
                } else if !std::mem::replace(&mut seen[self.to[at]], true) {
                    visit(self.to[at], root);
                    path.push((self.to[at], self.first[self.to[at]]));
                }
            }
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_links_inside_a_circle_are_circular() {
        assert!(circular(&[]).is_empty());
        assert_eq!(
            circular(&[(0, 1), (1, 2), (2, 0), (2, 3), (3, 4), (4, 5), (5, 4)]),
            [true, true, true, false, false, true, true]
        );
        assert_eq!(circular(&[(3, 3), (3, 1), (1, 2)]), [true, false, false]);
        assert_eq!(circular(&[(0, 1), (0, 1), (1, 0)]), [true; 3]);
    }

    #[test]
    fn a_long_chain_takes_no_longer_than_it_is() {
        let mut chain: Vec<(usize, usize)> = (0..200_000).map(|i| (i, i + 1)).collect();
        assert!(!circular(&chain).contains(&true));
        chain.push((200_000, 0));
        assert!(!circular(&chain).contains(&false));
    }
}
