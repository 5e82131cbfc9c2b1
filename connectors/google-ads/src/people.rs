//! Who a record is about: hashed contact data, a device, the customer's own id, or the click that led to a conversion.
//!
//! The host has normalised and hashed what the manifest says; here it is only seen that it did. `user_data.proto`, `audience.proto` and
//! `event.proto` of the Data Manager API (googleapis at f8291d2 of 2026-08-22, read 2026-11).

use sluice_sdk::json::Writer;
use sluice_sdk::{Form, Halt, Identifier, Identifiers, Known, Reason, Rows, digest};

use crate::settings::KeyType;

/// Which identifier it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// SHA-256 of an e-mail address.
    Email,
    /// SHA-256 of a phone number.
    Phone,
    /// SHA-256 of a first name, as part of an address.
    GivenName,
    /// SHA-256 of a last name, as part of an address.
    FamilyName,
    /// Country, as part of an address.
    RegionCode,
    /// Postal code, as part of an address.
    PostalCode,
    /// Id of a device for advertisers.
    MobileId,
    /// The customer's own id.
    UserId,
    /// A click.
    Gclid,
    /// Clicks on iOS, in apps.
    Gbraid,
    /// Clicks on iOS, on the web.
    Wbraid,
}

/// The host hashes, and a digest that the source has must be one: what is to be hashed and is not shows nobody's data.
const DIGEST: Form = Form { is: digest::is_sha256, what: "Google is sent SHA-256 digests, 64 digits of lower-case hexadecimal" };

const KNOWN: &[Known<Kind>] = &[
    Known::new("emailAddress", Kind::Email).form(DIGEST),
    Known::new("phoneNumber", Kind::Phone).form(DIGEST),
    Known::new("givenName", Kind::GivenName).form(DIGEST),
    Known::new("familyName", Kind::FamilyName).form(DIGEST),
    Known::new("regionCode", Kind::RegionCode),
    Known::new("postalCode", Kind::PostalCode),
    Known::new("mobileId", Kind::MobileId),
    Known::new("userId", Kind::UserId),
    Known::new("gclid", Kind::Gclid),
    Known::new("gbraid", Kind::Gbraid),
    Known::new("wbraid", Kind::Wbraid),
];

/// "All four required."
const ADDRESS: [Kind; 4] = [Kind::GivenName, Kind::FamilyName, Kind::RegionCode, Kind::PostalCode];

/// The people of a batch.
#[derive(Debug)]
pub(crate) struct People<'a>(Identifiers<'a, Kind>);

impl<'a> People<'a> {
    /// People by what is mapped.
    pub(crate) fn of(rows: &Rows<'a>) -> Result<Self, Halt> {
        Identifiers::of(rows, "Google Ads", KNOWN).map(Self)
    }

    /// Members of a list of this type; a halt where something else is mapped.
    pub(crate) fn on(rows: &Rows<'a>, list: KeyType) -> Result<Self, Halt> {
        let people = Self::of(rows)?;
        let fits = |kind| match kind {
            Kind::MobileId => list == KeyType::MobileId,
            Kind::UserId => list == KeyType::UserId,
            _ => list == KeyType::Contact,
        };
        if people.0.kinds().all(fits) {
            return Ok(people);
        }
        Err(Halt::setting("key_type", "a list has one kind of identifiers: map those of the option `key_type` and no others"))
    }

    /// Writes the data of a member of a list of this type.
    pub(crate) fn member(&self, body: &mut Writer, row: usize, list: KeyType) -> Result<(), Reason> {
        if list == KeyType::Contact {
            return if self.user_data(body, row)? { Ok(()) } else { Err(self.nobody()) };
        }
        let (_, value) = self.0.first(row)?;
        let mobile = list == KeyType::MobileId;
        if mobile {
            body.object("mobileData", |body| body.array("mobileIds", |body| body.string(value)));
        } else {
            body.object("userIdData", |body| body.member("userId", value));
        }
        Ok(())
    }

    /// Writes `userData` with everything that names the row's person; `false`, and nothing written, where nothing does. An address
    /// that lacks a part names nobody.
    pub(crate) fn user_data(&self, body: &mut Writer, row: usize) -> Result<bool, Reason> {
        let start = body.mark();
        body.name("userData");
        body.begin_object();
        body.name("userIdentifiers");
        body.begin_array();
        let empty = body.mark();
        let of = |kinds: &'static [Kind]| self.0.values(row).filter(|(identifier, _)| kinds.contains(&identifier.kind));
        of(&[Kind::Email, Kind::Phone]).try_for_each(|(identifier, value)| body.item(|body| write(body, identifier, value)))?;
        if of(&ADDRESS).count() == ADDRESS.len() {
            let mut parts = of(&ADDRESS);
            body.item(|body| {
                body.object("address", |body| parts.try_for_each(|(identifier, value)| write(body, identifier, value)))
            })?;
        }
        if body.len_since(empty) == 0 {
            body.rewind(start);
            return Ok(false);
        }
        body.end_array();
        body.end_object();
        Ok(true)
    }

    /// Writes the ids of the click; `false` where the row has none. `gbraid` and `wbraid` are never together (`GBRAID_WBRAID_BOTH_SET`).
    pub(crate) fn clicks(&self, body: &mut Writer, row: usize) -> Result<bool, Reason> {
        let clicks = || self.0.values(row).filter(|(i, _)| matches!(i.kind, Kind::Gclid | Kind::Gbraid | Kind::Wbraid));
        if clicks().filter(|(identifier, _)| identifier.kind != Kind::Gclid).count() > 1 {
            return Err(Reason::bad("Google takes `gbraid` or `wbraid` of a conversion, and not both").field("wbraid"));
        }
        for (identifier, value) in clicks() {
            body.key(&identifier.key);
            body.string(value);
        }
        Ok(clicks().next().is_some())
    }

    /// The refusal of a row that names nobody.
    pub(crate) fn nobody(&self) -> Reason {
        let message = "the row has nothing that Google knows people by; an address needs name, surname, country and postal code";
        Reason { message: message.into(), ..self.0.nobody() }
    }
}

/// Writes an identifier.
fn write(body: &mut Writer, identifier: &Identifier<'_, Kind>, value: &str) -> Result<(), Reason> {
    identifier.check(value)?;
    body.key(&identifier.key);
    body.string(value);
    Ok(())
}
