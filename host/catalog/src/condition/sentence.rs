//! The English reading of a condition: one sentence, for people, that says what the tree does.
//!
//! It reads the stored form, so that it also works while a condition is being written and is not yet valid.

use serde_json::Value;

use super::{
    context::Context,
    operator::{Operator, Takes},
    related::{Function, Inside, Measure, Member, Quantifier, Related, ValueRef, Window},
    sequence::{Same, Sequence, Step, Within},
    tree::{Conjunction, Group, Node, Property},
};
use crate::model::Model;

/// Values of a list that are spelled out; the rest is counted.
const VALUES_SHOWN: usize = 5;

/// The condition in words, without a full stop: `country is not "United Kingdom" and has at least 2 orders where (paid is true)`.
/// What the context does not know is called by its id.
pub fn sentence(group: &Group, model: &Model, context: &Context) -> String {
    if group.asked().next().is_none() && !group.not {
        return "every row".into();
    }
    Words { context }.group(group, About { model: Some(model), parent: None }, true)
}

struct Words<'a> {
    context: &'a Context,
}

/// Whose fields are spoken of, as far as they are known.
#[derive(Clone, Copy)]
struct About<'a> {
    model: Option<&'a Model>,
    parent: Option<&'a Model>,
}

impl<'a> Words<'a> {
    fn group(&self, group: &Group, about: About<'a>, outer: bool) -> String {
        let joint = match group.op {
            Conjunction::And => " and ",
            Conjunction::Or => " or ",
        };
        let parts: Vec<String> = group
            .asked()
            .map(|child| match child {
                Node::Group(group) => self.group(group, about, false),
                Node::Property(property) => property_words(property, about),
                Node::Related(related) => self.related(related, about),
                Node::Member(member) => self.member(member),
                Node::Sequence(sequence) => self.sequence(sequence, about),
                Node::Disabled(_) => String::new(),
            })
            .collect();
        let inside = if parts.is_empty() { "every row".into() } else { parts.join(joint) };
        match (group.not, outer || parts.len() < 2) {
            (true, _) => format!("not ({inside})"),
            (false, true) => inside,
            (false, false) => format!("({inside})"),
        }
    }

    fn member(&self, member: &Member) -> String {
        let name = self.context.segments.get(&member.segment).map_or_else(|| member.segment.to_string(), |s| s.name.clone());
        let negation = if member.inside == Inside::No { "not " } else { "" };
        format!("is {negation}in the segment {name:?}")
    }

    /// Of the rows at the end of a path, and what they are called: the last step names the rows, the ones before say whose.
    fn rows(&self, path: &[String], about: About<'a>) -> (About<'a>, String) {
        let step = |model: Option<&'a Model>, name: &String| self.context.models.get(&model?.relationship(name)?.model);
        let last = path.iter().fold(about.model, step);
        let rows = path.iter().rev().map(String::as_str).collect::<Vec<_>>().join(" of ");
        (About { model: last, parent: about.model }, rows)
    }

    /// `in this order: has orders where (paid is true), then within 2 days has no visits`.
    fn sequence(&self, sequence: &Sequence, about: About<'a>) -> String {
        let step = |(at, step): (usize, &Step)| {
            let (about, rows) = self.rows(&step.path, about);
            let mut parts: Vec<String> = step
                .filter
                .iter()
                .filter(|group| group.asked().next().is_some() || group.not)
                .map(|group| self.group(group, about, true))
                .collect();
            for Same { field, step, other } in &step.same {
                let earlier = step.checked_sub(1).and_then(|step| sequence.steps.get(step));
                let theirs = earlier.map(|earlier| self.rows(&earlier.path, About { model: about.parent, parent: None }).0);
                let other = label(other, theirs.and_then(|about| about.model));
                parts.push(format!("{} is the {other} of step {step}", label(field, about.model)));
            }
            let which = if parts.is_empty() { String::new() } else { format!(" where ({})", parts.join(" and ")) };
            let when = match step.within {
                None if at == 0 => String::new(),
                None => "then ".into(),
                Some(Within { amount, unit }) => {
                    let unit =
                        serde_json::to_value(unit).ok().and_then(|unit| unit.as_str().map(str::to_owned)).unwrap_or_default();
                    format!("then within {amount} {} ", if amount == 1 { unit.trim_end_matches('s') } else { &unit })
                }
            };
            format!("{when}has {}{rows}{which}", if step.did == Inside::Yes { "" } else { "no " })
        };
        let steps: Vec<String> = sequence.steps.iter().enumerate().map(step).collect();
        format!("in this order: {}", steps.join(", "))
    }

