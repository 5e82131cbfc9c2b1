//! Patterns: the subset of regular expressions on which all engines agree, rewritten so that they do.
//!
//! Allowed: literals, `.`, classes, `^`, `$`, `|`, groups, `* + ? {m,n}`, and `\d \w \s` with their complements, which become ASCII
//! classes (Rust's are Unicode, RE2's are not). Refused, each by name: look-around, back references, lazy or possessive repeats,
//! flags, word boundaries, properties, escapes of control characters other than `\t \n \r`.

use crate::limits::{PATTERN_CHARS_MAX, PATTERN_REPEAT_MAX};

/// The rewritten pattern, or why it is refused: a sentence without a full stop.
pub(crate) fn rewrite(pattern: &str) -> Result<String, String> {
    let chars: Vec<char> = pattern.chars().collect();
    if chars.is_empty() || chars.len() > PATTERN_CHARS_MAX {
        return Err(format!("a pattern has 1 to {PATTERN_CHARS_MAX} characters"));
    }
    let mut parser = Parser { chars: &chars, at: 0, out: String::with_capacity(pattern.len() + 16), depth: 0 };
    parser.alternatives()?;
    match parser.peek() {
        None => Ok(parser.out),
        Some(_) => Err(parser.refuse("a parenthesis that nothing opened")),
    }
}

