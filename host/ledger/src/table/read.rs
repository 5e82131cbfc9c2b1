//! Reading ledger rows in hash order: one file, one partition with its deltas merged, a whole generation.

use std::cmp::Ordering;

use crate::{
    codec::Cursor,
    error::LedgerError,
    key,
    layout::Layout,
    row::{Form, Row},
    sealed::{BlockReader, Kind},
    space::Space,
    table::{Generation, Partition},
};

/// The rows of one file.
struct FileRows {
    from: BlockReader,
    block: Vec<u8>,
    forms: Vec<Form>,
    width: usize,
    indexes_at: usize,
    rows: usize,
    row: usize,
    at: usize,
    hash: u64,
    key: Vec<u8>,
    form: usize,
    body: std::ops::Range<usize>,
}

impl FileRows {
    fn open(space: &Space, name: &str) -> Result<Self, LedgerError> {
        Ok(Self {
            from: space.open(name, Kind::Rows)?,
            block: Vec::new(),
            forms: Vec::new(),
            width: 0,
            indexes_at: 0,
            rows: 0,
            row: 0,
            at: 0,
            hash: 0,
            key: Vec::new(),
            form: 0,
            body: 0..0,
        })
    }

    /// Moves to the next row; `false` at the end.
    fn next(&mut self, seed: u64, layouts: &[Layout]) -> Result<bool, LedgerError> {
        while self.row == self.rows {
            if !self.from.next(&mut self.block)? {
                return Ok(false);
            }
            self.head(layouts).ok_or_else(|| self.damaged())?;
        }
        self.step().ok_or_else(|| self.damaged())?;
        self.hash = key::hash(&self.key, seed);
        Ok(true)
    }

    fn damaged(&self) -> LedgerError {
        LedgerError::damaged(self.from.file(), "a block does not hold what its form says")
    }

    fn head(&mut self, layouts: &[Layout]) -> Option<()> {
        let mut cursor = Cursor::new(&self.block);
        (self.rows, self.row) = (cursor.len()?, 0);
        let forms = cursor.len()?;
        self.forms.clear();
        for _ in 0..forms {
            self.forms.push(Form::parse(cursor.bytes()?, layouts)?);
        }
        self.width = match forms {
            0 | 1 => 0,
            2..=256 => 1,
            _ => 2,
        };
        self.indexes_at = self.block.len() - cursor.rest.len();
        cursor.take(self.rows.checked_mul(self.width)?)?;
        self.at = self.block.len() - cursor.rest.len();
        Some(())
    }

    fn step(&mut self) -> Option<()> {
        let index_at = self.indexes_at + self.row * self.width;
        self.form = match self.width {
            0 => 0,
            1 => usize::from(*self.block.get(index_at)?),
            _ => usize::from(u16::from_le_bytes(self.block.get(index_at..index_at + 2)?.try_into().ok()?)),
        };
        let form = self.forms.get(self.form)?;
        let mut cursor = Cursor::new(self.block.get(self.at..)?);
        let rest = cursor.take(form.key_len - 1)?;
        self.key.clear();
        self.key.push(form.key_tag);
        self.key.extend_from_slice(rest);
        let len = match form.body_len {
            Some(len) => len,
            None => cursor.len()?,
        };
        let start = self.block.len() - cursor.rest.len();
        cursor.take(len)?;
        self.body = start..start + len;
        self.at = start + len;
        self.row += 1;
        Some(())
    }

    fn order(&self, other: &Self) -> Ordering {
        self.hash.cmp(&other.hash).then_with(|| self.key.cmp(&other.key))
    }
}

/// The rows of one partition: base and deltas merged, tombstones left out.
pub(crate) struct PartitionRows {
    files: Vec<FileRows>,
    /// Whether the file of that index stands on a row.
    on: Vec<bool>,
    current: Option<usize>,
    seed: u64,
}

