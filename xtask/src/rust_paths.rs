//! The paths that a Rust file names, read off its text: enough to know which file needs which, without a compiler.

use std::collections::BTreeSet;

/// A file without comments, texts and tests.
pub(crate) struct Source {
    /// Modules that are files of their own.
    children: BTreeSet<String>,
    uses: Vec<Use>,
    /// Paths of two or more parts in what is no `use`.
    paths: Vec<Vec<String>>,
    /// Names in what is no `use`.
    words: BTreeSet<String>,
}

/// One name that a `use` brings.
struct Use {
    is_public: bool,
    path: Vec<String>,
    name: String,
}

impl Source {
    pub(crate) fn read(text: &str) -> Self {
        let code = without_tests(&without_texts(text));
        let (statements, rest) = split_uses(&code);
        let mut uses = Vec::new();
        for (is_public, tree) in statements {
            for leaf in leaves(&tree) {
                let (path, alias) = leaf.split_once(" as ").unwrap_or((&leaf, ""));
                let mut path: Vec<String> = path.split("::").map(|part| part.trim().to_owned()).collect();
                if path.last().is_some_and(|last| last == "self") {
                    path.pop();
                }
                let last = path.last().cloned().unwrap_or_default();
                let name = if alias.is_empty() { last } else { alias.trim().to_owned() };
                uses.push(Use { is_public, path, name });
            }
        }
        let tokens = tokens(&rest);
        let is_module = |three: &&[&str]| three[0] == "mod" && three[2] == ";";
        let children = tokens.windows(3).filter(is_module).map(|three| three[1].to_owned()).collect();
        let words = tokens.iter().filter(|token| is_word(token)).map(|token| (*token).to_owned()).collect();
        Self { children, uses, paths: paths(&tokens), words }
    }

    /// Every path by which the file needs something.
    pub(crate) fn needed(&self) -> Vec<Vec<String>> {
        let needs = |one: &&Use| !one.is_public || self.words.contains(&one.name);
        let used = self.uses.iter().filter(needs).map(|one| one.path.clone());
        used.chain(self.paths.iter().cloned()).collect()
    }

    /// A path from the crate's root on, seen from this module; `None` if it leads out of the crate.
    pub(crate) fn absolute(&self, module: &[String], path: &[String]) -> Option<Vec<String>> {
        let first = path.first()?.as_str();
        let from = |base: &[String], rest: &[String]| Some([base, rest].concat());
        match first {
            "crate" => from(&[], &path[1..]),
            "self" => from(module, &path[1..]),
            "super" => {
                let up = path.iter().take_while(|part| *part == "super").count();
                from(&module[..module.len().checked_sub(up)?], &path[up..])
            }
            child if self.children.contains(child) => from(module, path),
            name => {
                let brought = self.uses.iter().find(|one| one.name == name && one.path != path)?;
                let is_own = brought.path.first().is_some_and(|part| part != name);
                let target = if is_own { self.absolute(module, &brought.path)? } else { return None };
                from(&target, &path[1..])
            }
        }
    }

    /// Where a name leads that this module has from elsewhere: `Some(None)` out of the crate, `None` if it has not.
    #[expect(clippy::option_option, reason = "both questions are asked at once")]
    pub(crate) fn handed_on(&self, module: &[String], name: &str) -> Option<Option<Vec<String>>> {
        let one = self.uses.iter().find(|one| one.name == name)?;
        Some(self.absolute(module, &one.path))
    }
}

/// The text with comments, strings and characters blanked out.
fn without_texts(text: &str) -> String {
    let (bytes, mut out, mut at) = (text.as_bytes(), String::with_capacity(text.len()), 0);
    let find = |from: usize, end: &str| text[from..].find(end).map_or(text.len(), |found| from + found);
    while at < bytes.len() {
        let rest = &text[at..];
        if rest.starts_with("//") {
            at = find(at, "\n");
        } else if rest.starts_with("/*") {
            at = (find(at, "*/") + 2).min(text.len());
        } else if let Some(hashes) = raw_string(rest, out.as_bytes().last()) {
            let quote = find(at, "\"") + 1;
            let end = format!("\"{}", "#".repeat(hashes));
            at = (find(quote, &end) + end.len()).min(text.len());
            out.push_str("\"\"");
        } else if bytes[at] == b'"' {
            at = closed(bytes, at + 1, b'"');
            out.push_str("\"\"");
        } else if bytes[at] == b'\'' && is_character(rest) {
            at = closed(bytes, at + 1, b'\'');
            out.push_str("' '");
        } else {
            let next = rest.chars().next().map_or(1, char::len_utf8);
            out.push_str(&rest[..next]);
            at += next;
        }
    }
    out
}

/// How many `#` a raw string that begins here has; `None` if none does.
fn raw_string(rest: &str, before: Option<&u8>) -> Option<usize> {
    if before.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_') {
        return None;
    }
    let raw = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'))?;
    let hashes = raw.bytes().take_while(|byte| *byte == b'#').count();
    raw[hashes..].starts_with('"').then_some(hashes)
}

/// Whether a quote begins a character rather than a lifetime.
fn is_character(rest: &str) -> bool {
    let mut letters = rest.chars().skip(1);
    match letters.next() {
        Some('\\') => true,
        Some(_) => letters.next() == Some('\''),
        None => false,
    }
}

