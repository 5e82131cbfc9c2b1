//! Pages of members for remote segments: identifiers as text, from an answer in memory or from the lines of a spooled file.

use crate::call::Call;
use crate::code;
use crate::columns::ColumnBuilder;
use crate::connector::MembersPage;
use crate::contract::{Batch, Field, Halt, PhysicalType, Reason};
use crate::limits::{MEMBER_BYTES_MAX, MEMBERS_PAGE_ROWS};
use crate::response::Response;
use crate::rows::Value;
use crate::spool::Lines;

mod known;

/// A page under construction: a column for each identifier, of which every member has one.
#[derive(Debug)]
pub struct Members<'a> {
    columns: Vec<(&'a str, ColumnBuilder)>,
}

impl<'a> Members<'a> {
    /// No members yet; the identifiers by their names in the manifest.
    pub fn by(identifiers: &[&'a str]) -> Self {
        Self { columns: identifiers.iter().map(|name| (*name, ColumnBuilder::new(PhysicalType::Utf8))).collect() }
    }

    /// A member who goes by this value of the identifier at `identifier`.
    pub fn push(&mut self, identifier: usize, value: &str) {
        for (at, (_, column)) in self.columns.iter_mut().enumerate() {
            column.push((at == identifier).then_some(Value::Text(value)));
        }
    }

    /// Members so far.
    pub fn len(&self) -> usize {
        self.columns.first().map_or(0, |(_, column)| column.len())
    }

    /// No members yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The page; `next` is the cursor of the one that follows.
    pub fn page(self, next: Option<Vec<u8>>) -> MembersPage {
        let rows = self.len() as u32;
        let field = |name: &str| Field::new(name, PhysicalType::Utf8).with("role", "identifier").with("identifier", name);
        let schema = self.columns.iter().map(|(name, _)| field(name)).collect();
        let columns = self.columns.into_iter().map(|(_, column)| column.finish()).collect();
        MembersPage { schema, members: Batch { rows, columns }, next }
    }
}

/// A spooled text with a member on each line, and a place in it: what a cursor remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberLines {
    id: u64,
    offset: u64,
}

impl MemberLines {
    /// The text of an answer, from its start. A web page, a cut text or no spool at all are not members (`dest-protocol`).
    pub fn of(answer: &Response) -> Result<Self, Halt> {
        let wrong = |what: &str| Err(Halt::Unavailable(Reason::new(code::DEST_PROTOCOL, what)));
        match answer.spool() {
            _ if answer.looks_like_a_page() => wrong("a web page came in the place of the members"),
            _ if answer.truncated() => wrong("the list of members is longer than the connector allows"),
            Some(id) => Ok(Self { id, offset: 0 }),
            None => wrong("the host did not spool the members"),
        }
    }

    /// Where the page before ended.
    pub fn at(cursor: &[u8]) -> Result<Self, Halt> {
        let read = || {
            let (id, offset) = std::str::from_utf8(cursor).ok()?.split_once(' ')?;
            Some(Self { id: id.parse().ok()?, offset: offset.parse().ok()? })
        };
        read().ok_or_else(|| Halt::contract("the cursor is not one of this connector"))
    }

    /// The spool, and the first byte to read: for lines that are more than an identifier.
    pub fn place(self) -> (u64, u64) {
        (self.id, self.offset)
    }

    /// The cursor of a place in a spool, for [`MemberLines::at`].
    pub fn cursor(id: u64, offset: u64) -> Vec<u8> {
        format!("{id} {offset}").into_bytes()
    }

    /// The next page, of at most [`MEMBERS_PAGE_ROWS`] members. `which` says of a line, without blanks around it, which of the
    /// identifiers it is. Empty lines are nobody; a line that is not UTF-8 or too long is not of the platform's making.
    pub fn page(self, call: &Call<'_>, identifiers: &[&str], which: impl Fn(&str) -> usize) -> Result<MembersPage, Halt> {
        self.page_of(call, identifiers, MEMBER_BYTES_MAX, |members, line| {
            members.push(which(line), line);
            Ok(())
        })
    }

