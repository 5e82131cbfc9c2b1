//! The small part of the Google Ads query language that the notes need: `SELECT fields FROM resource [WHERE field = 'text' [AND …]]
//! [LIMIT n]`.

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Query {
    pub(super) fields: Vec<String>,
    pub(super) from: String,
    pub(super) conditions: Vec<(String, String)>,
    pub(super) limit: Option<usize>,
}

impl Query {
    /// Reads one; none when it is none.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut rest = Rest(text.trim());
        rest.keyword("SELECT")?;
        let mut fields = vec![rest.word()?];
        while rest.eat(',') {
            fields.push(rest.word()?);
        }
        rest.keyword("FROM")?;
        let from = rest.word()?;
        let mut conditions = Vec::new();
        if rest.keyword("WHERE").is_some() {
            conditions.push(rest.condition()?);
            while rest.keyword("AND").is_some() {
                conditions.push(rest.condition()?);
            }
        }
        let limit = match rest.keyword("LIMIT") {
            Some(()) => Some(rest.word()?.parse().ok()?),
            None => None,
        };
        rest.0.is_empty().then_some(Self { fields, from, conditions, limit })
    }
}

struct Rest<'a>(&'a str);

impl Rest<'_> {
    fn word(&mut self) -> Option<String> {
        let end = self.0.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))).unwrap_or(self.0.len());
        let (word, rest) = self.0.split_at(end);
        self.0 = rest.trim_start();
        (!word.is_empty()).then(|| word.to_owned())
    }

    fn keyword(&mut self, keyword: &str) -> Option<()> {
        let before = self.0;
        match self.word() {
            Some(word) if word.eq_ignore_ascii_case(keyword) => Some(()),
            _ => {
                self.0 = before;
                None
            }
        }
    }

    fn eat(&mut self, one: char) -> bool {
        let rest = self.0.strip_prefix(one);
        if let Some(rest) = rest {
            self.0 = rest.trim_start();
        }
        rest.is_some()
    }

    fn condition(&mut self) -> Option<(String, String)> {
        let field = self.word()?;
        if !self.eat('=') {
            return None;
        }
        let quote = self.0.chars().next().filter(|c| matches!(c, '"' | '\''));
        let value = match quote {
            None => self.word()?,
            Some(quote) => {
                let (value, rest) = self.0[1..].split_once(quote)?;
                self.0 = rest.trim_start();
                value.to_owned()
            }
        };
        Some((field, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_selects_fields_of_a_resource() {
        let read = Query::read(
            "SELECT offline_user_data_job.status, offline_user_data_job.failure_reason FROM offline_user_data_job \
             WHERE offline_user_data_job.resource_name = 'customers/1/offlineUserDataJobs/2' AND customer.id = 1 LIMIT 10",
        )
        .unwrap();
        assert_eq!(read.fields, ["offline_user_data_job.status", "offline_user_data_job.failure_reason"]);
        assert_eq!((read.from.as_str(), read.limit), ("offline_user_data_job", Some(10)));
        assert_eq!(read.conditions[0].1, "customers/1/offlineUserDataJobs/2");
        assert_eq!(read.conditions[1], ("customer.id".to_owned(), "1".to_owned()));
        for wrong in [
            "",
            "SELECT FROM customer",
            "SELECT customer.id",
            "SELECT customer.id, FROM customer",
            "SELECT customer.id FROM customer WHERE",
            "SELECT customer.id FROM customer WHERE customer.id > 1",
            "SELECT customer.id FROM customer WHERE customer.id = 'é",
            "SELECT customer.id FROM customer LIMIT x",
            "SELECT customer.id FROM customer; DROP",
        ] {
            assert_eq!(Query::read(wrong), None, "{wrong}");
        }
    }
}
