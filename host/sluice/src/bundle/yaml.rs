//! YAML text as a tree that knows its lines. Strict where YAML is treacherous: a repeated key, a merge key, a tag or a key that is not
//! a text is a flaw; aliases are followed within a limit, so that a small file cannot become a large one.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};
use serde_json::Value;

use super::scalar;
use crate::limits::{NESTING_MAX, NODES_MAX};

/// A part of a document.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) kind: Kind,
}

/// What a part is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Scalar(Value),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) line: usize,
    pub(super) value: Node,
}

/// Something that is wrong, and the line where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flaw {
    pub(super) line: usize,
    pub(super) cause: String,
}

/// What a text holds.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    pub(super) documents: Vec<Node>,
    pub(super) flaws: Vec<Flaw>,
}

/// The merge key of YAML 1.1.
const MERGE: &str = "<<";

/// Reads a text. An error ends the reading; flaws do not.
pub(super) fn parse(text: &str) -> Result<Parsed, Flaw> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| broken(&error, text))?;
        builder.take(event, span.start.line())?;
    }
    Ok(builder.parsed)
}

fn broken(error: &ScanError, text: &str) -> Flaw {
    let line = error.marker().line();
    let mut cause = format!("This is not YAML: {}.", error.info().trim_end_matches('.'));
    if text.lines().nth(line.saturating_sub(1)).is_some_and(|line| line.contains("${")) {
        cause.push_str(" Inside of { } and [ ], \"${NAME}\" needs its quotes.");
    }
    Flaw { line, cause }
}

#[derive(Default)]
struct Builder {
    parsed: Parsed,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
}

/// A list or map whose end has not come.
struct Open {
    line: usize,
    anchor: usize,
    parts: Parts,
}

enum Parts {
    List(Vec<Node>),
    /// `lines` is where each key stands.
    Map {
        entries: Vec<Entry>,
        key: Option<(String, usize)>,
        lines: HashMap<String, usize>,
    },
}

impl Builder {
    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), Flaw> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.count(1, line)?;
                if self.at_key() {
                    self.key(&text, line);
                } else {
                    let kind = Kind::Scalar(self.scalar(&text, style, tag.as_deref(), line));
                    self.put(Node { line, kind }, anchor)?;
                }
            }
            Event::Alias(anchor) => match self.anchors.get(&anchor).cloned() {
                Some(node) => {
                    self.count(size(&node), line)?;
                    if self.at_key() {
                        self.flaw(line, "A key must be a text.");
                        self.key("", line);
                    } else {
                        self.put(Node { line, ..node }, 0)?;
                    }
                }
                None => return Err(Flaw { line, cause: "The alias stands inside of what it names.".into() }),
            },
            Event::SequenceStart(anchor, tag) => self.open(Parts::List(Vec::new()), anchor, tag.as_deref(), line)?,
            Event::MappingStart(anchor, tag) => {
                let parts = Parts::Map { entries: Vec::new(), key: None, lines: HashMap::new() };
                self.open(parts, anchor, tag.as_deref(), line)?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Open { line, anchor, parts } = self.open.pop().expect("the parser ends what it has opened");
                let kind = match parts {
                    Parts::List(nodes) => Kind::List(nodes),
                    Parts::Map { entries, .. } => Kind::Map(entries),
                };
                self.put(Node { line, kind }, anchor)?;
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn open(&mut self, parts: Parts, anchor: usize, tag: Option<&Tag>, line: usize) -> Result<(), Flaw> {
        self.count(1, line)?;
        if self.open.len() >= NESTING_MAX {
            return Err(Flaw { line, cause: format!("It is nested deeper than {NESTING_MAX} levels.") });
        }
        if self.at_key() {
            return Err(Flaw { line, cause: "A key must be a text.".into() });
        }
        if let Some(tag) = tag {
            self.flaw(line, format!("The tag {tag} is not known here."));
        }
        self.open.push(Open { line, anchor, parts });
        Ok(())
    }

    fn at_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { parts: Parts::Map { key: None, .. }, .. }))
    }

    fn key(&mut self, text: &str, line: usize) {
        let Some(Open { parts: Parts::Map { key, lines, .. }, .. }) = self.open.last_mut() else { return };
        let before = lines.get(text).copied();
        *key = Some((text.to_owned(), line));
        if text == MERGE {
            self.flaw(line, "Merge keys are not part of YAML 1.2; write the fields out, or use an alias for the whole value.");
        } else if let Some(before) = before {
            self.flaw(line, format!("The key `{text}` stands in line {before} already."));
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, line: usize) -> Value {
        match tag {
            Some(tag) if tag.is_yaml_core_schema() && tag.suffix == "str" => return Value::String(text.to_owned()),
            Some(tag) => self.flaw(line, format!("The tag {tag} is not known here.")),
            None => {}
        }
        if style != ScalarStyle::Plain {
            return Value::String(text.to_owned());
        }
        scalar::plain(text).unwrap_or_else(|cause| {
            self.flaw(line, cause);
            Value::Null
        })
    }

    fn put(&mut self, node: Node, anchor: usize) -> Result<(), Flaw> {
        if anchor != 0 {
            // What is kept for aliases counts as well: anchors inside of anchors keep the same values many times.
            self.count(size(&node), node.line)?;
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut() {
            None => self.parsed.documents.push(node),
            Some(Open { parts: Parts::List(nodes), .. }) => nodes.push(node),
            Some(Open { parts: Parts::Map { entries, key, lines }, .. }) => {
                let (key, line) = key.take().expect("the parser gives a key before each value");
                // A repeated key was told, a merge key as well; without them nothing is told of them twice.
                if !lines.contains_key(&key) && key != MERGE {
                    lines.insert(key.clone(), line);
                    entries.push(Entry { key, line, value: node });
                }
            }
        }
        Ok(())
    }

    fn count(&mut self, more: usize, line: usize) -> Result<(), Flaw> {
        self.nodes = self.nodes.saturating_add(more);
        if self.nodes > NODES_MAX {
            return Err(Flaw { line, cause: format!("The file has more than {NODES_MAX} values, those of its aliases counted.") });
        }
        Ok(())
    }

    fn flaw(&mut self, line: usize, cause: impl Into<String>) {
        self.parsed.flaws.push(Flaw { line, cause: cause.into() });
    }
}

fn size(node: &Node) -> usize {
    1 + match &node.kind {
        Kind::Scalar(_) => 0,
        Kind::List(nodes) => nodes.iter().map(size).sum(),
        Kind::Map(entries) => entries.iter().map(|entry| 1 + size(&entry.value)).sum(),
    }
}