struct Parser<'a> {
    chars: &'a [char],
    at: usize,
    out: String,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn take(&mut self) -> Option<char> {
        let c = self.peek();
        self.at += usize::from(c.is_some());
        c
    }

    fn refuse(&self, what: &str) -> String {
        format!("at character {}: {what}", self.at + 1)
    }

    fn alternatives(&mut self) -> Result<(), String> {
        loop {
            self.sequence()?;
            if self.peek() != Some('|') {
                return Ok(());
            }
            self.at += 1;
            self.out.push('|');
        }
    }

    fn sequence(&mut self) -> Result<(), String> {
        while let Some(c) = self.peek() {
            match c {
                '|' | ')' => return Ok(()),
                '*' | '+' | '?' | '{' => {
                    return Err(self.refuse("a repeat without anything to repeat; write \\ before it to mean the sign"));
                }
                '}' | ']' => return Err(self.refuse("a closing bracket that nothing opened; write \\ before it to mean the sign")),
                '^' | '$' => {
                    self.at += 1;
                    self.out.push(c);
                }
                _ => {
                    self.atom()?;
                    self.repeat()?;
                }
            }
        }
        Ok(())
    }

    fn atom(&mut self) -> Result<(), String> {
        match self.take() {
            Some('(') => self.group(),
            Some('[') => self.class(),
            Some('\\') => {
                let text = self.escape(false)?;
                self.out.push_str(&text);
                Ok(())
            }
            Some('.') => {
                self.out.push_str("[^\\n]");
                Ok(())
            }
            Some(c) => {
                self.out.push(c);
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn group(&mut self) -> Result<(), String> {
        self.depth += 1;
        if self.depth > 20 {
            return Err(self.refuse("groups are nested more than 20 deep"));
        }
        if self.peek() == Some('?') {
            if self.chars.get(self.at + 1) != Some(&':') {
                return Err(self.refuse("look-around, names and flags are not supported"));
            }
            self.at += 2;
        }
        self.out.push_str("(?:");
        self.alternatives()?;
        if self.take() != Some(')') {
            return Err(self.refuse("a parenthesis is not closed"));
        }
        self.out.push(')');
        self.depth -= 1;
        Ok(())
    }

    fn class(&mut self) -> Result<(), String> {
        self.out.push('[');
        if self.peek() == Some('^') {
            self.at += 1;
            self.out.push('^');
        }
        let mut empty = true;
        loop {
            match self.peek() {
                None => return Err(self.refuse("a class is not closed")),
                Some(']') if empty => return Err(self.refuse("an empty class; write \\] to mean the sign")),
                Some(']') => break,
                Some('[') => return Err(self.refuse("a bracket inside a class; write \\[ to mean the sign")),
                Some('&' | '~') if self.chars.get(self.at + 1) == self.chars.get(self.at) => {
                    return Err(self.refuse("set operations inside a class are not supported"));
                }
                Some(_) => {
                    let low = self.class_item()?;
                    let range = self.peek() == Some('-') && !matches!(self.chars.get(self.at + 1), None | Some(']'));
                    if range {
                        self.at += 1;
                        let high = self.class_item()?;
                        match (low, high) {
                            (Some(low), Some(high)) if low <= high => {
                                self.out.push_str(&format!("{}-{}", in_class(low), in_class(high)));
                            }
                            _ => return Err(self.refuse("a range must go from a lower to a higher character")),
                        }
                    } else if let Some(c) = low {
                        self.out.push_str(&in_class(c));
                    }
                }
            }
            empty = false;
        }
        self.at += 1;
        self.out.push(']');
        Ok(())
    }

    /// One character of a class; `None` when it was a short form such as `\d`, already written.
    fn class_item(&mut self) -> Result<Option<char>, String> {
        match self.take() {
            Some('\\') => {
                let text = self.escape(true)?;
                let mut chars = text.chars();
                match (chars.next(), chars.next(), chars.next()) {
                    (Some('\\'), Some('t'), None) => Ok(Some('\t')),
                    (Some('\\'), Some('n'), None) => Ok(Some('\n')),
                    (Some('\\'), Some('r'), None) => Ok(Some('\r')),
                    (Some('\\'), Some(c), None) => Ok(Some(c)),
                    _ => {
                        self.out.push_str(&text);
                        Ok(None)
                    }
                }
            }
            Some(c) => Ok(Some(c)),
            None => Err(self.refuse("a class is not closed")),
        }
    }

    fn escape(&mut self, inside: bool) -> Result<String, String> {
        const WORD: &str = "0-9A-Za-z_";
        const SPACE: &str = " \\t\\n\\r";
        let bracket = |set: &str, not: &str| if inside { set.to_owned() } else { format!("[{not}{set}]") };
        match self.take() {
            Some('d') => Ok(bracket("0-9", "")),
            Some('w') => Ok(bracket(WORD, "")),
            Some('s') => Ok(bracket(SPACE, "")),
            Some('D') if !inside => Ok(bracket("0-9", "^")),
            Some('W') if !inside => Ok(bracket(WORD, "^")),
            Some('S') if !inside => Ok(bracket(SPACE, "^")),
            Some(c @ ('t' | 'n' | 'r')) => Ok(format!("\\{c}")),
            Some(c @ ('<' | '>')) if !inside => Ok(c.into()), // with a backslash Rust's engine reads word boundaries
            Some(c) if c.is_ascii_punctuation() => Ok(format!("\\{c}")),
            Some(c) if c.is_ascii_digit() => Err(self.refuse("back references are not supported")),
            Some(c) => Err(self.refuse(&format!("the escape \\{c} is not supported"))),
            None => Err(self.refuse("a backslash with nothing after it")),
        }
    }

    fn repeat(&mut self) -> Result<(), String> {
        match self.peek() {
            Some(c @ ('*' | '+' | '?')) => {
                self.at += 1;
                self.out.push(c);
            }
            Some('{') => {
                let rest: String = self.chars[self.at + 1..].iter().take_while(|c| **c != '}').collect();
                let (low, high) = rest.split_once(',').unwrap_or((rest.as_str(), rest.as_str()));
                let low: Option<u32> = low.parse().ok();
                let high: Option<u32> = if high.is_empty() { low } else { high.parse().ok() };
                match (low, high) {
                    (Some(low), Some(high)) if low <= high && high <= PATTERN_REPEAT_MAX => {}
                    _ => return Err(self.refuse(&format!("a repeat is {{m}}, {{m,}} or {{m,n}}, up to {PATTERN_REPEAT_MAX}"))),
                }
                self.at += rest.chars().count() + 2;
                self.out.push_str(&format!("{{{rest}}}"));
            }
            _ => return Ok(()),
        }
        match self.peek() {
            Some('?' | '+' | '*' | '{') => Err(self.refuse("lazy, possessive and doubled repeats are not supported")),
            _ => Ok(()),
        }
    }
}

fn in_class(c: char) -> String {
    match c {
        '\t' => "\\t".into(),
        '\n' => "\\n".into(),
        '\r' => "\\r".into(),
        c if c.is_ascii_punctuation() && !matches!(c, '_' | '<' | '>') => format!("\\{c}"),
        c => c.into(),
    }
}
