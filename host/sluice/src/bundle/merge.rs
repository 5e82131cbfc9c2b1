//! Documents of several files become one bundle; each part keeps file and line.

use serde_json::{Map, Value};
use sluice_catalog::Code;

use super::{
    Bundle, Flaw, Places, suggest, token,
    yaml::{Kind, Node},
};

/// The lists of a workspace, in the order in which their objects refer to each other.
pub(super) const KINDS: [&str; 5] = ["sources", "models", "segments", "destinations", "activations"];

/// What the files read so far amount to.
#[derive(Default)]
pub(super) struct Merged {
    lists: [Vec<Value>; KINDS.len()],
    places: Places,
}

impl Merged {
    /// Takes the documents of a file in.
    pub(super) fn take(&mut self, file: &str, documents: Vec<Node>, flaws: &mut Vec<Flaw>) {
        self.places.files.push(file.to_owned());
        let mut wrong = |line: usize, cause: String| {
            let code = Code::BundleInvalid;
            flaws.push(Flaw { file: file.to_owned(), line: Some(line), pointer: String::new(), code, cause });
        };
        for document in documents {
            let entries = match document.kind {
                Kind::Map(entries) => entries,
                // An empty document, or one of comments.
                Kind::Scalar(Value::Null) => continue,
                Kind::Scalar(_) | Kind::List(_) => {
                    wrong(document.line, format!("A workspace file has the lists {}.", KINDS.join(", ")));
                    continue;
                }
            };
            for entry in entries {
                let Some(kind) = KINDS.iter().position(|kind| *kind == entry.key) else {
                    wrong(entry.line, format!("There is no list `{}`; {}", entry.key, suggest::or_list(&entry.key, &KINDS)));
                    continue;
                };
                match entry.value.kind {
                    Kind::List(items) => items.into_iter().for_each(|item| self.item(kind, item, &mut wrong)),
                    Kind::Scalar(Value::Null) => {}
                    Kind::Scalar(_) | Kind::Map(_) => {
                        wrong(entry.line, format!("`{}` is a list: begin each object with `- `.", entry.key))
                    }
                }
            }
        }
    }

    fn item(&mut self, kind: usize, item: Node, wrong: &mut impl FnMut(usize, String)) {
        if !matches!(item.kind, Kind::Map(_)) {
            wrong(item.line, format!("Each of the {} is an object: fields with values.", KINDS[kind]));
            return;
        }
        let pointer = format!("/{}/{}", KINDS[kind], self.lists[kind].len());
        let (line, value) = (item.line, self.value(item, &pointer));
        self.place(pointer, line);
        self.lists[kind].push(value);
    }

    fn value(&mut self, node: Node, pointer: &str) -> Value {
        match node.kind {
            Kind::Scalar(value) => value,
            Kind::List(nodes) => {
                let parts = nodes.into_iter().enumerate().map(|(at, node)| {
                    let (pointer, line) = (format!("{pointer}/{at}"), node.line);
                    let value = self.value(node, &pointer);
                    self.place(pointer, line);
                    value
                });
                Value::Array(parts.collect())
            }
            Kind::Map(entries) => {
                let parts = entries.into_iter().map(|entry| {
                    let pointer = format!("{pointer}/{}", token(&entry.key));
                    let value = self.value(entry.value, &pointer);
                    self.place(pointer, entry.line);
                    (entry.key, value)
                });
                Value::Object(parts.collect())
            }
        }
    }

    fn place(&mut self, pointer: String, line: usize) {
        self.places.at.insert(pointer, (self.places.files.len() - 1, line));
    }

    /// Everything taken in. Lists without objects are left out.
    pub(super) fn bundle(self) -> Bundle {
        let lists = KINDS.iter().zip(self.lists).filter(|(_, list)| !list.is_empty());
        let value: Map<_, _> = lists.map(|(kind, list)| ((*kind).to_owned(), Value::Array(list))).collect();
        Bundle { value: Value::Object(value), places: self.places }
    }
}
