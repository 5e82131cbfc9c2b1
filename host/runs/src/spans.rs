//! What is known of each row of a phase, kept as intervals: a million accepted rows are one entry, so memory follows the number of
//! exceptions and not the number of rows.

use std::collections::BTreeMap;

/// Values over rows; rows without one are open. Setting a row again replaces its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spans<V> {
    /// Start -> (end, value); disjoint, in order, neighbours with equal values merged.
    spans: BTreeMap<u64, (u64, V)>,
}

impl<V> Default for Spans<V> {
    fn default() -> Self {
        Self { spans: BTreeMap::new() }
    }
}

impl<V: Clone + PartialEq> Spans<V> {
    /// Takes the values of the rows `start..start + len` away.
    pub fn clear(&mut self, start: u64, len: u64) {
        if len == 0 {
            return;
        }
        let end = start + len;
        // At most one span reaches in from the left; the others start inside.
        if let Some((&s, (e, v))) = self.spans.range(..start).next_back() {
            let (e, v) = (*e, v.clone());
            if e > start {
                self.spans.insert(s, (start, v.clone()));
                if e > end {
                    self.spans.insert(end, (e, v));
                }
            }
        }
        while let Some((&s, _)) = self.spans.range(start..end).next() {
            if let Some((e, v)) = self.spans.remove(&s)
                && e > end
            {
                self.spans.insert(end, (e, v));
            }
        }
    }

    /// Gives the rows `start..start + len` a value.
    pub fn set(&mut self, start: u64, len: u64, value: &V) {
        if len == 0 {
            return;
        }
        self.clear(start, len);
        let (mut start, mut end) = (start, start + len);
        if let Some((&s, (e, v))) = self.spans.range(..start).next_back()
            && *e == start
            && v == value
        {
            start = s;
        }
        if let Some((e, v)) = self.spans.get(&end)
            && v == value
        {
            let e = *e;
            self.spans.remove(&end);
            end = e;
        }
        self.spans.insert(start, (end, value.clone()));
    }

    /// The value of one row.
    pub fn get(&self, row: u64) -> Option<&V> {
        self.spans.range(..=row).next_back().filter(|(_, (end, _))| row < *end).map(|(_, (_, value))| value)
    }

    /// Stretches of rows with one value, in order: (start, length, value).
    pub fn iter(&self) -> impl Iterator<Item = (u64, u64, &V)> {
        self.spans.iter().map(|(start, (end, value))| (*start, end - start, value))
    }

    /// Stretches within `start..start + len` that have this very value: (start, length), in order. No stretch is longer than `len`.
    pub fn with_value(&self, start: u64, len: u32, value: &V) -> Vec<(u64, u32)> {
        let end = start + u64::from(len);
        let first = self.spans.range(..=start).next_back().map_or(start, |(first, _)| *first);
        let spans = self.spans.range(first..end).filter(|(_, (until, v))| v == value && *until > start);
        spans.map(|(s, (e, _))| ((*s).max(start), ((*e).min(end) - (*s).max(start)) as u32)).collect()
    }

    /// Whether no row has a value.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Stretches of `0..rows` that have no value: (start, length).
    pub fn open(&self, rows: u64) -> Vec<(u64, u64)> {
        let mut out = Vec::new();
        let mut at = 0;
        for (start, (end, _)) in &self.spans {
            if *start > at {
                out.push((at, start - at));
            }
            at = *end;
        }
        if at < rows {
            out.push((at, rows - at));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn intervals_answer_like_one_value_per_row(sets in proptest::collection::vec((0u64..60, 0u64..20, 0u8..5), 0..40)) {
            let mut naive: Vec<Option<u8>> = vec![None; 80];
            let mut spans = Spans::default();
            for (start, len, v) in sets {
                // 4 stands for taking away.
                if v == 4 { spans.clear(start, len) } else { spans.set(start, len, &v) }
                for row in start..start + len {
                    naive[row as usize] = (v != 4).then_some(v);
                }
            }
            for row in 0..80u64 {
                prop_assert_eq!(spans.get(row), naive[row as usize].as_ref());
            }
            let open: u64 = spans.open(80).iter().map(|(_, len)| len).sum();
            prop_assert_eq!(open as usize, naive.iter().filter(|v| v.is_none()).count());
            for (start, len) in [(0u64, 80u32), (7, 1), (13, 29)] {
                let of_one: Vec<u64> = spans.with_value(start, len, &1).iter().flat_map(|(s, l)| *s..s + u64::from(*l)).collect();
                let naive = (start..start + u64::from(len)).filter(|row| naive[*row as usize] == Some(1));
                prop_assert_eq!(of_one, naive.collect::<Vec<_>>());
            }
            let pairs: Vec<_> = spans.iter().map(|(s, l, v)| (s, l, *v)).collect();
            for w in pairs.windows(2) {
                prop_assert!(w[0].0 + w[0].1 < w[1].0 || w[0].2 != w[1].2, "equal neighbours are merged");
            }
        }
    }

    #[test]
    fn a_million_equal_rows_are_one_interval() {
        let mut spans = Spans::default();
        for batch in 0..10_000 {
            spans.set(batch * 100, 100, &'a');
        }
        assert_eq!(spans.iter().collect::<Vec<_>>(), [(0, 1_000_000, &'a')]);
    }
}