/// Behind the quote that ends what begins at `at`.
fn closed(bytes: &[u8], mut at: usize, quote: u8) -> usize {
    while at < bytes.len() && bytes[at] != quote {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(bytes.len())
}

/// The code before the module of tests that ends a file.
fn without_tests(code: &str) -> String {
    for (at, line) in code.lines().scan(0, |at, line| {
        let now = *at;
        *at += line.len() + 1;
        Some((now, line))
    }) {
        let is_test = line.starts_with("#[cfg(") && line.contains("test") && !line.contains("not(test");
        let next = code[(at + line.len() + 1).min(code.len())..].lines().next().unwrap_or_default();
        if is_test && next.starts_with("mod ") && next.ends_with('{') {
            return code[..at].to_owned();
        }
    }
    code.to_owned()
}

/// The `use` statements, with whether each is public, and the code without them.
fn split_uses(code: &str) -> (Vec<(bool, String)>, String) {
    let (mut found, mut rest) = (Vec::new(), String::new());
    let mut left = code;
    while let Some(line) = left.lines().next() {
        let end = (line.len() + 1).min(left.len());
        let start = line.trim_start();
        let (is_public, tree) = match start.strip_prefix("pub") {
            Some(more) => {
                let more = more.trim_start();
                let more =
                    if more.starts_with('(') { more.split_once(')').map_or("", |(_, m)| m) } else { more };
                (true, more.trim_start().strip_prefix("use "))
            }
            None => (false, start.strip_prefix("use ")),
        };
        match tree {
            Some(_) => {
                let from = left.find("use ").map_or(0, |at| at + 4);
                let until = left[from..].find(';').map_or(left.len(), |at| from + at);
                found.push((is_public, left[from..until].split_whitespace().collect::<Vec<_>>().join(" ")));
                left = &left[(until + 1).min(left.len())..];
            }
            None => {
                rest.push_str(&left[..end]);
                left = &left[end..];
            }
        }
    }
    (found, rest)
}

/// `a::{b, c::{d, e as f}}` as `a::b`, `a::c::d`, `a::c::e as f`.
fn leaves(tree: &str) -> Vec<String> {
    let Some((before, inner)) = tree.split_once('{') else { return vec![tree.trim().to_owned()] };
    let inner = inner.trim_end().strip_suffix('}').unwrap_or(inner);
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for letter in inner.chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if letter == ',' && depth == 0 {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(letter);
        }
    }
    let parts = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty());
    parts.flat_map(|part| leaves(&format!("{}{part}", before.trim()))).collect()
}

/// Words, `::`, and every other sign by itself.
fn tokens(code: &str) -> Vec<&str> {
    let (mut found, mut left) = (Vec::new(), code);
    while let Some(first) = left.chars().next() {
        let word = left.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(left.len());
        let length = match first {
            _ if word > 0 => word,
            ':' if left.starts_with("::") => 2,
            other => other.len_utf8(),
        };
        if !first.is_whitespace() {
            found.push(&left[..length]);
        }
        left = &left[length..];
    }
    found
}

fn is_word(token: &str) -> bool {
    token.starts_with(|letter: char| letter.is_alphabetic() || letter == '_')
}

/// Runs of words with `::` between them.
fn paths(tokens: &[&str]) -> Vec<Vec<String>> {
    let (mut found, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        let mut path = Vec::new();
        if is_word(tokens[at]) && (at == 0 || tokens[at - 1] != "::") {
            path.push(tokens[at].to_owned());
            while at + 2 < tokens.len() && tokens[at + 1] == "::" && is_word(tokens[at + 2]) {
                path.push(tokens[at + 2].to_owned());
                at += 2;
            }
        }
        if path.len() > 1 {
            found.push(path);
        }
        at += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_comments_are_blanked_out() {
        let text = "a /* b */ \"c\\\"d\" r#\"e\"f\"# 'g' '\\'' &'h str // i\nj";
        assert_eq!(without_texts(text), "a  \"\" \"\" ' ' ' ' &'h str \nj");
    }

    #[test]
    fn trees_have_leaves() {
        assert_eq!(leaves("a::{b, c::{self, d as e}, }"), ["a::b", "a::c::self", "a::c::d as e"]);
        assert_eq!(leaves("a::b"), ["a::b"]);
    }

    #[test]
    fn names_lead_where_they_were_brought_from() {
        let source = Source::read(
            "mod kid;\nuse super::far as near;\npub use kid::Toy;\nfn f() { near::g(); kid::h() }\n",
        );
        let module = ["m".to_owned()];
        let absolute = |path: &str| {
            let path: Vec<String> = path.split("::").map(str::to_owned).collect();
            source.absolute(&module, &path).map(|path| path.join("::"))
        };
        assert_eq!(absolute("near::g").unwrap(), "far::g");
        assert_eq!(absolute("kid::h").unwrap(), "m::kid::h");
        assert_eq!(absolute("std::fs"), None);
        assert_eq!(source.handed_on(&module, "Toy").unwrap().unwrap().join("::"), "m::kid::Toy");
        assert_eq!(source.handed_on(&module, "Ball"), None);
        assert!(
            !source.needed().contains(&vec!["kid".to_owned(), "Toy".to_owned()]),
            "handed on, not needed"
        );
    }
}
