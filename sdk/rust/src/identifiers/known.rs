//! What a platform knows its records by, as a table: names of the manifest, the form of their values, and how they are compared.

use std::borrow::Cow;

use crate::contract::Reason;
use crate::form::Form;

/// One of a platform's identifiers: a line of a connector's table. `K` is the connector's own type for "which identifier".
#[derive(Debug, Clone, Copy)]
pub struct Known<K> {
    /// Its name in the manifest.
    pub name: &'static str,
    /// Which identifier it is.
    pub kind: K,
    form: Form,
    any_case: bool,
}

impl<K: Copy> Known<K> {
    /// An identifier of any form, whose values are compared as they are.
    pub const fn new(name: &'static str, kind: K) -> Self {
        Self { name, kind, form: Form::ANY, any_case: false }
    }

    /// A row with a value of another form is not sent.
    #[must_use]
    pub const fn form(self, form: Form) -> Self {
        Self { form, ..self }
    }

    /// The platform tells neither upper from lower case nor blanks around a value: e-mail addresses, mostly.
    #[must_use]
    pub const fn any_case(self) -> Self {
        Self { any_case: true, ..self }
    }

    /// Nothing of a value of the form; else the refusal (`bad-format`).
    #[inline]
    pub fn check(&self, value: &str) -> Result<(), Reason> {
        self.form.check(value)
    }

    /// A value as the platform compares it.
    pub fn folded(&self, value: &str) -> String {
        self.fold(value).into_owned()
    }

    #[inline]
    pub(crate) fn fold<'v>(&self, value: &'v str) -> Cow<'v, str> {
        if self.any_case { Cow::Owned(value.trim().to_lowercase()) } else { Cow::Borrowed(value) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_compared_as_the_platform_does() {
        let (id, email) = (Known::new("id", ()), Known::new("email", ()).form(Form::EMAIL).any_case());
        assert_eq!((id.folded(" A"), email.folded(" A@X.example ")), (" A".to_owned(), "a@x.example".to_owned()));
        assert!(id.check("").is_ok() && email.check("a@x.example").is_ok() && email.check("a").is_err());
    }
}
