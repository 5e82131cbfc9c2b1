//! Taking back a row that turns out not to be sendable while it is being written.

use super::Writer;

/// A place in a text, to go back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    len: usize,
    comma: bool,
}

impl Writer {
    /// The present place.
    pub fn mark(&self) -> Mark {
        Mark { len: self.out.len(), comma: self.comma }
    }

    /// Forgets what was written since `mark`; objects and arrays that were opened since are not open any more. A mark of another
    /// text is nothing to go back to: at most the whole text is forgotten.
    pub fn rewind(&mut self, mark: Mark) {
        self.out.truncate(mark.len);
        self.comma = mark.comma;
    }

    /// Bytes written since `mark`.
    pub fn len_since(&self, mark: Mark) -> usize {
        self.out.len().saturating_sub(mark.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_taken_back_leaves_no_trace() {
        let mut w = Writer::default();
        w.begin_array();
        for (row, keep) in [(1, false), (2, true), (3, false), (4, true)] {
            let mark = w.mark();
            w.begin_object();
            w.name("n");
            w.int(row);
            assert_eq!(w.len_since(mark), w.len() - mark.len);
            if keep { w.end_object() } else { w.rewind(mark) }
        }
        w.end_array();
        assert_eq!(w.as_bytes(), br#"[{"n":2},{"n":4}]"#);
    }
}