impl PartitionRows {
    pub(crate) fn open(space: &Space, partition: &Partition, layouts: &[Layout]) -> Result<Self, LedgerError> {
        let mut files = partition.files().map(|f| FileRows::open(space, &f.name)).collect::<Result<Vec<_>, _>>()?;
        let on = files.iter_mut().map(|f| f.next(space.seed, layouts)).collect::<Result<_, _>>()?;
        let mut rows = Self { files, on, current: None, seed: space.seed };
        rows.choose(layouts)?;
        Ok(rows)
    }

    /// The current row; none at the end.
    pub(crate) fn row(&self) -> Option<RowRef<'_>> {
        let file = &self.files[self.current?];
        Some(RowRef {
            hash: file.hash,
            key: &file.key,
            form: &file.forms[file.form],
            body: &file.block[file.body.clone()],
            file: file.from.file(),
        })
    }

    pub(crate) fn advance(&mut self, layouts: &[Layout]) -> Result<(), LedgerError> {
        if let Some(at) = self.current {
            self.on[at] = self.files[at].next(self.seed, layouts)?;
            self.choose(layouts)?;
        }
        Ok(())
    }

    /// Finds the least row; of equal keys the newest file's, and passes over the others.
    fn choose(&mut self, layouts: &[Layout]) -> Result<(), LedgerError> {
        loop {
            if self.files.len() == 1 {
                self.current = self.on[0].then_some(0);
            } else {
                self.current = None;
                for at in 0..self.files.len() {
                    if !self.on[at] {
                        continue;
                    }
                    match self.current.map(|best| self.files[at].order(&self.files[best])) {
                        None | Some(Ordering::Less) => self.current = Some(at),
                        Some(Ordering::Equal) => {
                            let older = self.current.expect("compared with it");
                            self.on[older] = self.files[older].next(self.seed, layouts)?;
                            self.current = Some(at);
                        }
                        Some(Ordering::Greater) => {}
                    }
                }
            }
            let Some(at) = self.current else { return Ok(()) };
            let file = &self.files[at];
            if !file.forms[file.form].is_tombstone() {
                return Ok(());
            }
            self.on[at] = self.files[at].next(self.seed, layouts)?;
        }
    }
}

/// A row where it lies.
pub(crate) struct RowRef<'a> {
    pub(crate) hash: u64,
    pub(crate) key: &'a [u8],
    pub(crate) form: &'a Form,
    pub(crate) body: &'a [u8],
    file: &'a str,
}

impl RowRef<'_> {
    /// The payload hash and layout, when the row is accepted and nothing else is known of it: nearly every row.
    pub(crate) fn plain(&self) -> Option<(u32, u128)> {
        let payload = self.body.first_chunk::<16>()?;
        Some((self.form.plain?, u128::from_le_bytes(*payload)))
    }

    pub(crate) fn decode(&self, layouts: &[Layout]) -> Result<Row, LedgerError> {
        let row = self.form.decode(self.key, self.body, layouts);
        row.ok_or_else(|| LedgerError::damaged(self.file, "a row does not hold what its form says"))
    }
}

/// Every row of a generation, in hash order.
pub(crate) struct BaseRows<'g> {
    space: &'g Space,
    generation: &'g Generation,
    next: usize,
    rows: Option<PartitionRows>,
}

impl<'g> BaseRows<'g> {
    pub(crate) fn open(space: &'g Space, generation: &'g Generation) -> Result<Self, LedgerError> {
        let mut rows = Self { space, generation, next: 0, rows: None };
        rows.settle()?;
        Ok(rows)
    }

    pub(crate) fn row(&self) -> Option<RowRef<'_>> {
        self.rows.as_ref()?.row()
    }

    pub(crate) fn advance(&mut self) -> Result<(), LedgerError> {
        if let Some(rows) = &mut self.rows {
            rows.advance(&self.generation.layouts)?;
        }
        self.settle()
    }

    /// Opens partitions until one has a row.
    fn settle(&mut self) -> Result<(), LedgerError> {
        while self.row().is_none() {
            let Some(partition) = self.generation.partitions.get(self.next) else { return Ok(()) };
            self.next += 1;
            self.rows = Some(PartitionRows::open(self.space, partition, &self.generation.layouts)?);
        }
        Ok(())
    }
}
