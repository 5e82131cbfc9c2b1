//! Filters of user lists (*Data Manager protos*, `ListUserListsRequest.filter`, in the manner of google.aip.dev/160): conditions with
//! `AND` between them, each a field, an operator and a value, or `IN(field, value, …)`. Fields are all of camel case or all of snake
//! case. `OR` and `NOT` are not among the operations and refused.

use super::super::user_list::UserList;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Id,
    DisplayName,
    Description,
    MembershipStatus,
    IntegrationCode,
    AccessReason,
    UploadKeyTypes,
}

impl Field {
    /// The field of a name, and whether the name is of camel case; neither when it is the same in both.
    fn read(name: &str) -> Option<(Self, Option<bool>)> {
        Some(match name {
            "id" => (Self::Id, None),
            "description" => (Self::Description, None),
            "display_name" => (Self::DisplayName, Some(false)),
            "displayName" => (Self::DisplayName, Some(true)),
            "membership_status" => (Self::MembershipStatus, Some(false)),
            "membershipStatus" => (Self::MembershipStatus, Some(true)),
            "integration_code" => (Self::IntegrationCode, Some(false)),
            "integrationCode" => (Self::IntegrationCode, Some(true)),
            "access_reason" => (Self::AccessReason, Some(false)),
            "accessReason" => (Self::AccessReason, Some(true)),
            "ingested_user_list_info.upload_key_types" => (Self::UploadKeyTypes, Some(false)),
            "ingestedUserListInfo.uploadKeyTypes" => (Self::UploadKeyTypes, Some(true)),
            _ => return None,
        })
    }

    fn of(self, list: &UserList) -> &str {
        match self {
            Self::Id => &list.id,
            Self::DisplayName => &list.display_name,
            Self::Description => list.description.as_deref().unwrap_or_default(),
            Self::MembershipStatus => &list.membership_status,
            Self::IntegrationCode => list.integration_code.as_deref().unwrap_or_default(),
            Self::AccessReason => "OWNED",
            Self::UploadKeyTypes => list.key_type.as_str(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Is,
    IsNot,
    More,
    MoreOrSame,
    Less,
    LessOrSame,
    Has,
}

/// A filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filter(Vec<(Field, Op, Vec<String>)>);

impl Filter {
    /// Reads one; none when it is none.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut rest = Rest { text: text.trim_start(), camel: None };
        let mut conditions = vec![rest.condition()?];
        while !rest.text.is_empty() {
            if rest.word()? != "AND" {
                return None;
            }
            conditions.push(rest.condition()?);
        }
        Some(Self(conditions))
    }

    /// Whether a list fits.
    pub(super) fn fits(&self, list: &UserList) -> bool {
        self.0.iter().all(|(field, op, values)| {
            let held = field.of(list);
            values.iter().any(|value| {
                let order = match (field, held.parse::<i128>(), value.parse::<i128>()) {
                    (Field::Id, Ok(held), Ok(value)) => held.cmp(&value),
                    _ => held.cmp(value),
                };
                match op {
                    Op::Is => order.is_eq(),
                    Op::IsNot => order.is_ne(),
                    Op::More => order.is_gt(),
                    Op::MoreOrSame => order.is_ge(),
                    Op::Less => order.is_lt(),
                    Op::LessOrSame => order.is_le(),
                    // Of a list the member, of a text a part of it.
                    Op::Has if *field == Field::UploadKeyTypes => order.is_eq(),
                    Op::Has => held.contains(value.as_str()),
                }
            })
        })
    }
}

struct Rest<'a> {
    text: &'a str,
    camel: Option<bool>,
}

impl<'a> Rest<'a> {
    fn word(&mut self) -> Option<&'a str> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
        let end = self.text.find(|c| !is_part(c)).unwrap_or(self.text.len());
        let (word, rest) = self.text.split_at(end);
        self.text = rest.trim_start();
        (!word.is_empty()).then_some(word)
    }

    fn eat(&mut self, token: &str) -> bool {
        let rest = self.text.strip_prefix(token);
        if let Some(rest) = rest {
            self.text = rest.trim_start();
        }
        rest.is_some()
    }

    fn field(&mut self, name: &str) -> Option<Field> {
        let (field, camel) = Field::read(name)?;
        // "Don't use a combination of camel case and snake case."
        match (self.camel, camel) {
            (Some(before), Some(now)) if before != now => return None,
            (None, Some(_)) => self.camel = camel,
            _ => {}
        }
        Some(field)
    }

    fn condition(&mut self) -> Option<(Field, Op, Vec<String>)> {
        let name = self.word()?;
        if name == "IN" && self.eat("(") {
            let name = self.word()?;
            let field = self.field(name)?;
            let mut values = Vec::new();
            while self.eat(",") {
                values.push(self.value()?);
            }
            return (self.eat(")") && !values.is_empty()).then_some((field, Op::Is, values));
        }
        let field = self.field(name)?;
        let ops = [
            ("!=", Op::IsNot),
            (">=", Op::MoreOrSame),
            ("<=", Op::LessOrSame),
            ("=", Op::Is),
            (">", Op::More),
            ("<", Op::Less),
            (":", Op::Has),
        ];
        let op = ops.into_iter().find(|(token, _)| self.eat(token))?.1;
        Some((field, op, vec![self.value()?]))
    }

    fn value(&mut self) -> Option<String> {
        let quote = self.text.chars().next().filter(|c| matches!(c, '"' | '\''));
        let Some(quote) = quote else { return self.word().map(str::to_owned) };
        let (mut value, mut chars) = (String::new(), self.text.char_indices().skip(1));
        while let Some((at, c)) = chars.next() {
            if c == quote {
                self.text = self.text[at + c.len_utf8()..].trim_start();
                return Some(value);
            }
            value.push(if c == '\\' { chars.next()?.1 } else { c });
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{super::super::account::*, *};

    fn vip() -> UserList {
        UserList::new(NewUserList {
            id: "80".to_owned(),
            customer_id: "1".to_owned(),
            display_name: "VIP \"é\"".to_owned(),
            key_type: KeyType::ContactId,
        })
    }

    #[test]
    fn a_filter_is_conditions_with_and_between() {
        for (text, want) in [
            (r#"display_name = "VIP \"é\"""#, Some(true)),
            (r#"displayName="VIP""#, Some(false)),
            (r#"display_name : "VIP""#, Some(true)),
            ("id = 80 AND membership_status = OPEN", Some(true)),
            ("id > 9", Some(true)),
            ("id < 9", Some(false)),
            ("id >= 80 AND id <= 80", Some(true)),
            ("id != 80", Some(false)),
            ("IN(id, 79, '80')", Some(true)),
            ("IN(id, 79)", Some(false)),
            ("ingested_user_list_info.upload_key_types : CONTACT_ID", Some(true)),
            ("ingestedUserListInfo.uploadKeyTypes : CONTACT", Some(false)),
            ("displayName = VIP AND membership_status = OPEN", None),
            ("id = 80 OR id = 81", None),
            ("NOT id = 80", None),
            ("IN(id)", None),
            ("IN(id, 80", None),
            ("name = 1", None),
            ("id", None),
            ("id =", None),
            ("id = 'é", None),
            ("id = 80 AND", None),
            ("id = 80 extra", None),
            ("", None),
        ] {
            assert_eq!(Filter::read(text).map(|filter| filter.fits(&vip())), want, "{text}");
        }
    }
}