    fn related(&self, related: &Related, about: About<'a>) -> String {
        let (about, rows) = self.rows(&related.path, about);
        let window = related.window.as_ref().map(|window| window_words(window, about));
        let filter = related.filter.as_ref().filter(|group| group.asked().next().is_some() || group.not);
        let filter = filter.map(|group| self.group(group, about, true));
        let which = |parts: [&Option<String>; 2]| {
            let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
            if parts.is_empty() { String::new() } else { format!(" where ({})", parts.join(" and ")) }
        };
        let counted = |words: String| format!("has {words} {rows}{}", which([&window, &filter]));
        let must = which([&None, &filter]).replace(" where ", " satisfies ");
        match (related.quantifier, &related.measure) {
            (Some(Quantifier::AtLeast(n)), _) => counted(format!("at least {n}")),
            (Some(Quantifier::Exactly(n)), _) => counted(format!("exactly {n}")),
            (Some(Quantifier::AtMost(n)), _) => counted(format!("at most {n}")),
            (Some(Quantifier::Any), _) => counted("any".into()),
            (Some(Quantifier::None), _) => counted("no".into()),
            (Some(Quantifier::AtLeastDays(n)), _) => {
                format!("has {rows}{} on at least {n} different days", which([&window, &filter]))
            }
            (Some(Quantifier::All), _) => {
                let there = if related.empty_counts { "" } else { ", of which there is at least one" };
                format!("each of its {rows}{}{must}{there}", which([&window, &None]))
            }
            (Some(Quantifier::FirstEver), _) => {
                format!("the first ever of its {rows}{}", which([&window, &filter]).replacen(" where ", " satisfies ", 1))
            }
            (Some(Quantifier::LastEver), _) => {
                format!("the last ever of its {rows}{}", which([&window, &filter]).replacen(" where ", " satisfies ", 1))
            }
            (None, Some(measure)) => {
                let (what, test) = measure_words(measure, about);
                format!("{what} its {rows}{} {test}", which([&window, &filter]))
            }
            (None, None) => counted("…".into()),
        }
    }
}

/// `the sum of amount of`, and `is at least 1000`.
fn measure_words(measure: &Measure, about: About<'_>) -> (String, String) {
    let field = label(measure.field.as_deref().unwrap_or("…"), about.model);
    let what = match measure.function {
        Function::Count => "the number of".into(),
        Function::CountDistinct => format!("the number of different {field} of"),
        Function::Sum => format!("the sum of {field} of"),
        Function::Avg => format!("the average of {field} of"),
        Function::Min => format!("the smallest {field} of"),
        Function::Max => format!("the largest {field} of"),
    };
    let value = measure.value.as_ref().map(|value| value_words(measure.operator, value)).unwrap_or_default();
    (what, format!("{} {value}", measure.operator.words()).trim_end().to_owned())
}

fn window_words(window: &Window, about: About<'_>) -> String {
    let field = window.field.clone().or_else(|| about.model?.time_field.clone()).unwrap_or_else(|| "…".into());
    let Window { operator, value, options, .. } = window.clone();
    property_words(&Property { field, operator, value, value_ref: None, options }, about)
}

fn label<'a>(id: &'a str, model: Option<&'a Model>) -> &'a str {
    model.and_then(|model| model.field(id)).map_or(id, |field| field.label())
}

fn property_words(property: &Property, about: About<'_>) -> String {
    let field = label(&property.field, about.model);
    let words = property.operator.words();
    let value = match (&property.value, &property.value_ref) {
        (_, Some(ValueRef::Field(id))) => format!("the field {}", label(id, about.model)),
        (_, Some(ValueRef::Parent(field))) => format!("the record's own {}", label(&field.parent, about.parent)),
        (_, Some(ValueRef::Variable(variable))) => format!("the variable {}", variable.variable),
        (Some(value), None) => value_words(property.operator, value),
        (None, None) if property.operator.takes() == Takes::Nothing => String::new(),
        (None, None) => "…".into(),
    };
    let mut text = format!("{field} {words}");
    if !value.is_empty() {
        text.push(' ');
        text.push_str(&value);
    }
    if property.options.case_insensitive {
        text.push_str(" (in any case)");
    }
    if property.options.exact {
        text.push_str(" (to the second)");
    }
    if property.options.empty_as_no_value == Some(false) {
        text.push_str(" (an empty text is a value)");
    }
    text
}

fn value_words(operator: Operator, value: &Value) -> String {
    let number = |key: &str| value.get(key).map_or_else(|| "…".into(), Value::to_string);
    let unit = |plural: bool| {
        let unit = value.get("unit").and_then(Value::as_str).unwrap_or("…");
        if plural { unit.to_owned() } else { unit.trim_end_matches('s').to_owned() }
    };
    let window = || {
        let amount = number("amount");
        let unit = unit(amount != "1");
        format!("{amount} {unit}")
    };
    match operator.takes() {
        Takes::Window => match operator {
            Operator::MoreThanAgo => format!("{} ago", window()),
            Operator::MoreThanFromNow => format!("{} from now", window()),
            _ => window(),
        },
        Takes::WindowPair => format!("{} and {} {} ago", number("from"), number("to"), unit(true)),
        Takes::Length => format!("{value} element{}", if value.as_u64() == Some(1) { "" } else { "s" }),
        Takes::Days if value.as_u64() == Some(0) => "today".into(),
        Takes::Days => format!("within {value} days of today"),
        Takes::Percent => format!("{value} percent"),
        Takes::Pair => match value.as_array().map(Vec::as_slice) {
            Some([low, high]) => format!("{low} and {high}"),
            _ => "…".into(),
        },
        Takes::List | Takes::Texts => match value.as_array() {
            Some(items) => {
                let shown: Vec<String> = items.iter().take(VALUES_SHOWN).map(Value::to_string).collect();
                let more = items.len().saturating_sub(VALUES_SHOWN);
                if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
            }
            None => "…".into(),
        },
        Takes::One | Takes::Pattern | Takes::Nothing => value.to_string(),
    }
}