    /// The same where a line, of so many bytes at most, is more than an identifier: `push` adds its member.
    pub fn page_of(
        self,
        call: &Call<'_>,
        identifiers: &[&str],
        line_bytes_max: usize,
        push: impl Fn(&mut Members<'_>, &str) -> Result<(), Halt>,
    ) -> Result<MembersPage, Halt> {
        let mut lines = Lines::new(call, self.id, self.offset, line_bytes_max);
        let mut members = Members::by(identifiers);
        while let Some(line) = lines.next_line()? {
            let text = std::str::from_utf8(&line).map_err(|_| Halt::protocol("a line of the members is not text"))?.trim();
            if text.is_empty() {
                continue;
            }
            push(&mut members, text)?;
            if members.len() == MEMBERS_PAGE_ROWS {
                return Ok(members.page(Some(Self::cursor(self.id, lines.offset()))));
            }
        }
        Ok(members.page(None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::Rows;
    use crate::testing::{Script, answer};

    fn spooled(text: &str) -> (Script, Result<MemberLines, Halt>) {
        let script = Script::new().answers(answer(200, text).with_header("content-type", "text/plain"));
        let answer =
            script.call(|call| call.get("https://acme.example/members").answer_to_spool(1 << 20).send()).expect("scripted");
        (script, MemberLines::of(&answer))
    }

    /// The identifiers of a page, as `column value`.
    fn texts(page: &MembersPage) -> Vec<String> {
        let rows = Rows::new(&page.schema, &page.members).expect("a page is sound");
        let of = |row| rows.columns().iter().filter_map(move |c| Some(format!("{} {}", c.identifier()?, c.text(row)?)));
        (0..rows.len()).flat_map(of).collect()
    }

    #[test]
    fn every_line_is_a_member_by_one_of_the_identifiers() {
        let (script, lines) = spooled("C-1\r\n a@x.example \n\nC-2");
        let which = |line: &str| usize::from(line.contains('@'));
        let page = script.call(|call| lines.expect("a spool").page(call, &["userId", "email"], which)).expect("a page");
        assert_eq!(texts(&page), ["userId C-1", "email a@x.example", "userId C-2"]);
        assert_eq!(page.next, None);
        let (script, nobody) = spooled("");
        let page = script.call(|call| nobody.expect("a spool").page(call, &["email"], |_| 0)).expect("a page");
        assert_eq!((page.members.rows, page.schema.len(), page.next), (0, 1, None));
    }

    #[test]
    fn a_full_page_leads_to_the_next_one_and_nobody_is_lost_between_them() {
        let all: Vec<String> = (0..=MEMBERS_PAGE_ROWS).map(|n| format!("C-{n}")).collect();
        let (script, lines) = spooled(&all.join("\n"));
        let page = |lines: MemberLines| script.call(|call| lines.page(call, &["id"], |_| 0)).expect("a page");
        let first = page(lines.expect("a spool"));
        let second = page(MemberLines::at(first.next.as_deref().expect("there is more")).expect("our own cursor"));
        assert_eq!((first.members.rows as usize, second.members.rows, &second.next), (MEMBERS_PAGE_ROWS, 1, &None));
        assert_eq!(texts(&second), [format!("id C-{MEMBERS_PAGE_ROWS}")]);
        for cursor in [&b""[..], b"7", b"a 1", b"1 -1", b"\xff 1"] {
            assert!(matches!(MemberLines::at(cursor), Err(Halt::Contract(_))), "{cursor:?}");
        }
    }

    #[test]
    fn what_is_no_list_of_members_is_not_read_as_one() {
        let page = answer(200, "<html>log in</html>").with_header("Content-Type", "text/html").response();
        for answer in [page, answer(200, "C-1").response()] {
            let told = MemberLines::of(&answer);
            assert!(matches!(&told, Err(Halt::Unavailable(r)) if r.code == code::DEST_PROTOCOL), "{told:?}");
        }
        let script = Script::new();
        let id = script.spool(b"C-1\n\xff\n");
        let told = script.call(|call| MemberLines { id, offset: 0 }.page(call, &["id"], |_| 0));
        assert!(matches!(&told, Err(Halt::Unavailable(r)) if r.code == code::DEST_PROTOCOL), "{told:?}");
    }
}
