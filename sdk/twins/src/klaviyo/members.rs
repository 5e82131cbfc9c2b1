//! Who is on a list or in a segment, read back page by page (*Remote segment*): whole profiles, or ids alone. The longest-standing
//! members come first unless the question says otherwise (inferred).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    filter::{COMPARED, Condition, Held, ONE_OF, Op},
    limits,
    lists::known_list,
    page::page,
    profile::stamp,
    profiles::{ADDITIONAL, FIELDS_PROFILE, fields, shown},
    question::{CURSOR, Question},
    segments::known_segment,
    service::Service,
    state::State,
    words::Refusal,
};
use crate::vendor::{Call, Reply};

/// Whose members.
#[derive(Debug, Clone, Copy)]
pub(super) enum Group<'a> {
    List(&'a str),
    Segment(&'a str),
}

const ID: &[Op] = &[Op::Equals];

impl Group<'_> {
    /// What may be filtered by (*OpenAPI*; push tokens are not in this twin).
    fn filters(self) -> Vec<(&'static str, &'static [Op])> {
        let mut filters = vec![("email", ONE_OF), ("phone_number", ONE_OF), ("_kx", ID), ("joined_group_at", COMPARED)];
        if let Self::Segment(_) = self {
            filters.push(("profile_id", ONE_OF));
        }
        filters
    }

    /// Positions of the members, and since when they are that.
    fn members(self, state: &State) -> Result<Vec<(usize, Timestamp)>, Refusal> {
        Ok(match self {
            Self::List(id) => {
                known_list(state, id)?;
                let profiles = state.profiles().iter().enumerate();
                profiles.filter_map(|(at, profile)| Some((at, *profile.lists.get(id)?))).collect()
            }
            Self::Segment(id) => {
                let members = known_segment(state, id)?.members.iter();
                members
                    .filter_map(|member| Some((state.by_id(&state.profile(&member.profile)?.id)?, member.joined_group_at)))
                    .collect()
            }
        })
    }
}

/// `GET /api/lists/{id}/profiles`, `GET /api/segments/{id}/profiles`.
pub(super) fn whole(service: &Service, call: &Call, group: Group<'_>) -> Result<Reply, Refusal> {
    let known = [ADDITIONAL, FIELDS_PROFILE, "filter", CURSOR, "page[size]", "sort"];
    let question = Question::of(call, "profile", &known)?;
    let fields = fields(&question, true)?;
    let state = service.state(call.now);
    found(&question, &state, group, |&(at, joined)| {
        shown(call, state.at(at), fields.of(), Some(("joined_group_at", stamp(joined))))
    })
}

/// `GET …/relationships/profiles`: "ids only (cheaper)".
pub(super) fn ids(service: &Service, call: &Call, group: Group<'_>) -> Result<Reply, Refusal> {
    let question = Question::of(call, "profile", &["filter", CURSOR, "page[size]", "sort"])?;
    let state = service.state(call.now);
    found(&question, &state, group, |&(at, _)| json!({ "type": "profile", "id": state.at(at).id }))
}

fn found(
    question: &Question<'_>,
    state: &State,
    group: Group<'_>,
    show: impl Fn(&(usize, Timestamp)) -> Value,
) -> Result<Reply, Refusal> {
    let filter = question.filter(&group.filters())?;
    let size = question.size(limits::PAGE_DEFAULT, limits::PAGE_MAX)?;
    let backwards = question.sort(&["joined_group_at"])?.is_some_and(|(_, backwards)| backwards);
    let named: Vec<_> = filter.iter().filter_map(|condition| state.named(&condition.field, &condition.values)).collect();
    let holds =
        |condition: &Condition, joined: Timestamp| condition.field != "joined_group_at" || condition.holds(Held::Time(joined));
    let members = group.members(state)?.into_iter();
    let members = members.filter(|(at, joined)| {
        named.iter().all(|named| named.contains(at)) && filter.iter().all(|condition| holds(condition, *joined))
    });
    let rows = members.map(|(at, joined)| ((joined.as_microsecond(), at), (at, joined))).collect();
    page(question, rows, backwards, size, show)
}
